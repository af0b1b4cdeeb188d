namespace Loadline.Quantities;

/// <summary>How far two lists order the same things alike.</summary>
public static class Ranks
{
    /// <summary>Spearman's correlation: Pearson's of the ranks, equal values sharing the mean of theirs.</summary>
    public static double Correlation(IReadOnlyList<double> one, IReadOnlyList<double> other)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(one.Count, other.Count);
        var left = Of(one);
        var right = Of(other);
        var mean = (one.Count + 1) / 2.0;
        var together = 0.0;
        var leftSquares = 0.0;
        var rightSquares = 0.0;
        for (var i = 0; i < left.Length; i++)
        {
            together += (left[i] - mean) * (right[i] - mean);
            leftSquares += (left[i] - mean) * (left[i] - mean);
            rightSquares += (right[i] - mean) * (right[i] - mean);
        }
        return leftSquares <= 0 || rightSquares <= 0 ? 0 : together / Math.Sqrt(leftSquares * rightSquares);
    }

    private static double[] Of(IReadOnlyList<double> values)
    {
        var order = Enumerable.Range(0, values.Count).OrderBy(index => values[index]).ToArray();
        var ranks = new double[values.Count];
        for (var start = 0; start < order.Length; )
        {
            var end = start;
            while (end < order.Length && values[order[end]].Equals(values[order[start]]))
                end++;
            for (var i = start; i < end; i++)
                ranks[order[i]] = (start + 1 + end) / 2.0;
            start = end;
        }
        return ranks;
    }
}
