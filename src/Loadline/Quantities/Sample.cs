namespace Loadline.Quantities;

/// <summary>What a handful of measured values says of those that were not measured.</summary>
public static class Sample
{
    public static double Median(IEnumerable<double> values) => Quantile(values, 0.5);

    /// <summary>A quantile by linear interpolation between the two nearest of the sorted values.</summary>
    public static double Quantile(IEnumerable<double> values, double probability)
    {
        var sorted = values.ToArray();
        ArgumentOutOfRangeException.ThrowIfZero(sorted.Length);
        Array.Sort(sorted);
        var position = probability * (sorted.Length - 1);
        var lower = (int)position;
        return lower + 1 == sorted.Length
            ? sorted[lower]
            : sorted[lower] + (position - lower) * (sorted[lower + 1] - sorted[lower]);
    }
}
