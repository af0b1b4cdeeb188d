using System.Collections.Immutable;

namespace Loadline.Planning;

/// <summary>Whether a model is capable enough.</summary>
public enum CapabilityGrade
{
    /// <summary>Every score is at or above its minimum.</summary>
    Meets,

    /// <summary>Below by no more than the standard error: not to be told from equal.</summary>
    Equal,

    /// <summary>Some score is below its minimum.</summary>
    Below,

    /// <summary>No score is below, but one is not published. Never taken for met.</summary>
    Unknown,
}

/// <summary>One minimum beside the score.</summary>
/// <param name="Benchmark">By id.</param>
/// <param name="Minimum">As asked for.</param>
/// <param name="Score">Published; null where there is none.</param>
/// <param name="Grade">Of this one.</param>
/// <param name="Shortfall">Minimum less score where it is below, otherwise 0; null where unknown.</param>
public sealed record CapabilityFinding(
    string Benchmark,
    double Minimum,
    CapabilityScore? Score,
    CapabilityGrade Grade,
    double? Shortfall
);

/// <summary>What is known of a model beside what is asked of it.</summary>
public sealed record CapabilityVerdict
{
    /// <summary>The worst of the findings; a score that is below outweighs one that is unknown.</summary>
    public required CapabilityGrade Grade { get; init; }

    /// <summary>In the order in which the minimums were given.</summary>
    public required ImmutableArray<CapabilityFinding> Findings { get; init; }

    /// <summary>Variant whose scores were compared; null for a model's only way.</summary>
    public string? Variant { get; init; }

    /// <summary>Variants with scores of their own.</summary>
    public required ImmutableArray<string> Variants { get; init; }

    /// <summary>In one sentence.</summary>
    public required string Why { get; init; }
}
