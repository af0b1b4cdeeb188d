using System.Globalization;

namespace Loadline.Accuracy;

/// <summary>Whole decades that hold all values, laid along some pixels.</summary>
internal sealed class LogAxis
{
    private readonly int first;
    private readonly int last;

    public LogAxis(IEnumerable<double> values)
    {
        var (least, most) = (double.MaxValue, 0.0);
        foreach (var value in values)
            (least, most) = (Math.Min(least, value), Math.Max(most, value));
        first = (int)Math.Floor(Math.Log10(least));
        last = (int)Math.Ceiling(Math.Log10(most));
    }

    public double Least => Math.Pow(10, first);

    public double Most => Math.Pow(10, last);

    public IEnumerable<double> Decades =>
        Enumerable.Range(first, last - first + 1).Select(power => Math.Pow(10, power));

    /// <summary>Share of the way from the least to the most.</summary>
    public double ShareOf(double value) => (Math.Log10(value) - first) / (last - first);

    /// <summary>A decade as people write it, such as 0.01 or 1,000; millions with an M.</summary>
    public static string Label(double decade) =>
        decade >= 1e6 ? (decade / 1e6).ToString("N0", CultureInfo.InvariantCulture) + "M"
        : decade >= 1e4 ? (decade / 1e3).ToString("N0", CultureInfo.InvariantCulture) + "k"
        : decade.ToString("#,0.######", CultureInfo.InvariantCulture);
}
