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

/// <summary>Replicas behind a router.</summary>
public sealed record Cluster
{
    public required ReplicaPool Serving { get; init; }

    /// <summary>Replicas that only compute prompts; null where the same ones do both.</summary>
    public ReplicaPool? Prefill { get; init; }

    /// <summary>Seconds to copy the cache of a prompt token from one pool to the other.</summary>
    public double TransferSecondsPerToken { get; init; }

    public RoutingPolicy Routing { get; init; }

    /// <summary>Seconds of a request outside of the steps: network, tokenizing, queues in front of the engine.</summary>
    public double RequestOverheadSeconds { get; init; }

    /// <summary>Requests that may wait in front of each replica; those beyond are turned away.</summary>
    public int MostWaiting { get; init; } = int.MaxValue;

    public ImmutableArray<Outage> Outages { get; init; } = [];
}
