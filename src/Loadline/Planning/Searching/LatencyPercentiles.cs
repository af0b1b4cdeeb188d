using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Latencies of a replica at the percentiles the objectives name, in seconds.</summary>
public readonly record struct LatencyPercentiles(double Ttft, double Tpot, double EndToEnd)
{
    /// <summary>Percentile of a latency for which the scenario sets no objective.</summary>
    public const double DefaultProbability = 0.95;

    public static double ProbabilityOf(LatencyObjective? objective) => objective?.Probability ?? DefaultProbability;
}

/// <summary>A latency at its percentile beside the limit on it.</summary>
public readonly record struct ObjectiveMiss(string What, Duration Found, Duration Limit)
{
    public double Ratio => Found / Limit;
}
