using Loadline.Prediction;

namespace Loadline.Simulation;

/// <summary>Plays the load generators of published benchmarks again.</summary>
/// <remarks>
/// A limit of requests in flight, all sent at once in the beginning and each answered one followed by the next:
/// <c>vllm bench serve --max-concurrency</c>, <c>sglang.bench_serving</c>, aiperf.
/// </remarks>
public static class LoadReplays
{
    /// <summary>Requests for each user where a source does not say: ten, as InferenceX sends.</summary>
    private const int RequestsPerUser = 10;

    /// <summary>A longer run only repeats itself.</summary>
    private const int MostRequests = 20_000;

    private const ulong Seed = 1;

    /// <summary>The mean figures of the run; null when no request could be served.</summary>
    public static LoadReplayTimes? Play(LoadReplay replay)
    {
        var requests = RequestsOf(replay);
        var lengths = TypicalLengths.Of(requests);
        var serving = ClusterBuilder.Pool(replay.Serving, replay.Replicas, new StepTimes(replay.Serving), lengths);
        ReplicaPool? prefill = null;
        if (replay.Prefill is { } prompts)
        {
            prefill = ClusterBuilder.Pool(prompts, replay.PrefillReplicas, new StepTimes(prompts), lengths);
            prefill = prefill with { Limits = prefill.Limits with { OnlyPrompts = true } };
        }
        var cluster = new Cluster
        {
            Serving = serving,
            Prefill = prefill,
            TransferSecondsPerToken = replay.TransferSeconds / replay.PromptTokens,
            Routing = RoutingPolicy.LeastLoaded,
            FrontDoor = FrontDoor.Usual,
        };
        var run = Simulator.Run(cluster, new UserTraffic(requests, replay.Users));
        var figures = RunFigures.Of(run, new RequestObjectives(), 0);
        return figures.Completed == 0
            ? null
            : new LoadReplayTimes
            {
                MeanTtft = figures.Ttft.Mean,
                MedianTtft = figures.Ttft.P50,
                MeanTpot = figures.Tpot.Mean,
                MedianTpot = figures.Tpot.P50,
                MeanEndToEnd = figures.EndToEnd.Mean,
                OutputTokensPerSecond = figures.OutputTokensPerSecond,
                RequestsPerSecond = figures.RequestsPerSecond,
            };
    }

    private static Arrival[] RequestsOf(LoadReplay replay)
    {
        var count = replay.Requests ?? Math.Max(1, Math.Min(RequestsPerUser * (long)replay.Users, MostRequests));
        var prompts = new CounterRandom(Seed, 0);
        var outputs = new CounterRandom(Seed, 1);
        return
        [
            .. Enumerable
                .Range(0, (int)count)
                .Select(request => new Arrival(
                    0,
                    Length(replay.PromptTokens, prompts.Uniform(request)),
                    Length(replay.OutputTokens, outputs.Uniform(request))
                )),
        ];

        int Length(double mean, double share)
        {
            // Evenly between s L and L with the given mean: L = 2 mean / (1 + s).
            var longest = 2 * mean / (1 + replay.LengthSpread);
            var shortest = replay.LengthSpread * longest;
            return (int)Math.Max(1, Math.Round(shortest + share * (longest - shortest)));
        }
    }
}
