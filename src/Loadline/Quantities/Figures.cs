using System.Globalization;

namespace Loadline.Quantities;

/// <summary>A written estimate in its parts, for pages that set the range apart from the value.</summary>
/// <param name="Value">With its unit.</param>
/// <param name="Range">In the unit of the value; empty when the value is exact.</param>
/// <param name="Mark">Of the evidence.</param>
public readonly record struct WrittenEstimate(string Value, string Range, char Mark)
{
    public override string ToString() => Range.Length == 0 ? $"{Value} {Mark}" : $"{Value} ({Range}) {Mark}";
}

/// <summary>How figures are written for people: three digits, an interval where there is one, a mark for evidence.</summary>
public static class Figures
{
    public const string Legend = "● measured  ◐ interpolated  ○ modelled  · assumed; ranges are 90 % intervals";

    public static string Exact(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Bytes in GiB, without the unit.</summary>
    public static string GiB(long bytes) => $"{Significant.Three(bytes / (double)(1L << 30))}";

    /// <summary>"13.2 (12.8-13.9) ○" in a unit named in the column head.</summary>
    public static string Of(Estimate estimate, double unit = 1) => Written(estimate, unit).ToString();

    /// <summary>"1.87 s (1.4-2.5) ○", the unit chosen by size.</summary>
    public static string Time(Estimate seconds) => WrittenTime(seconds).ToString();

    /// <summary>The same, or that nobody measured it.</summary>
    public static string Time(Estimate? seconds) => seconds is { } known ? Time(known) : "not measured";

    /// <summary>"1.4-2.5", in the unit of the value.</summary>
    public static string TimeRange(Estimate seconds)
    {
        var (unit, _) = UnitOf(seconds);
        return Range(seconds.Low / unit, seconds.High / unit);
    }

    public static string Dollars(Estimate cost) => Of(cost);

    /// <summary>A probability; nothing predicted is certain, so the ends are open.</summary>
    public static string Probability(double probability) =>
        probability > 0.99 ? "> 99 %"
        : probability < 0.01 ? "< 1 %"
        : $"{probability * 100:0} %";

    /// <inheritdoc cref="Probability(double)"/>
    public static string Probability(double? probability) =>
        probability is { } known ? Probability(known) : "not known";

    /// <summary>An estimate in its parts.</summary>
    /// <param name="estimate">What is written.</param>
    /// <param name="unit">Size of the unit it is written in.</param>
    /// <param name="symbol">Of that unit, with the space before it.</param>
    public static WrittenEstimate Written(Estimate estimate, double unit = 1, string symbol = "") =>
        new(
            Significant.Three(estimate.Value / unit) + symbol,
            IsExact(estimate) ? "" : Range(estimate.Low / unit, estimate.High / unit),
            estimate.Evidence.Mark()
        );

    /// <inheritdoc cref="Written"/>
    public static WrittenEstimate WrittenTime(Estimate seconds)
    {
        var (unit, symbol) = UnitOf(seconds);
        return Written(seconds, unit, symbol);
    }

    private static (double Unit, string Symbol) UnitOf(Estimate seconds) =>
        seconds.Value < 1e-3 ? (1e-6, " us")
        : seconds.Value < 1 ? (1e-3, " ms")
        : (1.0, " s");

    private static string Range(double low, double high) =>
        double.IsPositiveInfinity(high) ? $"{Significant.Three(low)} or more"
        : low < 0 ? $"{Significant.Three(low)} to {Significant.Three(high)}"
        : $"{Significant.Three(low)}-{Significant.Three(high)}";

    private static bool IsExact(Estimate estimate) => estimate.Low.Equals(estimate.High);
}
