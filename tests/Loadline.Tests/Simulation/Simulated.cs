using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Simulation;
using Loadline.Tests.Prediction;

namespace Loadline.Tests.Simulation;

/// <summary>Clusters small enough to be followed by hand, and what is asked of their runs again and again.</summary>
internal static class Simulated
{
    public static readonly Deployment Llama8B = Deployments.Of("meta-llama/Llama-3.1-8B-Instruct");

    public static readonly Step Step = new(Llama8B);

    public static readonly StepTimes Times = new(Llama8B);

    public static ReplicaPool Pool(
        SchedulingPolicy policy = SchedulingPolicy.ChunkedPrefill,
        int replicas = 1,
        long blocks = 100_000,
        int sequences = 256,
        int stepTokens = 8192,
        StepTimes? times = null
    ) =>
        new()
        {
            Replicas = replicas,
            Times = times ?? Times,
            Policy = policy,
            Limits = new SchedulerLimits { MaximumSequences = sequences, StepTokens = stepTokens },
            Cache = new CacheSize(blocks, 16),
        };

    public static SimulationRun Run(
        ReplicaPool pool,
        Arrival[] arrivals,
        RoutingPolicy routing = RoutingPolicy.RoundRobin,
        FrontDoor door = default
    ) =>
        Simulator.Run(
            new Cluster
            {
                Serving = pool,
                Routing = routing,
                FrontDoor = door,
            },
            new TraceTraffic(arrivals),
            new RunWatch { KeepsSpans = true }
        );

    public static string File(SimulationRun run)
    {
        var text = new StringWriter();
        RequestsFile.Write(text, run.Requests.Span);
        return text.ToString();
    }

    /// <summary>A prompt made of named pieces of so many tokens each.</summary>
    public static PromptContent Content(params ImmutableArray<(long Id, int Tokens)> pieces) =>
        new([.. pieces.Select(piece => new ContentPiece(piece.Id, piece.Tokens))]);
}
