using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Simulation;

/// <summary>A question about what users feel.</summary>
public sealed record SimulationQuestion
{
    public required FitQuestion Fit { get; init; }
    public required Traffic Traffic { get; init; }

    /// <summary>What the traffic is, in words.</summary>
    public required string TrafficName { get; init; }
    public required TypicalLengths Lengths { get; init; }
    public int Replicas { get; init; } = 1;
    public RoutingPolicy Routing { get; init; }
    public SchedulingOverrides Scheduling { get; init; } = new();
    public RequestObjectives Objectives { get; init; } = new();

    /// <summary>Seconds from the first arrival whose requests are not counted.</summary>
    public double WarmUpSeconds { get; init; }

    /// <summary>Tokens drafted for each step and how often each is accepted, as for <see cref="ServingQuestion"/>.</summary>
    public int DraftTokens { get; init; }
    public double Acceptance { get; init; }

    /// <summary>Devices that only compute prompts; null when the same devices do both.</summary>
    public PrefillPool? Prefill { get; init; }

    /// <summary>Requests that may wait in front of each replica; null for any number.</summary>
    public int? MostWaiting { get; init; }
    public ImmutableArray<Outage> Outages { get; init; } = [];
}

/// <summary>Plays traffic through replicas of a deployment and says what its users feel, with error bars.</summary>
public sealed class ServingSimulator(CatalogReader catalog)
{
    private readonly FitCheck fits = new(catalog);

    public ServingReport Ask(SimulationQuestion question, RunWatch? watch = null)
    {
        watch ??= new RunWatch();
        var typical = fits.Ask(FitOf(question));
        var blank = Blank(question, typical);
        if (WhyNothingFits(question) is { } misfit)
            return blank with { Reason = misfit.Reason, Nearest = misfit.Nearest };

        var system = SystemOf(question);
        var error = question.Prefill is null
            ? PredictionError.Of(system.Deployment)
            : PredictionError.OfDisaggregated(system.Deployment);
        var middle = Play(question, system, 1, bytes => bytes.Value, watch);
        if (middle.TurnsAllAway && !typical.Fits && question.Scheduling.CacheTokens is null)
            return blank with { Reason = typical.Reason, Nearest = typical.Nearest };
        if (middle.IsPartial)
            return Report(blank, question, system, [middle], error, middle);

        var rest = new RunWatch { Cancellation = watch.Cancellation };
        var slow = Play(question, system, error.Factor, bytes => bytes.Low, rest);
        var fast = Play(question, system, 1 / error.Factor, bytes => bytes.High, rest);
        return Report(blank, question, system, [middle, slow, fast], error, middle);
    }

    /// <summary>
    /// The largest rate or number of users that is served: no line grows, and a share of the requests keeps the objectives.
    /// </summary>
    /// <param name="question">What serves; its traffic is only where the search begins.</param>
    /// <param name="start">The amount of its traffic.</param>
    /// <param name="most">The largest amount that is asked about.</param>
    /// <param name="isWhole">True for users, false for a rate.</param>
    /// <param name="at">The traffic at another amount.</param>
    /// <param name="attainment">Share of the requests, 0 to 1.</param>
    /// <param name="watch">When to stop.</param>
    public Estimate Largest(
        SimulationQuestion question,
        double start,
        double most,
        bool isWhole,
        Func<double, Traffic> at,
        double attainment,
        RunWatch watch
    ) =>
        Between(
            question,
            (slowdown, poolBytes, system) =>
                CapacitySearch.Largest(
                    amount =>
                        IsServed(
                            question with
                            {
                                Traffic = at(amount),
                            },
                            system,
                            slowdown,
                            poolBytes,
                            attainment,
                            watch
                        ),
                    start,
                    isWhole ? 1 : start * 1e-6,
                    most,
                    isWhole
                )
        );

