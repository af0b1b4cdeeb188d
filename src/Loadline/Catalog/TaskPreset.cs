namespace Loadline.Catalog;

/// <summary>What a task usually looks like, for whatever a scenario leaves out. Every use is listed in the answer.</summary>
public sealed record TaskPreset
{
    public required string Id { get; init; }
    public required string Name { get; init; }

    /// <summary>Share of the people in a conversation in the busiest hour.</summary>
    public required double ActiveAtPeak { get; init; }
    public required double RequestsPerActiveUserPerHour { get; init; }
    public required string Hours { get; init; }
    public required double PromptTokensMean { get; init; }
    public required double PromptTokensP95 { get; init; }
    public required double OutputTokensMean { get; init; }
    public required double OutputTokensP95 { get; init; }

    /// <summary>Longest time to the first token at the 95th percentile.</summary>
    public required string TtftP95 { get; init; }

    /// <summary>Longest time per output token at the 95th percentile.</summary>
    public required string TpotP95 { get; init; }

    /// <summary>True when nobody waits for an answer.</summary>
    public bool IsBatch { get; init; }

    /// <summary>Models that are usually considered.</summary>
    public required IReadOnlyList<string> Models { get; init; }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }
}
