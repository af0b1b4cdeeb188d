using Loadline.Quantities;
using Loadline.Simulation;

namespace Loadline.Planning;

/// <summary>An upper bound on a percentile of a latency.</summary>
public readonly record struct LatencyObjective(double Probability, Duration Limit)
{
    public string Percentile => $"p{Probability * 100:0.##}";
}

/// <summary>How long people may wait, and how sure the plan must be.</summary>
public sealed record Objectives
{
    public LatencyObjective? Ttft { get; init; }
    public LatencyObjective? Tpot { get; init; }
    public LatencyObjective? EndToEnd { get; init; }

    /// <summary>Share of the time that the service must be there; null where nothing is asked.</summary>
    public double? Availability { get; init; }

    /// <summary>Probability with which the plan must meet the objectives.</summary>
    public double Confidence { get; init; } = 0.9;

    /// <summary>Mean time in the system that the objectives would still allow.</summary>
    public Duration MeanTimeAllowed(TokenLengths output)
    {
        if (Tpot is { } tpot)
            return (Ttft?.Limit ?? Duration.Zero) + tpot.Limit * Math.Max(0, output.Mean - 1);
        if (EndToEnd is { } endToEnd)
            return endToEnd.Limit * (output.Mean / output.P95);
        return Ttft?.Limit ?? Duration.Zero;
    }
}
