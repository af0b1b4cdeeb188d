namespace Loadline.Prediction;

/// <summary>Mean lengths of requests, and of the part of the prompt that is in the cache already.</summary>
/// <param name="PromptTokens">Tokens of the prompt, cached prefix included.</param>
/// <param name="OutputTokens">Tokens generated.</param>
/// <param name="CachedPrefixTokens">Prompt tokens whose keys and values need not be computed again.</param>
public readonly record struct RequestShape(double PromptTokens, double OutputTokens, double CachedPrefixTokens = 0)
{
    public double ComputedPromptTokens => Math.Max(1, PromptTokens - CachedPrefixTokens);

    /// <summary>Cached tokens of a decoding sequence, on average halfway through its answer.</summary>
    public double MeanContext { get; init; } = PromptTokens + OutputTokens / 2;
}

/// <summary>Mean behaviour of one replica under a steady load.</summary>
/// <remarks>Seconds, requests and tokens; no intervals, which the caller adds once per deployment.</remarks>
public readonly record struct ServingPoint
{
    /// <summary>Requests decoding or in prefill at a time.</summary>
    public required double InFlight { get; init; }

    /// <summary>Requests that one replica decodes at a time; those in flight where there is only one.</summary>
    public double DecodingEach
    {
        get => field > 0 ? field : InFlight;
        init;
    }

    /// <summary>Requests finished per second.</summary>
    public required double RequestsPerSecond { get; init; }

    public required double OutputTokensPerSecond { get; init; }

    /// <summary>Time between output tokens, the first one excluded.</summary>
    public required double TpotSeconds { get; init; }

    /// <summary>Prefill without any wait, the engine's work per request included.</summary>
    public required double PrefillSeconds { get; init; }

    /// <summary>Mean wait for the prefills of others.</summary>
    public required double QueueSeconds { get; init; }

    /// <summary>Mean wait for the rest of the running step and for those queued behind it.</summary>
    public required double StepWaitSeconds { get; init; }

    /// <summary>A step between prompts, of which an arrival finds any part still to run.</summary>
    public double StepSeconds { get; init; }

    /// <summary>Share of the time spent on prefill.</summary>
    public required double PrefillUtilisation { get; init; }

    public double TtftSeconds => PrefillSeconds + QueueSeconds + StepWaitSeconds;

    /// <summary>A percentile of the wait: P(queue > t) = rho exp(-t / m) with mean rho m, after most of a step.</summary>
    public double WaitPercentile(double probability)
    {
        var step = StepWaitSeconds <= 0 ? 0 : StepWaitSeconds + (probability - 0.5) * StepSeconds;
        var exceeding = PrefillUtilisation / (1 - probability);
        return exceeding <= 1 ? step : step + QueueSeconds / PrefillUtilisation * Math.Log(exceeding);
    }
}
