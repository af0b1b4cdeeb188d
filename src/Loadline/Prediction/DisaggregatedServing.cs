namespace Loadline.Prediction;

/// <summary>Replicas that only compute prompts or only decode.</summary>
/// <param name="Costs">What a request costs one of them.</param>
/// <param name="Replicas">How many there are.</param>
/// <param name="MostInFlight">Requests that one has room for.</param>
public readonly record struct ServingPool(StepCosts Costs, int Replicas, double MostInFlight);

/// <summary>
/// Steady state of serving with prefill and decode on devices of their own, without simulating it: decode steps are
/// not lengthened by prompts, prompts queue before the prefill replicas, and the cache travels between them.
/// </summary>
/// <remarks>
/// Patel et al., "Splitwise", ISCA 2024; Zhong et al., "DistServe", OSDI 2024. The queue before the prefill replicas is
/// M/D/k after Allen and Cunneen; in a closed loop whoever waits there does not decode, so the two pools share the
/// requests in flight.
/// </remarks>
/// <param name="prefill">Replicas for prompts.</param>
/// <param name="decode">Replicas for answers.</param>
/// <param name="requestOverheadSeconds">Time of a request outside the steps.</param>
/// <param name="transferSeconds">Time a prompt's cache takes from one pool to the other.</param>
public sealed class DisaggregatedServing(
    ServingPool prefill,
    ServingPool decode,
    double requestOverheadSeconds,
    double transferSeconds
)
{
    private const double MostPrefillUtilisation = 0.98;

    /// <summary>
    /// Share of the prompts of the others that a request waits for in a closed loop. Whoever keeps C requests in flight
    /// begins with all of them, and they come back in waves; random arrivals would wait for hardly any.
    /// </summary>
    /// <remarks>
    /// 0.1 of all C over the rate of the prefill pool, found on separate pools of DeepSeek-V3 on H200 and B200 and of
    /// Kimi-K2.5 on GB200 alike, under TensorRT-LLM and vLLM; a burst of C in ten requests for each user alone makes 0.05.
    /// </remarks>
    private const double MetShare = 0.1;
    private const int Halvings = 60;

    private readonly double tokens = Math.Max(1, decode.Costs.Request.OutputTokens - 1);
    private readonly double promptSeconds = prefill.Costs.Prefill(0);

    /// <summary>Prompts per second of all prefill replicas when they never idle.</summary>
    public double PrefillCapacity { get; } = prefill.Replicas * prefill.Costs.PromptsPerSecond();

    /// <summary>Steady state with always so many requests in flight in both pools together.</summary>
    public ServingPoint AtConcurrency(double inFlight)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inFlight, 1);
        var low = 0.0;
        var high = Math.Min(inFlight / decode.Replicas, decode.MostInFlight);
        for (var i = 0; i < Halvings; i++)
        {
            var middle = (low + high) / 2;
            if (Needed(middle, inFlight) < inFlight)
                low = middle;
            else
                high = middle;
        }
        var rate = RateOf(low);
        // Whoever does not decode is before or in a prefill; beyond what decoding has room for, before it.
        var outside = Math.Max(0, inFlight - low * decode.Replicas) / rate;
        return PointAt(inFlight, low, rate, Math.Max(InClosedLoop(rate, inFlight), outside));
    }

    /// <summary>Steady state at an arrival rate; null when one of the pools cannot keep up.</summary>
    /// <param name="requestsPerSecond">Requests that arrive per second.</param>
    /// <param name="burstiness">One over the squared coefficient of variation of the times between arrivals.</param>
    public ServingPoint? AtRate(double requestsPerSecond, double burstiness = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(requestsPerSecond, 0);
        if (
            requestsPerSecond >= MostPrefillUtilisation * PrefillCapacity
            || requestsPerSecond > RateOf(decode.MostInFlight)
        )
            return null;
        var low = 0.0;
        var high = decode.MostInFlight;
        for (var i = 0; i < Halvings; i++)
        {
            var middle = (low + high) / 2;
            if (RateOf(middle) < requestsPerSecond)
                low = middle;
            else
                high = middle;
        }
        var response = ResponseSeconds(requestsPerSecond, burstiness);
        return PointAt(high * decode.Replicas + requestsPerSecond * response, high, requestsPerSecond, response);
    }

    /// <summary>Requests per second that leave when every decode replica has so many, fractions being part of the time.</summary>
    private double RateOf(double decodingEach) =>
        decode.Replicas * decodingEach / (tokens * decode.Costs.Decode(Math.Max(1, decodingEach)));

    /// <summary>Requests in both pools when every decode replica has so many.</summary>
    private double Needed(double decodingEach, double inFlight)
    {
        var rate = RateOf(decodingEach);
        return rate >= MostPrefillUtilisation * PrefillCapacity
            ? double.PositiveInfinity
            : decode.Replicas * decodingEach + rate * InClosedLoop(rate, inFlight);
    }

    /// <summary>
    /// From arrival to the first token in a closed loop, where a request meets the load of the others, not its own.
    /// </summary>
    private double InClosedLoop(double rate, double inFlight)
    {
        var others = inFlight - 1;
        return ResponseSeconds(rate * others / inFlight, 1) + MetShare * others / PrefillCapacity;
    }

    /// <summary>From arrival to the first token at this rate.</summary>
    private double ResponseSeconds(double rate, double burstiness)
    {
        var utilisation = Math.Min(rate / PrefillCapacity, MostPrefillUtilisation);
        // Allen and Cunneen with constant service: rho^(sqrt(2 (k + 1)) - 1) / (k (1 - rho)) of a service, times half of
        // the squared variation of arrivals.
        var servers = prefill.Replicas * prefill.Costs.DataRanks;
        var wait =
            promptSeconds
            * Math.Pow(utilisation, Math.Sqrt(2.0 * (servers + 1)) - 1)
            / (2 * burstiness * servers * (1 - utilisation));
        return requestOverheadSeconds + promptSeconds + wait + transferSeconds;
    }

    private ServingPoint PointAt(double inFlight, double decodingEach, double rate, double response)
    {
        var step = decode.Costs.Decode(Math.Max(1, decodingEach));
        var alone = requestOverheadSeconds + promptSeconds + transferSeconds;
        return new ServingPoint
        {
            InFlight = inFlight,
            DecodingEach = decodingEach,
            RequestsPerSecond = rate,
            OutputTokensPerSecond = rate * decode.Costs.Request.OutputTokens,
            TpotSeconds = step,
            PrefillSeconds = alone,
            QueueSeconds = Math.Max(0, response - alone),
            StepWaitSeconds = 0,
            PrefillUtilisation = Math.Min(1, rate / PrefillCapacity),
        };
    }
}
