using System.Collections.Immutable;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>How a model is got at.</summary>
public enum Way
{
    /// <summary>Somebody else runs it and charges by the token.</summary>
    Api,

    /// <summary>Machines by the hour.</summary>
    Rent,

    /// <summary>Machines that are paid for once.</summary>
    Buy,

    /// <summary>Machines that are there already.</summary>
    Own,

    /// <summary>Own or committed machines for the base of the load, rented ones or an API for the rest.</summary>
    Hybrid,
}

/// <summary>A way of serving the scenario.</summary>
public sealed record Candidate
{
    public required Way Way { get; init; }

    /// <summary>How it is paid for, in words: "on demand", "1-year commitment", "per token".</summary>
    public required string Terms { get; init; }
    public required string Model { get; init; }

    /// <summary>Null where a host does not say.</summary>
    public required string? WeightFormat { get; init; }

    /// <inheritdoc cref="WeightFormat"/>
    public required string? KvFormat { get; init; }

    /// <summary>Engine and version of its rules; null where a host does not say.</summary>
    public required string? Engine { get; init; }

    /// <summary>Machines, as the HW words of the command line; "hosted API" where there are none.</summary>
    public required string Hardware { get; init; }
    public required string Offer { get; init; }
    public required string Provider { get; init; }

    /// <summary>As the provider names it; null when the source does not say.</summary>
    public required string? Region { get; init; }
    public required int Machines { get; init; }
    public required int Replicas { get; init; }

    /// <summary>Replicas beyond what the load needs, kept for failures and upgrades.</summary>
    public int SpareReplicas { get; init; }
    public required Parallelism Parallelism { get; init; }

    /// <summary>Replicas of a machine that only compute prompts and that only decode; null where each does both.</summary>
    public PoolSplit? Pools { get; init; }

    /// <summary>Empty for a hosted API.</summary>
    public required ImmutableArray<DeviceSummary> PerDevice { get; init; }

    /// <summary>
    /// Null where it was not measured, as of a hosted API whose latency nobody entered, or where there is none, as the time
    /// per further token of answers of one.
    /// </summary>
    public required Estimate? TtftSeconds { get; init; }

    /// <inheritdoc cref="TtftSeconds"/>
    public required Estimate? TpotSeconds { get; init; }

    /// <inheritdoc cref="TtftSeconds"/>
    public required Estimate? EndToEndSeconds { get; init; }

    /// <summary>Requests played to find the latencies; null where they are closed forms.</summary>
    public int? SimulatedRequests { get; init; }

    /// <summary>Requests in flight over all replicas in the busiest hour; null for a hosted API.</summary>
    public required Estimate? RequestsInFlight { get; init; }

    /// <summary>Peak rate the plan carries with the confidence asked for; null for a hosted API.</summary>
    public required double? MaximumRequestsPerSecond { get; init; }

    /// <summary>Share of a task score lost to the format; null where the format is not known.</summary>
    public required Estimate? QualityLoss { get; init; }

    /// <summary>Published scores that the scenario asks about.</summary>
    public ImmutableArray<CapabilityFigure> Capability { get; init; } = [];

    /// <summary>At the present load, purchases spread over their life.</summary>
    public required Estimate CostPerMonthUsd { get; init; }

    /// <summary>With the growth of the scenario.</summary>
    public required Estimate CostOverHorizonUsd { get; init; }

    /// <summary>What is paid before the first request.</summary>
    public required Estimate CapitalUsd { get; init; }

    /// <summary>Prompt and output tokens together.</summary>
    public required Estimate CostPerMillionTokensUsd { get; init; }
    public required Estimate CostPerRequestUsd { get; init; }

    /// <summary>What the monthly cost is made of.</summary>
    public required ImmutableArray<CostLine> CostLines { get; init; }

    /// <summary>Probability that it meets the objectives; null where a latency was not measured.</summary>
    public required double? Confidence { get; init; }
    public required string BindingConstraint { get; init; }
    public required string PriceAsOf { get; init; }

    /// <summary>Electrical power of the machines at full load, in kW with cooling; null where not one's own.</summary>
    public double? PowerKilowatts { get; init; }

    /// <summary>Weeks from order to use; null where there is no wait.</summary>
    public PlanningRange? LeadTimeWeeks { get; init; }

    /// <summary>What has to hold, or be asked, before it is signed: licences, contracts, warnings of quality.</summary>
    public ImmutableArray<string> Conditions { get; init; } = [];
}

/// <summary>A published score of a model beside the least that is asked for.</summary>
/// <param name="Benchmark">Name of the benchmark.</param>
/// <param name="Score">In percent; null where none is published.</param>
/// <param name="StandardError">In percent; null where the number of questions is not known.</param>
/// <param name="Minimum">As the scenario asks; null where it asks nothing.</param>
/// <param name="Variant">Which of several published variants, such as "(high)".</param>
public sealed record CapabilityFigure(
    string Benchmark,
    double? Score,
    double? StandardError,
    double? Minimum,
    string? Variant
);

/// <summary>One part of a monthly cost.</summary>
/// <param name="What">Such as "rent" or "electricity".</param>
/// <param name="PerMonthUsd">At the present load.</param>
/// <param name="From">Where the figure comes from, with its date.</param>
public sealed record CostLine(string What, Estimate PerMonthUsd, string From);
