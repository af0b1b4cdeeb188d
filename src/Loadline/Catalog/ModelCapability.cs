using System.Collections.Immutable;

namespace Loadline.Catalog;

/// <summary>Published scores of one model in one mode of answering.</summary>
public sealed record ModelCapability
{
    /// <summary>The name it was evaluated under.</summary>
    public required string Id { get; init; }

    /// <summary>Hugging Face ids of the very weights that were evaluated; none where they are not certain.</summary>
    public ImmutableArray<string> Models
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>How it was asked to answer: <c>reasoning</c>, <c>non-reasoning</c>, <c>high</c>, <c>low</c>; null for its only way.</summary>
    public string? Variant { get; init; }

    /// <summary>Percent or index points, by benchmark.</summary>
    public required ImmutableDictionary<string, double> Scores { get; init; }

    public required string Source { get; init; }
    public required string Retrieved { get; init; }
}

/// <summary>A benchmark, and how many questions stand behind a score.</summary>
public sealed record Benchmark
{
    public required string Id { get; init; }
    public required string Name { get; init; }

    /// <summary>Other spellings.</summary>
    public ImmutableArray<string> Aliases
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>Questions asked; null where not known or where the score is an index over several benchmarks.</summary>
    public int? Questions { get; init; }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }
}
