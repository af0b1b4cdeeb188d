namespace Loadline.Prediction;

/// <summary>A benchmark run to be played again: what served, and what the load generator sent.</summary>
public sealed record LoadReplay
{
    /// <summary>One replica; where prompts have devices of their own, one that decodes.</summary>
    public required Deployment Serving { get; init; }
    public required int Replicas { get; init; }

    /// <summary>One replica that only computes prompts; null where the same ones do both.</summary>
    public Deployment? Prefill { get; init; }
    public int PrefillReplicas { get; init; }

    /// <summary>Seconds to copy the cache of a mean prompt between the two.</summary>
    public double TransferSeconds { get; init; }

    /// <summary>Mean tokens.</summary>
    public required double PromptTokens { get; init; }
    public required double OutputTokens { get; init; }

    /// <summary>Shortest length over the longest, between which lengths are spread evenly; 1 for all alike.</summary>
    public required double LengthSpread { get; init; }

    /// <summary>Requests in flight.</summary>
    public required int Users { get; init; }

    /// <summary>Requests of the run; null where it is not stated.</summary>
    public int? Requests { get; init; }
}

/// <summary>What a load generator reports of a run.</summary>
/// <remarks>Seconds, tokens and requests, of all replicas together.</remarks>
public sealed record LoadReplayTimes
{
    public required double MeanTtft { get; init; }
    public required double MedianTtft { get; init; }
    public required double MeanTpot { get; init; }
    public required double MedianTpot { get; init; }
    public required double MeanEndToEnd { get; init; }
    public required double OutputTokensPerSecond { get; init; }
    public required double RequestsPerSecond { get; init; }
}
