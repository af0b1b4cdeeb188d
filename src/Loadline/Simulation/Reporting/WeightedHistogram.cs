namespace Loadline.Simulation;

/// <summary>
/// Distribution of times that occur too often to be kept one by one: 64 bins of equal width to an octave, so a percentile is
/// within 0.8 %.
/// </summary>
public sealed class WeightedHistogram
{
    private const int BitsPerOctave = 6;
    private const int FractionBits = 52 - BitsPerOctave;
    private const double Shortest = 1e-9;
    private const double Longest = 1e9;

    private static readonly long FirstBin = BitConverter.DoubleToInt64Bits(Shortest) >> FractionBits;

    private readonly double[] weights = new double[
        (BitConverter.DoubleToInt64Bits(Longest) >> FractionBits) - FirstBin + 1
    ];
    private double sum;

    public double Count { get; private set; }

    public double Mean => sum / Count;

    public void Add(double seconds, double weight)
    {
        var bits = BitConverter.DoubleToInt64Bits(Math.Clamp(seconds, Shortest, Longest));
        weights[(bits >> FractionBits) - FirstBin] += weight;
        Count += weight;
        sum += seconds * weight;
    }

    public void Add(WeightedHistogram other)
    {
        for (var i = 0; i < weights.Length; i++)
            weights[i] += other.weights[i];
        Count += other.Count;
        sum += other.sum;
    }

    /// <summary>The middle of the bin in which a share of all times is reached; not a number when there are none.</summary>
    public double Percentile(double probability)
    {
        if (Count <= 0)
            return double.NaN;
        var reached = 0.0;
        for (var i = 0; i < weights.Length; i++)
        {
            reached += weights[i];
            if (reached >= probability * Count && weights[i] > 0)
            {
                var low = BitConverter.Int64BitsToDouble((FirstBin + i) << FractionBits);
                var high = BitConverter.Int64BitsToDouble((FirstBin + i + 1) << FractionBits);
                return Math.Sqrt(low * high);
            }
        }
        return Longest;
    }
}
