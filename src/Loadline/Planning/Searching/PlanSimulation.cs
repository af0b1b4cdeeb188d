using System.Collections.Immutable;
using Loadline.Prediction;
using Loadline.Quantities;
using Loadline.Simulation;

namespace Loadline.Planning;

/// <summary>Latencies of a plan, request by request, at the percentiles its objectives name.</summary>
/// <param name="Middle">With steps as predicted.</param>
/// <param name="Best">With all steps faster by the prediction's error.</param>
/// <param name="Worst">With all steps slower by it; infinite where it cannot keep up then.</param>
/// <param name="Miss">The objective that is missed by most with the confidence asked for; null when none is.</param>
/// <param name="Requests">Requests that were played.</param>
internal sealed record SimulatedLatencies(
    LatencyPercentiles Middle,
    LatencyPercentiles Best,
    LatencyPercentiles Worst,
    ObjectiveMiss? Miss,
    int Requests
);

/// <summary>
/// Plays the busiest hour of a scenario on one replica of a plan: requests at random times, lengths drawn from their
/// distributions, the shared prefix found in the cache from the second request on.
/// </summary>
internal sealed class PlanSimulation(Scenario scenario)
{
    /// <summary>Requests beyond the percentile that is asked for, so that it does not hang on a few.</summary>
    private const int RequestsInTail = 40;
    private const int FewestRequests = 1_000;
    private const int MostRequests = 20_000;

    /// <summary>Share of them that fills the machine and is not counted.</summary>
    private const double WarmUpShare = 0.1;

    private readonly Dictionary<double, Arrival[]> traffic = [];

    public SimulatedLatencies Of(SizedPlan plan)
    {
        var replica = plan.Sized.Replica;
        var error = replica.Error;
        var arrivals = ArrivalsAt(plan.RatePerReplica, replica.Deployment);
        var step = new Step(replica.Deployment);
        return new SimulatedLatencies(
            Play(replica, step, arrivals, 1, bytes => bytes.Value),
            Play(replica, step, arrivals, 1 / error.Factor, bytes => bytes.High),
            Play(replica, step, arrivals, error.Factor, bytes => bytes.Low),
            MissAt(replica, plan.RatePerReplica * plan.Sized.Design.LoadFactor, plan.Sized.Design.Slowdown),
            arrivals.Length
        );
    }

    /// <summary>The objective a replica misses by most at a rate, with slower steps; null when none is.</summary>
    public ObjectiveMiss? MissAt(ReplicaUnderLoad replica, double requestsPerSecond, double slowdown)
    {
        var arrivals = ArrivalsAt(requestsPerSecond, replica.Deployment);
        var latencies = Play(replica, new Step(replica.Deployment), arrivals, slowdown, bytes => bytes.Low);
        return replica.Tightest(latencies, slowdown) is { Ratio: > 1 } miss ? miss : null;
    }

    private LatencyPercentiles Play(
        ReplicaUnderLoad replica,
        Step step,
        Arrival[] arrivals,
        double slowdown,
        Func<Estimate, double> poolBytes
    )
    {
        var deployment = replica.Deployment;
        var times = new StepTimes(
            step,
            deployment.Rules.MaximumBatchedTokens,
            PromptPipeline.Of(deployment),
            slowdown: slowdown
        );
        var lengths = TypicalLengths.Of(arrivals);
        var run = Simulator.Run(
            new Cluster
            {
                Serving = Pool(replica.Split?.Decode ?? 1),
                Prefill = replica.Split is { } split ? OnlyPrompts(Pool(split.Prefill)) : null,
                TransferSecondsPerToken = replica.TransferSecondsPerToken * slowdown,
                FrontDoor = FrontDoor.Usual.Times(slowdown),
            },
            new TraceTraffic(arrivals)
        );
        var warmUp = WarmUpShare * (arrivals[^1].Seconds - arrivals[0].Seconds);
        var figures = RunFigures.Of(run, new RequestObjectives(), warmUp);
        if (figures.IsSaturated || figures.Counted == 0)
            return new LatencyPercentiles(double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity);
        var objectives = scenario.Objectives;
        var tpot = figures.TpotAt(LatencyPercentiles.ProbabilityOf(objectives.Tpot));
        return new LatencyPercentiles(
            figures.TtftAt(LatencyPercentiles.ProbabilityOf(objectives.Ttft)),
            // Where all answers are one token, none has a second one to wait for.
            double.IsNaN(tpot)
                ? 0
                : tpot,
            figures.EndToEndAt(LatencyPercentiles.ProbabilityOf(objectives.EndToEnd))
        );

        static ReplicaPool OnlyPrompts(ReplicaPool pool) =>
            pool with
            {
                Limits = pool.Limits with { OnlyPrompts = true },
            };

        ReplicaPool Pool(int replicas) => ClusterBuilder.Pool(deployment, replicas, times, lengths, null, poolBytes);
    }

    /// <summary>The same requests for every plan, only closer together or further apart.</summary>
    private Arrival[] ArrivalsAt(double requestsPerSecond, Deployment deployment)
    {
        if (traffic.TryGetValue(requestsPerSecond, out var known))
            return known;
        var workload = scenario.Workload;
        var prefix = (int)workload.SharedPrefixTokens;
        var longest = deployment.Architecture.MaximumContext ?? int.MaxValue;
        var lengths = new RequestLengths.Independent(
            new LengthSampler.LogNormal(workload.PromptTokens, (int)Math.Max(1, longest - workload.OutputTokens.P95)),
            new LengthSampler.LogNormal(workload.OutputTokens, (int)Math.Max(1, longest - workload.PromptTokens.P95))
        );
        var drawn = new GeneratedTraffic
        {
            Process = ArrivalProcess.Poisson(new RateProfile.Constant(requestsPerSecond)),
            Lengths = lengths,
            Count = RequestsNeeded,
        }.Generate();
        var shared = prefix > 0 ? new PromptContent([new ContentPiece(0, prefix)]) : null;
        for (var i = 0; i < drawn.Length; i++)
            drawn[i] = new Arrival(drawn[i].Seconds, Math.Max(prefix + 1, drawn[i].PromptTokens), drawn[i].OutputTokens)
            {
                Content = shared,
            };
        return traffic[requestsPerSecond] = drawn;
    }

    private int RequestsNeeded
    {
        get
        {
            var objectives = scenario.Objectives;
            var furthest = new[] { objectives.Ttft, objectives.Tpot, objectives.EndToEnd }.Max(
                LatencyPercentiles.ProbabilityOf
            );
            return (int)Math.Clamp(RequestsInTail / Math.Max(1e-9, 1 - furthest), FewestRequests, MostRequests);
        }
    }
}
