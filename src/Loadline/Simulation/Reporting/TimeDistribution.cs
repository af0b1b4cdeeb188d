namespace Loadline.Simulation;

/// <summary>Mean and percentiles of a time in seconds; not a number where there is none.</summary>
public readonly record struct TimeDistribution(double Mean, double P50, double P90, double P95, double P99)
{
    public static TimeDistribution None { get; } = new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);

    /// <summary>Of the first so many values, which are sorted in place.</summary>
    public static TimeDistribution Of(Span<double> values)
    {
        if (values.IsEmpty)
            return None;
        values.Sort();
        var sum = 0.0;
        foreach (var value in values)
            sum += value;
        return new(sum / values.Length, At(values, 0.5), At(values, 0.9), At(values, 0.95), At(values, 0.99));
    }

    public static TimeDistribution Of(WeightedHistogram values) =>
        values.Count <= 0
            ? None
            : new(
                values.Mean,
                values.Percentile(0.5),
                values.Percentile(0.9),
                values.Percentile(0.95),
                values.Percentile(0.99)
            );

    /// <summary>By linear interpolation between the two nearest, as numpy.percentile and the benchmark tools do.</summary>
    public static double At(ReadOnlySpan<double> sorted, double probability)
    {
        if (sorted.IsEmpty)
            return double.NaN;
        var place = probability * (sorted.Length - 1);
        var lower = (int)place;
        var upper = Math.Min(lower + 1, sorted.Length - 1);
        return sorted[lower] + (place - lower) * (sorted[upper] - sorted[lower]);
    }
}
