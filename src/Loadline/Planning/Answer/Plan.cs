using System.Collections.Immutable;
using System.Text.Json.Serialization;
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

    /// <summary>The limits that the latencies were held against; null when they were not kept.</summary>
    public PlanObjectives? Objectives { get; init; }

    /// <summary>How many replicas for which certainty, and what the uncertainty is made of; null without machines.</summary>
    public Sizing? Sizing { get; init; }

    /// <summary>Fewest devices that physics leaves, by each bound.</summary>
    public ImmutableArray<LowerBound> LowerBounds { get; init; } = [];

    /// <summary>What the best of each way has cost, month by month, and when one overtakes another.</summary>
    public CostOverTime? CostOverTime { get; init; }

    /// <summary>What one more unit of each knob would change.</summary>
    public ImmutableArray<MarginalValue> MarginalValues { get; init; } = [];

    /// <summary>What becomes of the winner when an input moves to either end of its range.</summary>
    public ImmutableArray<SensitivityCase> Sensitivity { get; init; } = [];

    /// <summary>What could be done to the recommended deployment, or to the one there is now.</summary>
    public ImmutableArray<Optimisation> Optimisations { get; init; } = [];

    /// <summary>Time, space and quality of the formats of the recommended model on its hardware.</summary>
    public ImmutableArray<QualityPoint> QualityPoints { get; init; } = [];

    /// <summary>What nobody can meet, and what would have to give: empty when there is a plan.</summary>
    public ImmutableArray<string> Relaxations { get; init; } = [];

    /// <summary>How the model is adapted to what the scenario needs; null where nobody asks.</summary>
    public AdaptationSummary? Adaptation { get; init; }

    /// <summary>What is different from an earlier answer; empty where none was given.</summary>
    public ImmutableArray<string> Changes { get; init; } = [];

    /// <summary>What the recommended plan is set up with; null where there is nothing to set up.</summary>
    [JsonIgnore]
    public DeploymentSetup? Setup { get; init; }

    /// <summary>What it takes to make the same plan again.</summary>
    public PlanRecord? Record { get; init; }
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

    /// <summary>A published score is too low.</summary>
    Capability,
    Licence,

    /// <summary>More power or money at once than there is.</summary>
    Limit,

    /// <summary>A bound that nothing can do better than.</summary>
    Bound,
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

    /// <summary>Month it comes, as year-month, at low, base and high growth; null when not within the horizon.</summary>
    public string? DateAtLowGrowth { get; init; }
    public string? DateAtBaseGrowth { get; init; }
    public string? DateAtHighGrowth { get; init; }

    /// <summary>What leaving the stage before costs: what is owed or not yet written off.</summary>
    public Estimate? ExitCostUsd { get; init; }

    /// <summary>Weeks before the trigger that the order has to go out; null where there is no wait.</summary>
    public PlanningRange? LeadTimeWeeks { get; init; }
}
