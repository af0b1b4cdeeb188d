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
    private readonly double queuedShare = (scheduling ?? new EngineScheduling()).QueuedPrefillShare;

    public ClosedFormServing(StepCosts costs, Deployment deployment)
        : this(costs, deployment.Rules.RequestOverhead.Seconds, deployment.Engine.Scheduling) { }

    /// <summary>Steady state with always so many requests in flight.</summary>
    public ServingPoint AtConcurrency(double inFlight)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inFlight, 1);
        var decode = costs.Decode(inFlight);
        var others = inFlight - 1;
        var marginal = costs.Marginal(others);
        var tokens = Math.Max(1, request.OutputTokens - 1);
        var prefill = requestOverheadSeconds + costs.Prefill(others);
        var stepWait = StepWait(inFlight, decode);

        // Closed loop: between two of its own prefills a request meets one of each of the C - 1 others. It waits for
        // some before its own; the rest rides along with its decode steps as far as their budget of tokens allows.
        var met = Met(inFlight, marginal, tokens * decode + prefill + stepWait);
        var riding = Math.Min((1 - queuedShare) * met, tokens * costs.LargestMarginal(others));
        var queued = met - riding;
        var rate = inFlight / (tokens * decode + riding + queued + prefill + stepWait);
        return PointAt(inFlight, rate, decode, marginal, decode + riding / tokens) with { QueueSeconds = queued };
    }

    /// <summary>
    /// Time that the prefills of others take while a request is in the system. With data-parallel ranks it depends on
    /// the time in the system, which depends on it.
    /// </summary>
    private double Met(double inFlight, double marginal, double ownSeconds)
    {
        var serial = (inFlight - 1) * marginal;
        if (costs.DataRanks == 1 || serial <= 0)
            return serial;

        const int Halvings = 50;
        var low = 0.0;
        var high = serial;
        for (var i = 0; i < Halvings; i++)
        {
            var met = (low + high) / 2;
            var cycle = ownSeconds + met;
            if (cycle * Utilisation(inFlight / cycle, marginal) - marginal > met)
                low = met;
            else
                high = met;
        }
        return (low + high) / 2;
    }

    /// <summary>
    /// Share of the time that some rank spends on prefill. Data-parallel ranks stop for each other's prefills, but those
    /// that coincide stop them once: if each spends a share f on its own, that is 1 - (1 - f)^n.
    /// </summary>
    private double Utilisation(double rate, double marginal)
    {
        var ranks = costs.DataRanks;
        return ranks == 1 ? rate * marginal : 1 - Math.Pow(Math.Max(0, 1 - rate * marginal / ranks), ranks);
    }

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
        if (mostInFlight < 1 || Excess(mostInFlight, requestsPerSecond) > 0)
            return null;

        // In flight = rate x time in the system (Little). The smallest C at which the replica keeps up is bracketed
        // by doubling and then bisected.
        const double Tolerance = 1e-3;
        const double Least = 1e-12;
        var low = 0.0;
        var high = Math.Min(1, mostInFlight);
        while (high < mostInFlight && Excess(high, requestsPerSecond) > 0)
        {
            low = high;
            high = Math.Min(high * 2, mostInFlight);
        }
        while (high - low > Math.Max(Least, Tolerance * high))
        {
            var middle = (low + high) / 2;
            if (Excess(middle, requestsPerSecond) > 0)
                low = middle;
            else
                high = middle;
        }

        // Below one request in flight on average, a request that runs at all still runs whole steps.
        var decode = costs.Decode(Math.Max(1, high));
        var marginal = costs.Marginal(Others(high));
        var tpot = decode / (1 - Utilisation(requestsPerSecond, marginal));
        var point = PointAt(high, requestsPerSecond, decode, marginal, tpot);
        // Allen and Cunneen: a queue is (c_a^2 + c_s^2) / 2 of the one with random arrivals; prompts spread with c_s = 1.
        return point with { QueueSeconds = point.QueueSeconds * (1 / burstiness + 1) / 2 };
    }

    private static double Others(double inFlight) => Math.Max(0, inFlight - 1);

    private double Excess(double inFlight, double rate)
    {
        var marginal = costs.Marginal(Others(inFlight));
        var utilisation = Utilisation(rate, marginal);
        if (utilisation >= MostPrefillUtilisation)
            return double.PositiveInfinity;
        var tpot = costs.Decode(Math.Max(1, inFlight)) / (1 - utilisation);
        var prefill = marginal + costs.Chunks * costs.Decode(Others(inFlight));
        var inSystem = requestOverheadSeconds + prefill + Math.Max(0, request.OutputTokens - 1) * tpot;
        return rate * inSystem - inFlight;
    }

    /// <summary>An arrival finds a step running and waits on average for half of it.</summary>
    private static double StepWait(double inFlight, double decode) => inFlight > 1 ? decode / 2 : 0;

    private ServingPoint PointAt(double inFlight, double rate, double decode, double marginal, double tpot)
    {
        var utilisation = Math.Min(Utilisation(rate, marginal), MostPrefillUtilisation);
        // Prompts vary in length; with an exponential spread the second moment of the service is 2 D^2.
        var queueing = utilisation * marginal / (1 - utilisation);
        var waits = inFlight > 1;
        return new ServingPoint
        {
            InFlight = inFlight,
            RequestsPerSecond = rate,
            OutputTokensPerSecond = rate * request.OutputTokens,
            TpotSeconds = tpot,
            PrefillSeconds = requestOverheadSeconds + costs.Prefill(Others(inFlight)),
            QueueSeconds = waits ? queueing : 0,
            StepWaitSeconds = StepWait(inFlight, decode),
            PrefillUtilisation = utilisation,
        };
    }
}
