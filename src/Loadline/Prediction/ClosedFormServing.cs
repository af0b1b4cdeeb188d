using Loadline.Quantities;

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
public sealed class ClosedFormServing(Step step, Deployment deployment, RequestShape request)
{
    private const double MostPrefillUtilisation = 0.98;

    private readonly int chunk = deployment.Rules.MaximumBatchedTokens;

    /// <summary>Steady state with always so many requests in flight.</summary>
    public ServingPoint AtConcurrency(double inFlight)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inFlight, 1);
        var decode = DecodeStep(inFlight);
        var marginal = MarginalPrefill(inFlight);

        // Closed loop: every request decodes for OutputTokens steps and meets the prefills of the C - 1 others.
        var others = inFlight - 1;
        var cycle = request.OutputTokens * decode + others * marginal;
        var rate = inFlight / (cycle + marginal);
        return PointAt(inFlight, rate, decode, marginal, cycle / request.OutputTokens);
    }

    /// <summary>
    /// Steady state at an arrival rate; null when the replica cannot keep up with at most so many requests in flight.
    /// </summary>
    public ServingPoint? AtRate(double requestsPerSecond, double mostInFlight)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(requestsPerSecond, 0);
        if (mostInFlight < 1 || Excess(mostInFlight, requestsPerSecond) > 0)
            return null;

        // In flight = rate x time in the system (Little). The excess falls with C once C is large enough to be
        // feasible, so the smallest root is bracketed by doubling and then bisected.
        const double Tolerance = 1e-3;
        var low = 0.0;
        var high = Math.Min(1, mostInFlight);
        while (high < mostInFlight && Excess(high, requestsPerSecond) > 0)
        {
            low = high;
            high = Math.Min(high * 2, mostInFlight);
        }
        while (high - low > Tolerance * high)
        {
            var middle = (low + high) / 2;
            if (Excess(middle, requestsPerSecond) > 0)
                low = middle;
            else
                high = middle;
        }

        var decode = DecodeStep(high);
        var marginal = MarginalPrefill(high);
        var utilisation = requestsPerSecond * marginal;
        return PointAt(high, requestsPerSecond, decode, marginal, decode / (1 - utilisation));
    }

    /// <summary>A percentile of the wait before the first prefill step, as the exponential tail gives it.</summary>
    public static double WaitPercentile(in ServingPoint point, double probability)
    {
        var utilisation = point.PrefillUtilisation;
        if (utilisation <= 0)
            return point.MeanWaitSeconds;
        var decodeStep = point.TpotSeconds * (1 - utilisation);
        var queueing = Math.Max(0, point.MeanWaitSeconds - decodeStep / 2);
        // P(wait > t) = rho exp(-t / m) with mean rho m.
        var exceeding = utilisation / (1 - probability);
        var tail = exceeding <= 1 ? 0 : queueing / utilisation * Math.Log(exceeding);
        return decodeStep * probability + tail;
    }

    /// <summary>Prefill of a prompt alone on the replica, chunk by chunk, request overhead included.</summary>
    public double PrefillSeconds(double promptTokens, double decoding = 0)
    {
        var seconds = deployment.Rules.RequestOverhead.Seconds;
        var context = request.CachedPrefixTokens;
        for (var left = Math.Max(1, promptTokens - context); left > 0; left -= chunk)
        {
            var tokens = Math.Min(left, chunk);
            seconds += step.TimeOf(new StepShape(tokens, context, 1, decoding, request.MeanContext)).Seconds;
            context += tokens;
        }
        return seconds;
    }

    private double DecodeStep(double inFlight) => step.TimeOf(StepShape.Decode(inFlight, request.MeanContext)).Seconds;

    /// <summary>Time by which one request's prefill lengthens the steps of the others.</summary>
    private double MarginalPrefill(double inFlight)
    {
        var others = Math.Max(0, inFlight - 1);
        var seconds = 0.0;
        var context = request.CachedPrefixTokens;
        var decode = others > 0 ? step.TimeOf(StepShape.Decode(others, request.MeanContext)).Seconds : 0;
        for (var left = request.ComputedPromptTokens; left > 0; left -= chunk)
        {
            var tokens = Math.Min(left, chunk);
            seconds += step.TimeOf(new StepShape(tokens, context, 1, others, request.MeanContext)).Seconds - decode;
            context += tokens;
        }
        return seconds;
    }

    private double Excess(double inFlight, double rate)
    {
        var marginal = MarginalPrefill(inFlight);
        var utilisation = rate * marginal;
        if (utilisation >= MostPrefillUtilisation)
            return double.PositiveInfinity;
        var tpot = DecodeStep(inFlight) / (1 - utilisation);
        var inSystem =
            PrefillSeconds(request.PromptTokens, inFlight - 1 > 0 ? inFlight - 1 : 0) + request.OutputTokens * tpot;
        return rate * inSystem - inFlight;
    }

    private ServingPoint PointAt(double inFlight, double rate, double decode, double marginal, double tpot)
    {
        var utilisation = Math.Min(rate * marginal, MostPrefillUtilisation);
        // Prompts vary in length; with an exponential spread the second moment of the service is 2 D^2.
        var queueing = utilisation * marginal / (1 - utilisation);
        var residual = inFlight > 1 ? decode / 2 : 0;
        return new ServingPoint
        {
            InFlight = inFlight,
            RequestsPerSecond = rate,
            OutputTokensPerSecond = rate * request.OutputTokens,
            TpotSeconds = tpot,
            PrefillSeconds = PrefillSeconds(request.PromptTokens, Math.Max(0, inFlight - 1)),
            MeanWaitSeconds = inFlight > 1 ? queueing + residual : 0,
            PrefillUtilisation = utilisation,
        };
    }
}
