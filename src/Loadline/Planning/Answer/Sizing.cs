using System.Collections.Immutable;

namespace Loadline.Planning;

/// <summary>How the recommended plan grows with the certainty that is asked of it.</summary>
public sealed record Sizing
{
    /// <summary>At 50, 90 and 99 %, and at the confidence asked for where that is another.</summary>
    public required ImmutableArray<SizeAtConfidence> Sizes { get; init; }

    /// <summary>What the spread of the load per replica is made of, the largest share first.</summary>
    public required ImmutableArray<UncertaintyShare> Inputs { get; init; }

    /// <summary>Samples drawn.</summary>
    public required int Draws { get; init; }
    public required int Seed { get; init; }
}

/// <param name="Confidence">Probability that the objectives hold.</param>
/// <param name="Replicas">That it takes; null when no number of them is enough.</param>
/// <param name="Machines">That hold them.</param>
/// <param name="CostPerMonthUsd">Of these machines.</param>
public sealed record SizeAtConfidence(double Confidence, int? Replicas, int? Machines, double? CostPerMonthUsd);

/// <param name="Input">What is uncertain, in words.</param>
/// <param name="Share">Of the variance of the logarithm of load over capacity.</param>
/// <param name="ReplicasIfMeasured">At the confidence asked for, were this input known to be at its middle.</param>
/// <param name="SavedPerMonthUsd">What that would save; 0 when the size stays.</param>
/// <param name="HowToMeasure">What would settle it.</param>
public sealed record UncertaintyShare(
    string Input,
    double Share,
    int? ReplicasIfMeasured,
    double SavedPerMonthUsd,
    string HowToMeasure
);

/// <summary>No plan can do with less.</summary>
/// <param name="Bound">"memory", "arithmetic" or "memory bandwidth".</param>
/// <param name="Devices">Of the accelerator of the recommended plan.</param>
/// <param name="Why">The sum, in a line.</param>
public sealed record LowerBound(string Bound, double Devices, string Why);