    /// <summary>The fewest replicas with which no line grows and a share of the requests keeps the objectives.</summary>
    /// <returns>
    /// 0 where no number of them is enough: one request alone is too slow. Where that is so only with steps as slow as the
    /// prediction's error allows, the upper end is the most that were tried.
    /// </returns>
    public Estimate Smallest(SimulationQuestion question, double attainment, RunWatch watch)
    {
        const int MostReplicas = 1024;
        var (middle, slow, fast, evidence) = Bracketed(
            question,
            (slowdown, poolBytes, system) =>
                CapacitySearch.Smallest(
                    replicas =>
                        IsServed(question with { Replicas = replicas }, system, slowdown, poolBytes, attainment, watch),
                    MostReplicas
                )
        );
        return middle is { } enough
            ? new Estimate(enough, Math.Min(enough, fast ?? enough), Math.Max(enough, slow ?? MostReplicas), evidence)
            : new Estimate(0, 0, fast ?? 0, evidence);
    }

    private Estimate Between(
        SimulationQuestion question,
        Func<double, Func<Estimate, double>, ServedSystem, double> search
    )
    {
        var (middle, slow, fast, evidence) = Bracketed(question, search);
        // Each is found to a hundredth, so the bounds may be the wrong way round by that much.
        return new Estimate(
            middle,
            Math.Min(middle, Math.Min(slow, fast)),
            Math.Max(middle, Math.Max(slow, fast)),
            evidence
        );
    }

    /// <summary>The same search with steps as predicted, and slower and faster by what the prediction may be off.</summary>
    private (T Middle, T Slow, T Fast, Evidence Evidence) Bracketed<T>(
        SimulationQuestion question,
        Func<double, Func<Estimate, double>, ServedSystem, T> search
    )
    {
        var system = SystemOf(question);
        var error = question.Prefill is null
            ? PredictionError.Of(system.Deployment)
            : PredictionError.OfDisaggregated(system.Deployment);
        var middle = search(1, bytes => bytes.Value, system);
        var slow = search(error.Factor, bytes => bytes.Low, system);
        var fast = search(1 / error.Factor, bytes => bytes.High, system);
        return (middle, slow, fast, error.Evidence);
    }

    private static bool IsServed(
        SimulationQuestion question,
        ServedSystem system,
        double slowdown,
        Func<Estimate, double> poolBytes,
        double attainment,
        RunWatch watch
    )
    {
        watch.Cancellation.ThrowIfCancellationRequested();
        var run = Play(question, system, slowdown, poolBytes, watch);
        watch.Cancellation.ThrowIfCancellationRequested();
        var figures = RunFigures.Of(run, question.Objectives, question.WarmUpSeconds);
        return !figures.IsSaturated && figures.Attainment >= attainment;
    }

    /// <summary>The answer for a pool whose weights do not fit; null when both fit. Requests are turned away one by one.</summary>
    private MemoryAnswer? WhyNothingFits(SimulationQuestion question)
    {
        var own = fits.Ask(question.Fit with { Context = null, Concurrency = 1 });
        if (!own.Fits || question.Prefill is not { } pool)
            return own.Fits ? null : own;
        var prompts = fits.Ask(PrefillOf(question.Fit, pool));
        return prompts.Fits ? null : prompts with { Reason = $"prefill on {prompts.Hardware}: {prompts.Reason}" };
    }

    private static FitQuestion PrefillOf(FitQuestion decode, PrefillPool pool) =>
        ServingPredictor.PrefillOf(decode, pool, promptTokens: null);

    /// <summary>A typical request, which the answer is about where none is served.</summary>
    private static FitQuestion FitOf(SimulationQuestion question) =>
        question.Fit with
        {
            Context = question.Lengths.PromptTokens + question.Lengths.OutputTokens,
            Concurrency = 1,
        };

