using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>
/// The answer of <c>predict</c>. TPOT excludes the first token; throughput counts output tokens of the whole replica;
/// end to end is the first token and all that follow.
/// </summary>
public sealed record PredictAnswer
{
    public required string Model { get; init; }
    public required string Hardware { get; init; }
    public required string Engine { get; init; }
    public required string WeightFormat { get; init; }
    public required string KvFormat { get; init; }
    public required int TensorParallel { get; init; }

    /// <summary>Devices that the layers are shared out over; 1 unless the engine splits by layers.</summary>
    public int PipelineParallel { get; init; } = 1;
    public int DataParallel { get; init; } = 1;
    public int ExpertParallel { get; init; } = 1;

    /// <summary>Requests per second that arrive; null where a number is always in flight.</summary>
    public double? RatePerSecond { get; init; }
    public double? Burstiness { get; init; }
    public double CachedPrefixTokens { get; init; }
    public int DraftTokens { get; init; }
    public double? Acceptance { get; init; }

    /// <summary>Devices of one prefill replica where prompts have devices of their own.</summary>
    public string? PrefillHardware { get; init; }
    public int? PrefillReplicas { get; init; }
    public int? DecodeReplicas { get; init; }
    public required double PromptTokens { get; init; }
    public required double OutputTokens { get; init; }

    /// <summary>True when keys and values are kept; false recomputes the context for every token.</summary>
    public required bool KvCache { get; init; }
    public required bool Feasible { get; init; }

    /// <summary>Why it cannot run or keep up, in one line.</summary>
    public string? Reason { get; init; }
    public ImmutableArray<NearestFit> Nearest { get; init; } = [];

    /// <summary>Requests in flight at a time: as asked for, or as the rate makes them.</summary>
    public Estimate? Concurrency { get; init; }
    public Estimate? TtftSeconds { get; init; }
    public Estimate? TpotSeconds { get; init; }
    public Estimate? EndToEndSeconds { get; init; }
    public Estimate? OutputTokensPerSecond { get; init; }
    public Estimate? RequestsPerSecond { get; init; }

    /// <summary>What most of a decode step waits for.</summary>
    public Bound? Bound { get; init; }

    /// <summary>The least a decode step could take at full bandwidth and rate, in seconds.</summary>
    public double? PhysicalLimitTpotSeconds { get; init; }

    /// <summary>Operators of one decode step, slowest first.</summary>
    public ImmutableArray<OperatorSummary> Breakdown { get; init; } = [];
    public required ImmutableArray<string> Assumptions { get; init; }
}

/// <summary>One operator of a step over all its layers.</summary>
public sealed record OperatorSummary
{
    public required string Operator { get; init; }
    public required int Count { get; init; }
    public required Estimate Seconds { get; init; }

    /// <summary>Share of the step.</summary>
    public required double Share { get; init; }
    public required Bound Bound { get; init; }
    public required double Flops { get; init; }
    public required double Bytes { get; init; }
}
