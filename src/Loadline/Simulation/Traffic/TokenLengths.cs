using Loadline.Quantities;

namespace Loadline.Simulation;

/// <summary>How long prompts or answers are: a log-normal distribution, which request traces resemble.</summary>
/// <remarks>
/// Given by mean and 95th percentile, as people know them. A log-normal has two parameters and so meets both when
/// p95 / mean is below 3.86; the Azure 2023 conversation trace has 1,155 and about 3,500.
/// </remarks>
public sealed record TokenLengths
{
    /// <summary>Largest p95 / mean a log-normal can have: exp(z^2 / 2) at z = 1.645.</summary>
    public static readonly double LargestRatio = Math.Exp(NormalDistribution.Z95 * NormalDistribution.Z95 / 2);

    public TokenLengths(double mean, double p95)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(mean);
        ArgumentOutOfRangeException.ThrowIfLessThan(p95, mean);
        if (!(p95 / mean <= LargestRatio))
            throw new ArgumentOutOfRangeException(nameof(p95), p95, $"at most {LargestRatio:F2} times the mean");

        Mean = mean;
        P95 = p95;
        // p95 / mean = exp(z s - s^2 / 2), the smaller root for s.
        Sigma =
            NormalDistribution.Z95
            - Math.Sqrt(NormalDistribution.Z95 * NormalDistribution.Z95 - 2 * Math.Log(p95 / mean));
    }

    public double Mean { get; }

    public double P95 { get; }

    /// <summary>Standard deviation of the logarithm.</summary>
    public double Sigma { get; }

    /// <summary>Second moment over the squared mean; 1 for constant lengths.</summary>
    public double SecondMomentRatio => Math.Exp(Sigma * Sigma);

    public double Percentile(double probability) =>
        Sigma == 0 ? Mean : Mean * Math.Exp(NormalDistribution.Quantile(probability) * Sigma - Sigma * Sigma / 2);
}