    private ServedSystem SystemOf(SimulationQuestion question)
    {
        // The engine is not told how long requests will be: it takes what the model was made for.
        var deployment = fits.Build(question.Fit with { Concurrency = 1 }).Deployment;
        var drafting = ServingPredictor.Drafting(question.Fit, question.DraftTokens, question.Acceptance, deployment);
        Deployment? prefill = null;
        var transfer = 0.0;
        if (question.Prefill is { } pool)
        {
            prefill = fits.Build(PrefillOf(question.Fit, pool)).Deployment;
            transfer = CacheTransfer.SecondsOf(prefill, deployment, question.Lengths.PromptTokens);
        }
        return new ServedSystem(deployment, drafting, prefill, transfer / question.Lengths.PromptTokens);
    }

    private static SimulationRun Play(
        SimulationQuestion question,
        ServedSystem system,
        double slowdown,
        Func<Estimate, double> poolBytes,
        RunWatch watch
    ) => Simulator.Run(ClusterOf(question, system, slowdown, poolBytes), question.Traffic, watch);

    private static Cluster ClusterOf(
        SimulationQuestion question,
        ServedSystem system,
        double slowdown,
        Func<Estimate, double> poolBytes
    )
    {
        var decode = system.Deployment;
        var times = new StepTimes(decode, system.Speculation, slowdown);
        var replicas = question.Prefill?.DecodeReplicas ?? question.Replicas;
        var pool = ClusterBuilder.Pool(decode, replicas, times, question.Lengths, question.Scheduling, poolBytes);
        ReplicaPool? prompts = null;
        if (system.Prefill is { } prefill)
        {
            prompts = ClusterBuilder.Pool(
                prefill,
                question.Prefill!.Replicas,
                new StepTimes(prefill, null, slowdown),
                question.Lengths,
                null,
                poolBytes
            );
            prompts = prompts with { Limits = prompts.Limits with { OnlyPrompts = true } };
        }
        return new Cluster
        {
            Serving = pool,
            Prefill = prompts,
            TransferSecondsPerToken = system.TransferSecondsPerToken * slowdown,
            Routing = question.Routing,
            FrontDoor = FrontDoor.Usual.Times(slowdown),
            MostWaiting = question.MostWaiting ?? int.MaxValue,
            Outages = OutagesOf(question.Outages, replicas, times.SeparateRanks),
        };
    }

    /// <summary>Ranks that wait for no other are replicas of their own here, but they fail together.</summary>
    private static ImmutableArray<Outage> OutagesOf(ImmutableArray<Outage> outages, int replicas, int ranks) =>
        [
            .. outages
                .Where(outage => outage.Replica < replicas)
                .SelectMany(outage =>
                    Enumerable.Range(outage.Replica * ranks, ranks).Select(rank => outage with { Replica = rank })
                ),
        ];

