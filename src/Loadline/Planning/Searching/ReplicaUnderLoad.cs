using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>
/// One replica of a deployment under the traffic of a scenario, at any rate and for any error of the prediction.
/// </summary>
/// <remarks>
/// TTFT at a percentile is the larger of a typical prompt after a long wait and a long prompt after a typical wait.
/// End to end takes TTFT at its own percentile and adds the decode time of an answer of percentile length, which errs
/// on the safe side. Both are closed forms; the finalists of a plan are simulated.
/// </remarks>
public sealed class ReplicaUnderLoad
{
    private readonly StepCosts costs;

    /// <summary>Steady state at a rate with so many sequences in flight at most; null where it does not keep up.</summary>
    private readonly Func<double, double, ServingPoint?> steady;
    private readonly StepCosts longPrompts;
    private readonly StepCosts longPromptsOfWholeAnswers;
    private readonly Objectives objectives;
    private readonly double overheadSeconds;
    private readonly double transferSecondsPerToken;

    /// <summary>Percentiles the objectives are about, and the answer whose end the end-to-end time waits for.</summary>
    private readonly double firstProbability;
    private readonly double wholeProbability;
    private readonly double longAnswerTokens;
    private readonly double meanAnswerTokens;

    public ReplicaUnderLoad(Deployment deployment, ServingMemory memory, Workload workload, Objectives objectives)
    {
        this.objectives = objectives;
        var output = workload.OutputTokens;
        Deployment = deployment;
        Memory = memory;
        Error = PredictionError.Of(deployment);
        overheadSeconds = deployment.Rules.RequestOverhead.Seconds;

        // Sequences in flight are on average a little past half of their answer when the pool is full.
        const double OutputShareInCache = 0.55;
        var typical = (long)Math.Ceiling(workload.PromptTokens.Mean + OutputShareInCache * output.Mean);
        MostInFlight = memory.MaximumConcurrency(typical).Low;
        LongestRequestFits =
            memory.MaximumConcurrency((long)Math.Ceiling(workload.PromptTokens.P95 + output.P95)).Low >= 1;

        var request = new RequestShape(workload.PromptTokens.Mean, output.Mean, workload.SharedPrefixTokens);
        var step = new Step(deployment);
        var chunk = deployment.Rules.MaximumBatchedTokens;
        var pipeline = PromptPipeline.Of(deployment);
        var most = Math.Max(1, MostInFlight);
        costs = new StepCosts(step, chunk, request, pipeline).Tabulated(most);
        var serving = new ClosedFormServing(costs, deployment);
        steady = (rate, mostInFlight) => serving.AtRate(rate, mostInFlight);
        firstProbability = LatencyPercentiles.ProbabilityOf(objectives.Ttft);
        wholeProbability = LatencyPercentiles.ProbabilityOf(objectives.EndToEnd);
        longAnswerTokens = output.Percentile(wholeProbability);
        meanAnswerTokens = output.Mean;
        longPrompts = LongPrompts(firstProbability);
        longPromptsOfWholeAnswers = wholeProbability.Equals(firstProbability)
            ? longPrompts
            : LongPrompts(wholeProbability);

        StepCosts LongPrompts(double probability)
        {
            var prompt = workload.PromptTokens.Percentile(probability);
            var shape = new RequestShape(prompt, output.Mean, workload.SharedPrefixTokens)
            {
                MeanContext = request.MeanContext,
            };
            return new StepCosts(step, chunk, shape, pipeline).Tabulated(most, costs);
        }
    }

    /// <summary>A group of such replicas, some of which only compute prompts and the others only decode.</summary>
    private ReplicaUnderLoad(ReplicaUnderLoad one, PoolSplit split)
    {
        objectives = one.objectives;
        Deployment = one.Deployment;
        Memory = one.Memory;
        Split = split;
        Error = PredictionError.OfDisaggregated(Deployment);
        overheadSeconds = one.overheadSeconds;
        MostInFlight = split.Decode * one.MostInFlight;
        LongestRequestFits = one.LongestRequestFits;
        costs = one.costs;
        firstProbability = one.firstProbability;
        wholeProbability = one.wholeProbability;
        longAnswerTokens = one.longAnswerTokens;
        meanAnswerTokens = one.meanAnswerTokens;
        longPrompts = one.longPrompts;
        longPromptsOfWholeAnswers = one.longPromptsOfWholeAnswers;
        var prefill = new ServingPool(costs, split.Prefill, one.MostInFlight);
        var prompt = costs.Request.PromptTokens;
        var transfer = CacheTransfer.SecondsOf(Deployment, Deployment, prompt);
        transferSecondsPerToken = transfer / prompt;
        steady = (rate, mostInFlight) =>
            new DisaggregatedServing(
                prefill,
                new ServingPool(costs, split.Decode, mostInFlight / split.Decode),
                overheadSeconds,
                transfer
            ).AtRate(rate);
    }

