namespace Loadline.Simulation;

/// <summary>Chooses a replica for each request.</summary>
internal sealed class Router(RoutingPolicy policy, Replica[] replicas)
{
    // Of the cache-aware router of SGLang: sgl-router, --cache-threshold, --balance-abs-threshold, --balance-rel-threshold.
    private const double LeastShareFound = 0.3;
    private const int UnevenBy = 64;
    private const double UnevenTimes = 1.5;

    private int next;

    /// <summary>True when the choice depends on nothing but the number of the request.</summary>
    public bool IsBlind => policy == RoutingPolicy.RoundRobin;

    /// <summary>The replica that serves a request; null when none is up.</summary>
    public Replica? Choose(in Arrival arrival)
    {
        if (policy == RoutingPolicy.RoundRobin)
            return NextInTurn();
        var (least, most) = Extremes();
        if (least is null || policy == RoutingPolicy.LeastLoaded || arrival.Content is null)
            return least;
        var isUneven = most!.InSystem - least.InSystem > UnevenBy && most.InSystem > UnevenTimes * least.InSystem;
        if (isUneven)
            return least;
        var best = least;
        var longest = (int)(LeastShareFound * arrival.PromptTokens);
        foreach (var replica in replicas)
        {
            if (replica.IsUp && replica.Finds(arrival) is var found && found > longest)
                (best, longest) = (replica, found);
        }
        return best;
    }

    private Replica? NextInTurn()
    {
        for (var tries = 0; tries < replicas.Length; tries++)
        {
            var replica = replicas[next++ % replicas.Length];
            if (replica.IsUp)
                return replica;
        }
        return null;
    }

    private (Replica? Least, Replica? Most) Extremes()
    {
        Replica? least = null;
        Replica? most = null;
        // Of equal ones each in turn.
        for (var i = 0; i < replicas.Length; i++)
        {
            var replica = replicas[(next + i) % replicas.Length];
            if (!replica.IsUp)
                continue;
            if (least is null || replica.InSystem < least.InSystem)
                least = replica;
            if (most is null || replica.InSystem > most.InSystem)
                most = replica;
        }
        next = (next + 1) % replicas.Length;
        return (least, most);
    }
}
