using System.Collections.Immutable;
using Loadline.Quantities;
using Loadline.Simulation;

namespace Loadline.Planning;

/// <summary>A figure with its range; a single figure has no range of its own.</summary>
public readonly record struct PlanningRange(double Low, double Base, double High)
{
    public static PlanningRange Single(double value) => new(value, value, value);
}

/// <summary>Working hours in a week, in which the peak happens.</summary>
/// <param name="Text">As the user wrote it.</param>
/// <param name="HoursPerWeek">Hours per week between start and end.</param>
public sealed record WorkingHours(string Text, double HoursPerWeek)
{
    public const double HoursOfWeek = 24 * 7;

    public static WorkingHours Always { get; } = new("Mon-Sun 00-24", HoursOfWeek);
}

/// <summary>How many people, how often, how much text.</summary>
public sealed record Workload
{
    /// <summary>People who may use it; null when the load is given as a rate.</summary>
    public long? People { get; init; }

    /// <summary>Share of them in a conversation in the busiest hour.</summary>
    public double? ActiveAtPeak { get; init; }
    public double? RequestsPerActiveUserPerHour { get; init; }

    /// <summary>True when a task preset supplied how many are active or how often they ask.</summary>
    public bool HabitsArePreset { get; init; }

    /// <summary>Peak rate, given instead of people.</summary>
    public double? RequestsPerSecond { get; init; }
    public required WorkingHours Hours { get; init; }
    public required TokenLengths PromptTokens { get; init; }

    /// <summary>Tokens at the start of every prompt that are the same and can stay in the cache.</summary>
    public double SharedPrefixTokens { get; init; }
    public required TokenLengths OutputTokens { get; init; }

    /// <summary>Factor by which the load grows in a year.</summary>
    public required PlanningRange GrowthPerYear { get; init; }
}

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
    public double? Availability { get; init; }

    /// <summary>Probability with which the plan must meet the objectives.</summary>
    public double Confidence { get; init; } = 0.9;
}

/// <summary>One of the three questions to a business, answered: how many, how long may they wait, how capable.</summary>
public sealed record Scenario
{
    public required string Name { get; init; }
    public string? Task { get; init; }
    public required Workload Workload { get; init; }
    public required Objectives Objectives { get; init; }
    public required ImmutableArray<string> Models { get; init; }

    /// <summary>Largest share of a task score that narrower weights may cost; null for no limit.</summary>
    public double? MaximumQualityLoss { get; init; }

    /// <summary>Data class, such as <c>personal-eu</c>; null for data without rules.</summary>
    public string? Data { get; init; }

    /// <summary>Ways of deploying the scenario allows: api, rent, buy.</summary>
    public required ImmutableArray<string> Allow { get; init; }
    public int HorizonMonths { get; init; } = 36;
    public Money? MaximumMonthly { get; init; }

    /// <summary>Every default that was used and every field that is not honoured yet, in plain words.</summary>
    public ImmutableArray<string> Assumptions { get; init; } = [];

    /// <summary>What the user left open and a preset answered; somebody should confirm it.</summary>
    public ImmutableArray<string> OpenQuestions { get; init; } = [];
}