    /// <summary>So many replicas of this kind on one machine, some for prompts and some for answers.</summary>
    public ReplicaUnderLoad Apart(PoolSplit split) => new(this, split);

    /// <summary>How the replicas of a group share the work; null for one replica that does both.</summary>
    public PoolSplit? Split { get; }

    /// <summary>Accelerators of the replica, or of the group.</summary>
    public int Devices => Deployment.Parallelism.Devices * (Split?.Replicas ?? 1);

    /// <summary>Time a token of a prompt takes from the devices that computed it to those that decode.</summary>
    public double TransferSecondsPerToken => transferSecondsPerToken;

    public Deployment Deployment { get; }

    public ServingMemory Memory { get; }

    public PredictionError Error { get; }

    /// <summary>Sequences the cache surely holds, or the engine's limit.</summary>
    public double MostInFlight { get; }

    /// <summary>False when a request of 95th-percentile length does not fit into the cache at all.</summary>
    public bool LongestRequestFits { get; }

    /// <summary>Latencies when every step takes <paramref name="slowdown"/> times as long; null if overloaded.</summary>
    public LatencyPercentiles? At(double requestsPerSecond, double slowdown) => At(requestsPerSecond, slowdown, out _);

    /// <inheritdoc cref="At(double, double)"/>
    public LatencyPercentiles? At(double requestsPerSecond, double slowdown, out ServingPoint point) =>
        At(requestsPerSecond, slowdown, MostInFlight, out point);

    private LatencyPercentiles? At(double requestsPerSecond, double slowdown, double most, out ServingPoint point)
    {
        // Slower steps at the same rate are the same steps at a higher rate, seen on a slower clock.
        var found = steady(requestsPerSecond * slowdown, most);
        point = found.GetValueOrDefault();
        if (found is null)
            return null;

        var ttft = FirstToken(point, longPrompts, firstProbability);
        var firstOfWhole = ReferenceEquals(longPrompts, longPromptsOfWholeAnswers)
            ? ttft
            : FirstToken(point, longPromptsOfWholeAnswers, wholeProbability);
        var endToEnd = firstOfWhole + Math.Max(0, longAnswerTokens - 1) * point.TpotSeconds;
        return new LatencyPercentiles(ttft * slowdown, point.TpotSeconds * slowdown, endToEnd * slowdown);
    }

    private double FirstToken(ServingPoint point, StepCosts prompts, double probability)
    {
        // Prompts that are computed elsewhere share no step with those that decode.
        var decoding = Split is null ? Math.Max(0, point.InFlight - 1) : 0;
        var meanWait = point.QueueSeconds + point.StepWaitSeconds;
        return Math.Max(
            point.PrefillSeconds + point.WaitPercentile(probability),
            overheadSeconds
                + prompts.Prefill(decoding)
                + transferSecondsPerToken * prompts.Request.PromptTokens
                + meanWait
        );
    }

    /// <summary>Latencies of a request that meets no other, with steps as predicted; null when not even that can be had.</summary>
    public LatencyPercentiles? Alone => At(FarApart, 1);

    /// <summary>Requests per second fewer than any plan has.</summary>
    private const double FarApart = 1e-9;

    /// <summary>Requests per second, at most: each takes part in so many steps, none shorter than alone.</summary>
    public double RateAtMost(LatencyPercentiles alone) =>
        MostInFlight / (Math.Max(0, meanAnswerTokens - 1) * alone.Tpot);

    /// <summary>Highest rate at which the objectives hold when steps are slower by a factor; 0 when there is none.</summary>
    public double MaximumRate(double slowdown) => MaximumRate(slowdown, MostInFlight);

