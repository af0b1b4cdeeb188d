using Loadline.Quantities;

namespace Loadline.Quantization.Evaluation;

/// <summary>A mean over tokens with its interval. Neighbouring tokens are alike, so stretches of text count, not tokens.</summary>
/// <remarks>
/// Ratio estimator of cluster sampling (Cochran, "Sampling Techniques", 3rd edition, section 9.6): stretches of unlike length
/// are weighted by it, and the interval comes from how much their means differ.
/// </remarks>
internal sealed class ClusteredMean
{
    private readonly List<(double Sum, int Count)> clusters = [];

    public void Add(double sum, int count) => clusters.Add((sum, count));

    public double Mean => clusters.Sum(cluster => cluster.Sum) / clusters.Sum(cluster => cluster.Count);

    /// <summary>Half-width of the 90 % interval of the mean; 0 where there is one stretch only.</summary>
    public double HalfWidth
    {
        get
        {
            var n = clusters.Count;
            if (n < 2)
                return 0;
            var mean = Mean;
            var size = clusters.Average(cluster => (double)cluster.Count);
            var squares = clusters.Sum(cluster => Square(cluster.Sum - mean * cluster.Count));
            var error = Math.Sqrt(squares / (n - 1) / n) / size;
            return StudentQuantile(n - 1) * error;
        }
    }

    public Estimate Interval(
        Func<double, double> shown,
        double least = double.NegativeInfinity,
        double most = double.PositiveInfinity
    )
    {
        var (mean, half) = (Mean, HalfWidth);
        double[] ends = [shown(mean - half), shown(mean + half)];
        return new Estimate(shown(mean), Math.Max(least, ends.Min()), Math.Min(most, ends.Max()), Evidence.Measured);
    }

    /// <summary>95th percentile of Student's t, by the expansion of Cornish and Fisher; within 1 % from four degrees on.</summary>
    private static double StudentQuantile(int degrees)
    {
        var z = NormalDistribution.Z95;
        var z3 = z * z * z;
        var z5 = z3 * z * z;
        var first = (z3 + z) / 4;
        var second = (5 * z5 + 16 * z3 + 3 * z) / 96;
        var third = (3 * z5 * z * z + 19 * z5 + 17 * z3 - 15 * z) / 384;
        return z + first / degrees + second / degrees / degrees + third / degrees / degrees / degrees;
    }

    private static double Square(double value) => value * value;
}
