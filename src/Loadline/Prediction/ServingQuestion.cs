using Loadline.Catalog;

namespace Loadline.Prediction;

/// <summary>A question about time; concurrency and rate exclude each other.</summary>
public sealed record ServingQuestion
{
    public required FitQuestion Fit { get; init; }
    public required long PromptTokens { get; init; }
    public required long OutputTokens { get; init; }

    /// <summary>Prompt tokens whose keys and values the engine has in its cache already.</summary>
    public long CachedPrefixTokens { get; init; }

    /// <summary>Requests always in flight; null with a rate means as many as the rate makes.</summary>
    public long? Concurrency { get; init; }

    /// <summary>Requests per second that arrive whether or not earlier ones are done.</summary>
    public double? Rate { get; init; }

    /// <summary>
    /// How regularly they arrive: 1 at random (Poisson), less in bursts, more evenly. The squared coefficient of
    /// variation of the times between arrivals is one over it, as in the load generators of vLLM and SGLang.
    /// </summary>
    public double Burstiness { get; init; } = 1;

    /// <summary>False recomputes the whole context for every token.</summary>
    public bool KvCache { get; init; } = true;

    /// <summary>
    /// Tokens drafted for each step, by <see cref="FitQuestion.Draft"/> or the model's own prediction layer; 0 for none.
    /// </summary>
    public int DraftTokens { get; init; }

    /// <summary>Probability that a draft is accepted when those before it were.</summary>
    public double Acceptance { get; init; }

    /// <summary>Devices that only compute prompts; null when the same devices do both.</summary>
    public PrefillPool? Prefill { get; init; }
}

/// <summary>Devices that only compute prompts, and how many replicas of either kind there are.</summary>
/// <param name="Hardware">Devices of one prefill replica.</param>
/// <param name="Replicas">Prefill replicas.</param>
/// <param name="DecodeReplicas">Replicas of the hardware asked about, which then only decode.</param>
public sealed record PrefillPool(HardwareSpec Hardware, int Replicas, int DecodeReplicas);