    /// <summary>The same with at most so many sequences in flight.</summary>
    public double MaximumRate(double slowdown, double mostInFlight)
    {
        // Nothing shorter is slower than one request alone.
        if (!Meets(NearlyIdle, slowdown, mostInFlight))
            return 0;
        var low = NearlyIdle;
        var high = Math.Max(2 * NearlyIdle, mostInFlight / Math.Max(1e-6, At(NearlyIdle, slowdown)!.Value.EndToEnd));
        const double MostRate = 1e6;
        while (high < MostRate && Meets(high, slowdown, mostInFlight))
        {
            low = high;
            high *= 2;
        }
        while (high - low > RateTolerance * high)
        {
            // Where the ends are far apart, the answer may be of any size.
            var middle = high > 4 * low ? Math.Sqrt(low * high) : (low + high) / 2;
            if (Meets(middle, slowdown, mostInFlight))
                low = middle;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>Relative error of the highest rate.</summary>
    public const double RateTolerance = 2e-3;

    /// <summary>
    /// True where fewer sequences in flight cannot raise the highest rate: at that rate they either are not reached, so
    /// that nothing changes, or do not keep up.
    /// </summary>
    public bool CarriesNoMore(double maximumRate, double slowdown, double mostInFlight)
    {
        // The highest rate is known up to a tolerance from below.
        var rate = maximumRate / (1 - RateTolerance);
        return steady(rate * slowdown, mostInFlight) is not { } limited
            || (limited.InFlight + 1 <= mostInFlight && !Meets(rate, slowdown, mostInFlight));
    }

    /// <summary>
    /// The rate, or the highest below it at which a replica still keeps up when steps are slower by a factor.
    /// </summary>
    public double KeptUp(double requestsPerSecond, double slowdown)
    {
        if (At(requestsPerSecond, slowdown) is not null)
            return requestsPerSecond;
        var low = 0.0;
        var high = requestsPerSecond;
        for (var i = 0; i < 20; i++)
        {
            var middle = (low + high) / 2;
            if (At(middle, slowdown) is null)
                high = middle;
            else
                low = middle;
        }
        return low;
    }

    /// <summary>Requests per second so few that none meets another.</summary>
    public const double NearlyIdle = 1e-3;

    /// <summary>The objective that is missed first as the rate grows past what the replica can do.</summary>
    public string WhatBinds(double requestsPerSecond, double slowdown)
    {
        if (At(requestsPerSecond, slowdown) is not { } latencies)
            return MostInFlight < (Split?.Decode ?? 1) * Deployment.Rules.MaximumSequences
                ? "memory for the cache"
                : "throughput";
        return Tightest(latencies, slowdown) is { Ratio: >= 0.9 } tightest ? tightest.What : "throughput";
    }

    /// <summary>The objective missed by most with slower steps; null when none is, or it cannot keep up.</summary>
    public ObjectiveMiss? MissAt(double requestsPerSecond, double slowdown)
    {
        return At(requestsPerSecond, slowdown) is { } latencies && Tightest(latencies, slowdown) is { Ratio: > 1 } miss
            ? miss
            : null;
    }

    /// <summary>The objective that some latencies are closest to missing, or miss by most; null when none is set.</summary>
    public ObjectiveMiss? Tightest(LatencyPercentiles latencies, double slowdown)
    {
        ObjectiveMiss? tightest = null;
        Consider("time to first token", objectives.Ttft, TtftWithError(latencies, slowdown));
        Consider("time per output token", objectives.Tpot, latencies.Tpot);
        Consider("end-to-end time", objectives.EndToEnd, latencies.EndToEnd);
        return tightest;

        void Consider(string what, LatencyObjective? objective, double seconds)
        {
            if (objective is not { } asked)
                return;
            var found = new ObjectiveMiss($"{what} {asked.Percentile}", new Duration(seconds), asked.Limit);
            if (tightest is null || found.Ratio > tightest.Value.Ratio)
                tightest = found;
        }
    }

    private bool Meets(double rate, double slowdown, double most)
    {
        if (At(rate, slowdown, most, out _) is not { } latencies)
            return false;
        return RatioTo(objectives.Ttft, TtftWithError(latencies, slowdown)) <= 1
            && RatioTo(objectives.Tpot, latencies.Tpot) <= 1
            && RatioTo(objectives.EndToEnd, latencies.EndToEnd) <= 1;
    }

    /// <summary>First tokens are less well predicted than steps, so they get the rest of their own factor.</summary>
    private double TtftWithError(LatencyPercentiles latencies, double slowdown) =>
        latencies.Ttft * Math.Pow(slowdown, Error.FirstTokenExponent - 1);

    private static double RatioTo(LatencyObjective? objective, double seconds) =>
        objective is { } limit ? seconds / limit.Limit.Seconds : 0;
}
