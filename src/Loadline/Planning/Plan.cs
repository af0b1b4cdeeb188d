using System.Collections.Immutable;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>The answer of <c>plan</c>.</summary>
public sealed record Plan
{
    public required string Name { get; init; }

    /// <summary>One or two sentences without technical terms.</summary>
    public required string Verdict { get; init; }
    public required Demand Demand { get; init; }

    /// <summary>Null when nothing meets the scenario.</summary>
    public required Candidate? Recommended { get; init; }

    /// <summary>Next best candidates by cost, at most one per model and accelerator.</summary>
    public required ImmutableArray<Candidate> Alternatives { get; init; }

    /// <summary>Candidates that no other beats in cost, end-to-end time and quality loss together.</summary>
    public required ImmutableArray<Candidate> Pareto { get; init; }
    public required ImmutableArray<Rejection> Rejected { get; init; }
    public required ImmutableArray<RoadmapStage> Roadmap { get; init; }

    /// <summary>Factor by which the load grows in a year, which dates the roadmap.</summary>
    public required PlanningRange GrowthPerYear { get; init; }
    public required int HorizonMonths { get; init; }

    /// <summary>Percentile at which each latency is given, as a share.</summary>
    public required LatencyPercentiles Percentiles { get; init; }

    /// <summary>Why the recommended one won, and what was close.</summary>
    public required ImmutableArray<string> Reasons { get; init; }
    public required ImmutableArray<string> Assumptions { get; init; }
    public required ImmutableArray<string> OpenQuestions { get; init; }

    /// <summary>Deployments times offers that were evaluated or excluded with a reason.</summary>
    public required int CandidatesConsidered { get; init; }
}

/// <summary>What was left out, and why.</summary>
public sealed record Rejection(string What, RejectionKind Kind, string Why);

/// <summary>What a rejection is about, so that many can be told in a few lines.</summary>
public enum RejectionKind
{
    /// <summary>The way of deploying is not allowed.</summary>
    Way,

    /// <summary>The class of data may not be there.</summary>
    Data,
    Price,

    /// <summary>Requests are longer than the model reads.</summary>
    Context,

    /// <summary>Narrower weights would cost too much of a score.</summary>
    Quality,

    /// <summary>A figure is missing.</summary>
    Catalog,

    /// <summary>The engine does not run it so.</summary>
    Engine,
    Memory,

    /// <summary>A latency is too long.</summary>
    Objective,

    /// <summary>Too many machines.</summary>
    Size,
    Budget,
}

/// <summary>A change ahead: when the load reaches it, at low, base and high growth.</summary>
public sealed record RoadmapStage
{
    /// <summary>What one can see that says it is time.</summary>
    public required string Trigger { get; init; }

    /// <summary>Peak rate at which the present stage is full.</summary>
    public required double RequestsPerSecond { get; init; }

    /// <summary>Months from now if the load grows slowly; null when that is not within the horizon.</summary>
    public required double? MonthsAtLowGrowth { get; init; }
    public required double? MonthsAtBaseGrowth { get; init; }
    public required double? MonthsAtHighGrowth { get; init; }
    public required string Action { get; init; }
    public required Estimate CostPerMonthUsd { get; init; }
}

/// <summary>A way of serving the scenario.</summary>
public sealed record Candidate
{
    public required string Model { get; init; }
    public required string WeightFormat { get; init; }
    public required string KvFormat { get; init; }

    /// <summary>Engine and version of its rules.</summary>
    public required string Engine { get; init; }

    /// <summary>Machines to rent, as the HW words of the command line.</summary>
    public required string Hardware { get; init; }
    public required string Offer { get; init; }
    public required string Provider { get; init; }

    /// <summary>As the provider names it; null when the source does not say.</summary>
    public required string? Region { get; init; }
    public required int Machines { get; init; }
    public required int Replicas { get; init; }
    public required Parallelism Parallelism { get; init; }
    public required ImmutableArray<DeviceSummary> PerDevice { get; init; }
    public required Estimate TtftSeconds { get; init; }
    public required Estimate TpotSeconds { get; init; }
    public required Estimate EndToEndSeconds { get; init; }

    /// <summary>Requests played to find the latencies; null where they are closed forms.</summary>
    public int? SimulatedRequests { get; init; }

    /// <summary>Requests in flight over all replicas in the busiest hour.</summary>
    public required Estimate RequestsInFlight { get; init; }

    /// <summary>Peak rate the plan carries with the confidence asked for.</summary>
    public required double MaximumRequestsPerSecond { get; init; }

    /// <summary>Share of a task score lost to the format.</summary>
    public required Estimate QualityLoss { get; init; }
    public required Estimate CostPerMonthUsd { get; init; }
    public required Estimate CostOverHorizonUsd { get; init; }

    /// <summary>Probability that it meets the objectives.</summary>
    public required double Confidence { get; init; }
    public required string BindingConstraint { get; init; }
    public required string PriceAsOf { get; init; }
}
