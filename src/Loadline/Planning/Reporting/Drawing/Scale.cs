using System.Collections.Immutable;

namespace Loadline.Planning;

/// <summary>From values to places on the picture, between its first and its last tick.</summary>
internal sealed class Scale
{
    /// <summary>Values that span more than this are drawn on a logarithmic axis.</summary>
    private const double LargestLinearSpan = 50;

    private readonly double from;
    private readonly double to;

    private Scale(ImmutableArray<double> ticks, double from, double to, bool isLogarithmic)
    {
        this.from = from;
        this.to = to;
        Ticks = ticks;
        IsLogarithmic = isLogarithmic;
    }

    public ImmutableArray<double> Ticks { get; }

    public bool IsLogarithmic { get; }

    public double Low => Ticks[0];

    public double High => Ticks[^1];

    /// <summary>From zero to a tick at or beyond the largest value.</summary>
    public static Scale FromZero(double high, double from, double to, int most) =>
        new(NiceTicks.Linear(0, double.IsFinite(high) && high > 0 ? high : 1, most), from, to, false);

    /// <summary>From zero while the values are within reach of each other, else logarithmic; no value may be below 0.</summary>
    public static Scale Spanning(IEnumerable<double> values, double from, double to, int most)
    {
        var finite = values.Where(value => double.IsFinite(value) && value >= 0).ToList();
        var high = finite.DefaultIfEmpty(1).Max();
        var low = finite.DefaultIfEmpty(1).Min();
        return low > 0 && high / low > LargestLinearSpan
            ? new(NiceTicks.Logarithmic(low, high, most), from, to, true)
            : FromZero(high, from, to, most);
    }

    /// <summary>Months from now to the horizon, in steps that a year can be divided by.</summary>
    public static Scale Months(int horizon, double from, double to, int most)
    {
        var last = Math.Max(1, horizon);
        int[] steps = [1, 2, 3, 6];
        var step = steps.FirstOrDefault(step => last / step < most);
        for (var years = 1; step == 0; years++)
            step = last / (12 * years) < most ? 12 * years : 0;
        var ticks = Enumerable.Range(0, last / step + 1).Select(i => (double)i * step).ToList();
        if (last % step != 0)
            ticks.Add(last);
        return new([.. ticks], from, to, false);
    }

    /// <summary>Whole numbers from zero.</summary>
    public static Scale Counts(int high, double from, double to, int most) =>
        high < most
            ? new([.. Enumerable.Range(0, Math.Max(1, high) + 1).Select(count => (double)count)], from, to, false)
            : FromZero(high, from, to, most);

    /// <summary>Values beyond either end stand at it.</summary>
    public double At(double value)
    {
        var inside = double.IsNaN(value) ? Low : Math.Clamp(value, Low, High);
        var share = IsLogarithmic ? Math.Log(inside / Low) / Math.Log(High / Low) : (inside - Low) / (High - Low);
        return from + share * (to - from);
    }
}
