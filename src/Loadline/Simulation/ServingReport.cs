using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Simulation;

/// <summary>Mean and percentiles over requests, or over gaps between tokens, each with its 90 % interval.</summary>
/// <remarks>
/// Seconds. The interval is that of the prediction: the run is played again with all steps slower and faster by what the
/// deployment's prediction may be off.
/// </remarks>
public sealed record EstimatedDistribution(Estimate Mean, Estimate P50, Estimate P90, Estimate P95, Estimate P99);

/// <summary>Means of a stretch of time, over all replicas.</summary>
/// <param name="Seconds">When it begins.</param>
/// <param name="Waiting">Requests in line.</param>
/// <param name="Running">Requests that are computed.</param>
/// <param name="CacheUse">Share of the cache blocks in use, mean of the replicas.</param>
public sealed record LoadStretch(double Seconds, double Waiting, double Running, double CacheUse);

/// <summary>What a capacity search found.</summary>
/// <param name="Of">requestsPerSecond, users or replicas.</param>
/// <param name="Value">The largest or smallest number with which the objectives are kept; 0 when none is.</param>
/// <param name="Attainment">Share of the requests that have to keep them.</param>
public sealed record Capacity(string Of, Estimate Value, double Attainment);

/// <summary>
/// The answer of <c>simulate</c>. TTFT counts from the arrival; TPOT excludes the first token; the gaps between tokens
/// (ITL) are a distribution over tokens, not over requests; throughput counts output tokens of all replicas.
/// </summary>
public sealed record ServingReport
{
    public required string Model { get; init; }
    public required string Hardware { get; init; }
    public required string Engine { get; init; }
    public required string WeightFormat { get; init; }
    public required string KvFormat { get; init; }
    public required int Replicas { get; init; }

    /// <summary>True when a replica has room for the model and at least one request.</summary>
    public required bool Feasible { get; init; }

    /// <summary>Why it cannot run, in one line.</summary>
    public string? Reason { get; init; }
    public ImmutableArray<NearestFit> Nearest { get; init; } = [];

    /// <summary>Where the requests come from, in words.</summary>
    public required string Traffic { get; init; }

    /// <summary>Requests that arrived.</summary>
    public int Requests { get; init; }
    public int Completed { get; init; }

    /// <summary>Larger than the cache, longer than the engine takes, or turned away at a full line.</summary>
    public int Rejected { get; init; }

    /// <summary>Requests that the times are of: those that arrive after the warm-up.</summary>
    public int Counted { get; init; }
    public double WarmUpSeconds { get; init; }

    /// <summary>From the first arrival to the last token.</summary>
    public double DurationSeconds { get; init; }
    public EstimatedDistribution? TtftSeconds { get; init; }
    public EstimatedDistribution? TpotSeconds { get; init; }
    public EstimatedDistribution? InterTokenLatencySeconds { get; init; }
    public EstimatedDistribution? EndToEndSeconds { get; init; }
    public Estimate? OutputTokensPerSecond { get; init; }
    public Estimate? RequestsPerSecond { get; init; }

    /// <summary>Requests per second that keep all objectives; all of them where none is given.</summary>
    public Estimate? Goodput { get; init; }

    /// <summary>Share of the requests that keep all objectives; null where none is given.</summary>
    public Estimate? Attainment { get; init; }
    public RequestObjectives? Objectives { get; init; }

    /// <summary>Requests in the system at a time.</summary>
    public Estimate? InFlight { get; init; }

    /// <summary>True when the line grew for as long as requests came: at this load no time is a steady one.</summary>
    public bool? Saturated { get; init; }

    /// <summary>Whether it saturates with all steps as slow as the prediction's error allows.</summary>
    public bool? SaturatedAtWorst { get; init; }
    public int? Preemptions { get; init; }

    /// <summary>Largest share of the cache that was in use.</summary>
    public double? PeakCacheUse { get; init; }

    /// <summary>Tokens the cache of a rank holds.</summary>
    public long? CacheTokens { get; init; }

    /// <summary>Share of all prompt tokens that were in the cache.</summary>
    public double? CacheHitShare { get; init; }

    /// <summary>The most that is served, or the replicas it takes; null unless it was looked for.</summary>
    public Capacity? Capacity { get; init; }

    /// <summary>True when the run was cancelled before all requests were answered.</summary>
    public bool Partial { get; init; }

    /// <summary>Waiting, running and cache use over time.</summary>
    public ImmutableArray<LoadStretch> Load { get; init; } = [];
    public required ImmutableArray<string> Assumptions { get; init; }

    /// <summary>The run with the predicted times themselves, for those who want every request.</summary>
    [JsonIgnore]
    public SimulationRun? Run { get; init; }
}
