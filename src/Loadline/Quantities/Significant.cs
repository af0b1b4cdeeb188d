using System.Globalization;

namespace Loadline.Quantities;

/// <summary>Numbers as they are printed for people: three significant digits, thousands separated.</summary>
public static class Significant
{
    public static string Three(double value)
    {
        if (value == 0 || !double.IsFinite(value))
            return value.ToString(CultureInfo.InvariantCulture);

        var magnitude = (int)Math.Floor(Math.Log10(Math.Abs(value)));
        var scale = Math.Pow(10, 2 - magnitude);
        var rounded = magnitude > 14 ? value : Math.Round(value * scale) / scale;
        // 9.996 rounds up into the next magnitude and then needs one decimal less.
        magnitude = (int)Math.Floor(Math.Log10(Math.Abs(rounded)) + 1e-12);
        var decimals = Math.Clamp(2 - magnitude, 0, 12);
        return rounded.ToString("N" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }
}
