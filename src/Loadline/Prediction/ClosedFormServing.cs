using Loadline.Catalog;

namespace Loadline.Prediction;

/// <summary>
/// Steady state of continuous batching without simulating it. A request costs its marginal prefill time D once and
/// takes part in decode steps of g(C) seconds; while others prefill, decoding waits for them.
/// </summary>
/// <remarks>
/// The prefill share of time is rho = rate x D, so a token takes g / (1 - rho). Waiting for prefills is the M/G/1
/// queue (Pollaczek and Khinchine) with the prefill as service; an arrival also waits for the rest of the running
/// step. Percentiles of the wait take its tail as exponential, the heavy-traffic form. Evidence of percentiles is
/// therefore Assumed until they are simulated.
/// </remarks>
/// <param name="costs">What a request costs the replica.</param>
/// <param name="requestOverheadSeconds">Time of a request outside the steps.</param>
/// <param name="scheduling">How the engine mixes prompts with decoding; null for what most do.</param>
public sealed class ClosedFormServing(
    StepCosts costs,
    double requestOverheadSeconds,
    EngineScheduling? scheduling = null
)
{
    private const double MostPrefillUtilisation = 0.98;

    private readonly RequestShape request = costs.Request;
    private readonly double stepsBefore = (scheduling ?? EngineScheduling.Usual).StepsBeforeFirstToken;
    private readonly double queuedShare = (scheduling ?? EngineScheduling.Usual).QueuedPrefillShare;

    public ClosedFormServing(StepCosts costs, Deployment deployment)
        : this(costs, deployment.Rules.RequestOverhead.Seconds, deployment.Engine.Scheduling) { }

    /// <summary>Steady state with always so many requests in flight.</summary>
    public ServingPoint AtConcurrency(double inFlight)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inFlight, 1);
        var decode = costs.Decode(inFlight);
        var others = inFlight - 1;
        var marginal = costs.Marginal(others);
        var tokens = Math.Max(0, request.OutputTokens - 1);
        var prefill = requestOverheadSeconds + costs.Prefill(others);
        var stepWait = Math.Clamp(inFlight - 1, 0, 1) * stepsBefore * decode;

        // Closed loop: between two of its own prefills a request meets those of the C - 1 others, each once. It waits for
        // some before its own; the rest rides along with its decode steps as far as their budget of tokens allows.
        var steps = Math.Max(1, tokens);
        var prompts = PromptsPerStep(inFlight / costs.DataRanks / steps);
        var met = Math.Max(0, steps * prompts - 1) * marginal;
        var riding = Math.Min((1 - queuedShare) * met, tokens * costs.LargestMarginal(others));
        var queued = met - riding;
        var rate = inFlight / (tokens * decode + riding + queued + prefill + stepWait);
        var tpot = tokens > 0 ? decode + riding / tokens : decode;
        return PointAt(inFlight, rate, decode, marginal, tpot) with
        {
            QueueSeconds = queued,
            StepWaitSeconds = stepWait,
        };
    }

    /// <summary>
    /// Prompts by which a step is lengthened when so many start on each rank in a step. Ranks around one set of experts
    /// wait for the one with the most: of Poisson numbers the largest of n is at least one with probability
    /// 1 - exp(-n m), and about sqrt(2 ln n) standard deviations above the mean m. What is counted are the pieces a prompt
    /// is computed in, and no rank takes more of them than its budget of tokens. Ranks that share nothing do not wait.
    /// </summary>
    private double PromptsPerStep(double onEachRank)
    {
        var ranks = costs.RanksThatWait;
        if (ranks == 1)
            return onEachRank;
        var piece = Math.Min(1, costs.PromptsInBudget);
        var mean = onEachRank / piece;
        var any = 1 - Math.Exp(-ranks * mean);
        var most = mean + Math.Sqrt(2 * Math.Log(ranks) * mean);
        var largest = Math.Max(any, Math.Min(ranks * mean, most));
        return Math.Max(onEachRank, Math.Min(largest * piece, costs.PromptsInBudget));
    }

    /// <summary>
    /// Time between tokens when prompts arrive at a rate: steps are lengthened by those that start while they run.
    /// </summary>
    private double TimePerToken(double rate, double decode, double marginal)
    {
        var onEachRank = rate / costs.DataRanks;
        if (costs.RanksThatWait == 1)
            return decode / (1 - onEachRank * marginal);

        const int Rounds = 200;
        const double Tolerance = 1e-9;
        var time = decode;
        for (var round = 0; round < Rounds; round++)
        {
            var next = decode + PromptsPerStep(onEachRank * time) * marginal;
            if (next - time < Tolerance * time)
                break;
            time = next;
        }
        return time;
    }

    /// <summary>Share of its time that a rank spends on prompts of its own.</summary>
    private double Utilisation(double rate, double marginal) => rate * marginal / costs.DataRanks;

    /// <summary>
    /// Steady state at an arrival rate; null when the replica cannot keep up with at most so many requests in flight.
    /// </summary>
    /// <param name="requestsPerSecond">Requests that arrive per second.</param>
    /// <param name="mostInFlight">Requests that run together at most.</param>
    /// <param name="burstiness">
    /// One over the squared coefficient of variation of the times between arrivals: 1 at random, less in bursts.
    /// </param>
    public ServingPoint? AtRate(double requestsPerSecond, double mostInFlight, double burstiness = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(requestsPerSecond, 0);
        if (mostInFlight < 1 || Excess(mostInFlight, requestsPerSecond, Seen(mostInFlight)) > 0)
            return null;

        // In flight = rate x time in the system (Little). The smallest C at which the replica keeps up is bracketed
        // by doubling and then bisected.
        const double Tolerance = 1e-3;
        const double Least = 1e-12;
        var low = 0.0;
        var high = Math.Min(1, mostInFlight);
        while (high < mostInFlight && Excess(high, requestsPerSecond, Seen(high)) > 0)
        {
            low = high;
            high = Math.Min(high * 2, mostInFlight);
        }
        while (high - low > Math.Max(Least, Tolerance * high))
        {
            var middle = (low + high) / 2;
            if (Excess(middle, requestsPerSecond, Seen(middle)) > 0)
                low = middle;
            else
                high = middle;
        }

        // Below one request in flight on average, a request that runs at all still runs whole steps.
        var seen = Seen(high);
        var decode = costs.Decode(seen);
        var marginal = costs.Marginal(Others(seen));
        var tpot = TimePerToken(requestsPerSecond, decode, marginal);
        var point = PointAt(high, requestsPerSecond, decode, marginal, tpot);
        // Allen and Cunneen: a queue is (c_a^2 + c_s^2) / 2 of the one with random arrivals; prompts spread with c_s = 1.
        return point with { QueueSeconds = point.QueueSeconds * (1 / burstiness + 1) / 2 };

        // A request runs beside what it finds on arrival: as many as there are on average where arrivals are at random
        // (Wolff, "Poisson arrivals see time averages", 1982), one less where they are even, more where they are clumped.
        double Seen(double inFlight) =>
            Math.Min(1 + inFlight + (1 / burstiness - 1) * Math.Min(1, inFlight), Math.Max(1, mostInFlight));
    }

    private static double Others(double inFlight) => Math.Max(0, inFlight - 1);

    private double Excess(double inFlight, double rate, double seen)
    {
        var marginal = costs.Marginal(Others(seen));
        var utilisation = Utilisation(rate, marginal);
        if (utilisation >= MostPrefillUtilisation)
            return double.PositiveInfinity;
        var tpot = TimePerToken(rate, costs.Decode(seen), marginal);
        var prefill = marginal + costs.Chunks * costs.Decode(Others(seen));
        var inSystem = requestOverheadSeconds + prefill + Math.Max(0, request.OutputTokens - 1) * tpot;
        return rate * inSystem - inFlight;
    }

    private ServingPoint PointAt(double inFlight, double rate, double decode, double marginal, double tpot)
    {
        var utilisation = Math.Min(Utilisation(rate, marginal), MostPrefillUtilisation);
        return new ServingPoint
        {
            InFlight = inFlight,
            RequestsPerSecond = rate,
            OutputTokensPerSecond = rate * request.OutputTokens,
            TpotSeconds = tpot,
            PrefillSeconds = requestOverheadSeconds + costs.Prefill(Others(inFlight)),
            // Prompts vary in length; with an exponential spread the second moment of the service is 2 D^2.
            QueueSeconds = utilisation * marginal / (1 - utilisation),
            // An arrival that finds a step running waits on average for half of it, and for what is queued behind it.
            StepWaitSeconds = Math.Min(1, inFlight) * stepsBefore * decode,
            StepSeconds = decode,
            PrefillUtilisation = utilisation,
        };
    }
}
