using System.Collections.Immutable;
using Loadline.Catalog;

namespace Loadline.Simulation;

/// <summary>Which replica a request goes to.</summary>
public enum RoutingPolicy
{
    RoundRobin,

    /// <summary>The one with the fewest requests.</summary>
    LeastLoaded,

    /// <summary>The one with most of the prompt in its cache, unless loads are too uneven.</summary>
    PrefixAware,
}

/// <summary>Everything the simulation needs to know of equal replicas.</summary>
public sealed record ReplicaPool
{
    public required int Replicas { get; init; }

    /// <summary>Ranks of a replica whose steps end together; 1 unless attention is data-parallel around experts.</summary>
    public int Ranks { get; init; } = 1;

    public required StepTimes Times { get; init; }

    public required SchedulingPolicy Policy { get; init; }

    public required SchedulerLimits Limits { get; init; }

    /// <summary>Cache of each rank.</summary>
    public required CacheSize Cache { get; init; }

    /// <summary>True when blocks that were released are kept for prompts that begin alike.</summary>
    public bool KeepsPrefixes { get; init; } = true;

    internal Replica Build(RequestRecord[] records)
    {
        var ranks = Enumerable.Range(0, Ranks).Select(_ => Scheduler());
        return new Replica([.. ranks], Times, new RunLog(records));
    }

    private Scheduler Scheduler()
    {
        var pool = new CachePool(Cache, KeepsPrefixes);
        return Policy switch
        {
            SchedulingPolicy.ChunkedPrefill => new ChunkedPrefill(Limits, pool),
            SchedulingPolicy.PrefillFirst => new PrefillFirst(Limits, pool),
            SchedulingPolicy.ReservedWholePrompts => new ReservedBatching(Limits, pool, cutsPrompts: false),
            SchedulingPolicy.Slots => new ReservedBatching(Limits, pool, cutsPrompts: true),
            SchedulingPolicy.StaticBatch => new StaticBatch(Limits, pool),
            _ => throw new ArgumentOutOfRangeException(nameof(Policy), Policy, "unknown"),
        };
    }
}

/// <summary>A replica that is gone for a while; what it worked on starts again elsewhere.</summary>
/// <param name="Replica">Counted from 0.</param>
/// <param name="FromSeconds">When it fails, or from the start on when it is late.</param>
/// <param name="ToSeconds">When it serves again, its start-up included.</param>
public readonly record struct Outage(int Replica, double FromSeconds, double ToSeconds);

/// <summary>
/// The server in front of the engine, which reads one request after another: of many that come at once, the first is under
/// way while the others are still being read.
/// </summary>
/// <param name="Seconds">To read a request.</param>
/// <param name="SecondsPerToken">To turn a token of its text into a number.</param>
/// <param name="LatencySeconds">Network and queues, during which others can be read.</param>
public readonly record struct FrontDoor(double Seconds, double SecondsPerToken, double LatencySeconds)
{
    /// <summary>
    /// 1 ms a request, 3 us a token and 4 ms on the way. Own fit, 2026-11-24, to runs of vLLM 0.15 with Llama 2 7B, Llama 3.1
    /// 70B and Qwen2.5 7B, whose prompts of 550 to 1,030 tokens took 5 to 9 ms more than the steps they waited for
    /// (inference-sim/sim-to-real-accuracy-validation). Every engine of the catalog is served by such a Python process.
    /// </summary>
    public static FrontDoor Usual { get; } = new(1e-3, 3e-6, 4e-3);

    /// <summary>When a request is read that arrives at one time and finds the door free from another on.</summary>
    public double ReadAt(in Arrival arrival, double freeFrom) =>
        Math.Max(arrival.Seconds, freeFrom) + Seconds + SecondsPerToken * arrival.PromptTokens;

    public FrontDoor Times(double factor) => new(Seconds * factor, SecondsPerToken * factor, LatencySeconds * factor);
}

/// <summary>Replicas behind a router.</summary>
public sealed record Cluster
{
    public required ReplicaPool Serving { get; init; }

    /// <summary>Replicas that only compute prompts; null where the same ones do both.</summary>
    public ReplicaPool? Prefill { get; init; }

    /// <summary>Seconds to copy the cache of a prompt token from one pool to the other.</summary>
    public double TransferSecondsPerToken { get; init; }

    public RoutingPolicy Routing { get; init; }

    /// <summary>What a request passes before the scheduler sees it.</summary>
    public FrontDoor FrontDoor { get; init; }

    /// <summary>Requests that may wait in front of each replica; those beyond are turned away.</summary>
    public int MostWaiting { get; init; } = int.MaxValue;

    public ImmutableArray<Outage> Outages { get; init; } = [];
}
