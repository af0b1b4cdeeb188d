namespace Loadline.Calibrate;

/// <summary>
/// Error powers of formats on normally distributed weights, for formats of which no losses were published: what they lose
/// beside a format that was measured goes with the ratio.
/// </summary>
internal static class GaussianError
{
    private const int Count = 128 * 2048;

    /// <summary>The code of Dettmers et al., "QLoRA", 2023, appendix E.</summary>
    private static readonly double[] NormalFloat =
    [
        -1,
        -0.6961928,
        -0.52507305,
        -0.39491749,
        -0.28444138,
        -0.18477343,
        -0.09105004,
        0,
        0.0795803,
        0.16093020,
        0.24611230,
        0.33791524,
        0.44070983,
        0.56261700,
        0.72295684,
        1,
    ];

    /// <summary>E2M1 of the OCP Microscaling Formats specification 1.0.</summary>
    private static readonly double[] Float4 = [-6, -4, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 6];

    private const double LargestFloat4Exponent = 2;

    /// <summary>4-bit integers in groups of 128 with a zero point.</summary>
    public static double Int4() =>
        Of(
            128,
            block =>
            {
                var low = block.Min();
                var step = (block.Max() - low) / 15;
                return value => low + step * Math.Round((value - low) / step);
            }
        );

    public static double Nf4() =>
        Of(
            64,
            block =>
            {
                var scale = block.Max(Math.Abs);
                return value => scale * Nearest(NormalFloat, value / scale);
            }
        );

    public static double Mxfp4() =>
        Of(
            32,
            block =>
            {
                var scale = Math.Pow(2, Math.Floor(Math.Log2(block.Max(Math.Abs))) - LargestFloat4Exponent);
                return value => scale * Nearest(Float4, value / scale);
            }
        );

    private static double Of(int length, Func<double[], Func<double, double>> roundingOf)
    {
        var random = new Random(1);
        var sum = 0.0;
        for (var start = 0; start < Count; start += length)
        {
            var block = new double[length];
            for (var i = 0; i < length; i++)
                block[i] =
                    Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            var round = roundingOf(block);
            sum += block.Sum(value => Math.Pow(value - round(value), 2));
        }
        return sum / Count;
    }

    private static double Nearest(double[] levels, double value) => levels.MinBy(level => Math.Abs(level - value));
}
