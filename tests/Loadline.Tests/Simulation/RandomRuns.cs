using CsCheck;
using Loadline.Catalog;
using Loadline.Simulation;

namespace Loadline.Tests.Simulation;

/// <summary>A cluster and requests that crowd it.</summary>
internal sealed record RandomRun(Cluster Cluster, Arrival[] Arrivals)
{
    public SimulationRun Play() =>
        Simulator.Run(Cluster, new TraceTraffic(Arrivals), new RunWatch { KeepsSpans = true });

    public override string ToString() =>
        $"""
            {Cluster.Serving.Policy}, {Cluster.Serving.Replicas} replicas of {Cluster.Serving.Ranks} ranks, {Cluster.Routing}, {Cluster.Serving.Cache}, {Cluster.Serving.Limits.MaximumSequences} sequences, {Cluster.Serving.Limits.StepTokens} step tokens, prefixes {Cluster.Serving.KeepsPrefixes}, prefill {Cluster.Prefill?.Replicas}, {Cluster.FrontDoor}, {string.Join(
                " ",
                Cluster.Outages
            )}
            {string.Join(
                "\n",
                Arrivals.Select(arrival =>
                    $"{arrival.Seconds:R} {arrival.PromptTokens} {arrival.OutputTokens} [{string.Join(" ", arrival.Content?.Pieces.Select(piece => $"{piece.Id}:{piece.Tokens}") ?? [])}]"
                )
            )}
            """;
}

/// <summary>Runs to state laws over: caches so small that sequences are preempted, few places, prompts in chunks.</summary>
internal static class RandomRuns
{
    public static readonly Gen<SchedulingPolicy> Policy = Gen.Enum<SchedulingPolicy>();

    private static readonly Gen<FrontDoor> Door = Gen.OneOf(
        default(FrontDoor),
        FrontDoor.Usual,
        new FrontDoor(0.05, 1e-4, 0)
    );

    /// <summary>What a prompt begins with: nothing, or one to three pieces of a tree of prefixes.</summary>
    private static readonly Gen<(int Group, int Depth)> Prefix = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3]);

    private static readonly Gen<Arrival> Request = Gen.Select(
            Gen.OneOf(Gen.Double[0, 0.5], Gen.Double[0, 5], Gen.Const(1.0)),
            Gen.Int[1, 700],
            Gen.OneOf(Gen.Int[0, 2], Gen.Int[0, 150]),
            Prefix
        )
        .Select((seconds, prompt, output, prefix) => Of(seconds, prompt, output, prefix.Group, prefix.Depth));

    public static readonly Gen<Arrival[]> Requests = Request
        .Array[1, 40]
        .Select(requests => requests.OrderBy(request => request.Seconds).ToArray());

    public static readonly Gen<ReplicaPool> Pool = Gen.Select(
        Policy,
        Gen.Int[1, 3],
        Gen.OneOf(Gen.Int[20, 80], Gen.Int[60, 400]),
        Gen.Int[1, 12],
        Gen.Int[16, 600],
        Gen.Bool,
        Gen.OneOf(0, 0, 0, 3),
        (policy, replicas, blocks, sequences, stepTokens, keepsPrefixes, besides) =>
            Simulated.Pool(policy, replicas, blocks, sequences, Math.Max(stepTokens, 2 * sequences)) with
            {
                KeepsPrefixes = keepsPrefixes && policy != SchedulingPolicy.StaticBatch,
                Cache = new CacheSize(blocks, 16, besides),
            }
    );

    /// <summary>Replicas that do both, whichever router is in front.</summary>
    public static readonly Gen<RandomRun> Any = Gen.Select(
        Pool,
        Gen.Enum<RoutingPolicy>(),
        Door,
        Requests,
        (pool, routing, door, requests) =>
            new RandomRun(
                new Cluster
                {
                    Serving = pool,
                    Routing = routing,
                    FrontDoor = door,
                },
                requests
            )
    );

    /// <summary>Groups branch at the second piece, so that what is shared is not all or nothing.</summary>
    private static Arrival Of(double seconds, int prompt, int output, int group, int depth)
    {
        var pieces = new List<(long, int)>();
        var left = prompt;
        for (var level = 0; level < depth && left > 0; level++)
        {
            var tokens = Math.Min(left, 40 + 37 * level + 50 * group * Math.Min(level, 1));
            // A name stands for the tokens and all before them, so its length is part of it.
            pieces.Add((100 * level + 10 * (level == 0 ? 0 : group) + 100_000 * tokens, tokens));
            left -= tokens;
        }
        return new Arrival(seconds, prompt, output)
        {
            Content = pieces.Count == 0 ? null : Simulated.Content([.. pieces]),
        };
    }
}
