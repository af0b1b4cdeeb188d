using System.Globalization;
using Loadline.Quantities;

namespace Loadline.Cli.Rendering;

/// <summary>How figures are written for people: three digits, an interval where there is one, a mark for evidence.</summary>
internal static class Figures
{
    public const string Legend = "● measured  ◐ interpolated  ○ modelled  · assumed; ranges are 90 % intervals";

    public static string Exact(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    public static string GiB(long bytes) => $"{Significant.Three(bytes / (double)(1L << 30))}";

    /// <summary>"13.2 (12.8-13.9) ○" in a unit named in the column head.</summary>
    public static string Of(Estimate estimate, double unit = 1) => WithUnit(estimate, unit, "");

    /// <summary>"1.87 s (1.4-2.5) ○", the unit chosen by size.</summary>
    public static string Time(Estimate seconds)
    {
        var (unit, symbol) = UnitOf(seconds);
        return WithUnit(seconds, unit, symbol);
    }

    /// <summary>The same, or that nobody measured it.</summary>
    public static string Time(Estimate? seconds) => seconds is { } known ? Time(known) : "not measured";

    /// <summary>"1.4-2.5", in the unit of the value.</summary>
    public static string TimeRange(Estimate seconds)
    {
        var (unit, _) = UnitOf(seconds);
        return Range(seconds.Low / unit, seconds.High / unit);
    }

    public static string Dollars(Estimate cost) => WithUnit(cost, 1, "");

    /// <summary>A probability; nothing predicted is certain, so the ends are open.</summary>
    public static string Probability(double probability) =>
        probability > 0.99 ? "> 99 %"
        : probability < 0.01 ? "< 1 %"
        : $"{probability * 100:0} %";

    /// <inheritdoc cref="Probability(double)"/>
    public static string Probability(double? probability) =>
        probability is { } known ? Probability(known) : "not known";

    private static (double Unit, string Symbol) UnitOf(Estimate seconds) =>
        seconds.Value < 1e-3 ? (1e-6, " us")
        : seconds.Value < 1 ? (1e-3, " ms")
        : (1.0, " s");

    private static string WithUnit(Estimate estimate, double unit, string symbol)
    {
        var value = Significant.Three(estimate.Value / unit) + symbol;
        return IsExact(estimate)
            ? $"{value} {estimate.Evidence.Mark()}"
            : $"{value} ({Range(estimate.Low / unit, estimate.High / unit)}) {estimate.Evidence.Mark()}";
    }

    private static string Range(double low, double high) =>
        low < 0
            ? $"{Significant.Three(low)} to {Significant.Three(high)}"
            : $"{Significant.Three(low)}-{Significant.Three(high)}";

    private static bool IsExact(Estimate estimate) => estimate.Low.Equals(estimate.High);
}