    private static ServingReport Report(
        ServingReport blank,
        SimulationQuestion question,
        ServedSystem system,
        ImmutableArray<SimulationRun> runs,
        PredictionError error,
        SimulationRun middle
    )
    {
        // What was answered before a run was cancelled may all have come in its beginning.
        var warmUp = middle.IsPartial ? 0 : question.WarmUpSeconds;
        ImmutableArray<RunFigures> figures = [.. runs.Select(run => RunFigures.Of(run, question.Objectives, warmUp))];
        var own = figures[0];
        var asksNothing = question.Objectives.AskNothing;
        var cache = ClusterOf(question, system, 1, bytes => bytes.Value).Serving.Cache;
        return blank with
        {
            Feasible = true,
            Requests = own.Requests,
            Completed = own.Completed,
            Rejected = own.Rejected,
            Counted = own.Counted,
            WarmUpSeconds = warmUp,
            DurationSeconds = own.Completed == 0 ? 0 : middle.EndSeconds - middle.Requests.Span[0].ArrivalSeconds,
            TtftSeconds = Spread(run => run.Ttft),
            TpotSeconds = Spread(run => run.Tpot),
            InterTokenLatencySeconds = Spread(run => run.Gap),
            EndToEndSeconds = Spread(run => run.EndToEnd),
            OutputTokensPerSecond = Between(run => run.OutputTokensPerSecond),
            RequestsPerSecond = Between(run => run.RequestsPerSecond),
            Goodput = Between(run => run.Goodput),
            Attainment = asksNothing || double.IsNaN(own.Attainment) ? null : Between(run => run.Attainment),
            Objectives = asksNothing ? null : question.Objectives,
            InFlight = Between(run => run.InFlight),
            Saturated = own.IsSaturated,
            SaturatedAtWorst = figures.Any(run => run.IsSaturated),
            Preemptions = middle.Preemptions,
            PeakCacheUse = middle.PeakCacheUse,
            CacheTokens = cache.Blocks * cache.BlockTokens,
            CacheHitShare = own.CacheHitShare,
            Partial = middle.IsPartial,
            Assumptions = [.. blank.Assumptions, .. WhyTurnedAway(own.Rejected, system.Deployment, question)],
            Load = LoadOf(middle),
            Run = middle,
        };

        // A run whose cache has room for none of the requests has no times.
        Estimate Between(Func<RunFigures, double> figure)
        {
            var known = figures.Select(figure).Where(value => !double.IsNaN(value)).ToList();
            return new Estimate(figure(own), known.Min(), known.Max(), error.Evidence);
        }

        EstimatedDistribution? Spread(Func<RunFigures, TimeDistribution> times) =>
            double.IsNaN(times(own).Mean)
                ? null
                : new EstimatedDistribution(
                    Between(run => times(run).Mean),
                    Between(run => times(run).P50),
                    Between(run => times(run).P90),
                    Between(run => times(run).P95),
                    Between(run => times(run).P99)
                );
    }

    private static IEnumerable<string> WhyTurnedAway(int count, Deployment deployment, SimulationQuestion question)
    {
        if (count == 0)
            yield break;
        var longest = deployment.Architecture.MaximumContext is { } most
            ? $"of more than the model's {most:N0} tokens, "
            : "";
        var line = question.MostWaiting is { } waiting ? $", or when {waiting:N0} wait already" : "";
        yield return $"Requests are turned away {longest}or larger than the cache{line}.";
    }

    /// <summary>The load of all replicas in stretches as long as the longest that any of them kept.</summary>
    private static ImmutableArray<LoadStretch> LoadOf(SimulationRun run)
    {
        var width = run.Load.Max(points => points.Length > 1 ? points[1].Seconds : 0);
        if (width <= 0)
            return [];
        var stretches = new SortedDictionary<int, (double Waiting, double Running, double Cache)>();
        foreach (var points in run.Load)
        {
            var own = points.Length > 1 ? points[1].Seconds : width;
            foreach (var point in points)
            {
                var place = (int)(point.Seconds / width + 1e-9);
                var share = own / width;
                var sum = stretches.GetValueOrDefault(place);
                stretches[place] = (
                    sum.Waiting + share * point.Waiting,
                    sum.Running + share * point.Running,
                    sum.Cache + share * point.CacheUse / run.Load.Count
                );
            }
        }
        return
        [
            .. stretches.Select(item => new LoadStretch(
                item.Key * width,
                item.Value.Waiting,
                item.Value.Running,
                item.Value.Cache
            )),
        ];
    }

    private static ServingReport Blank(SimulationQuestion question, MemoryAnswer memory) =>
        new()
        {
            Model = memory.Model,
            Hardware = memory.Hardware,
            Engine = memory.Engine,
            WeightFormat = memory.WeightFormat,
            KvFormat = memory.KvFormat,
            Replicas = question.Prefill?.DecodeReplicas ?? question.Replicas,
            Traffic = question.TrafficName,
            Feasible = false,
            Assumptions = memory.Assumptions,
        };

    /// <summary>What is served, built once for all runs.</summary>
    private sealed record ServedSystem(
        Deployment Deployment,
        Speculation? Speculation,
        Deployment? Prefill,
        double TransferSecondsPerToken
    );
}
