namespace Loadline.Quantization.Inference;

/// <summary>How a model normalizes.</summary>
public enum NormKind
{
    /// <summary>x / sqrt(mean(x^2) + e) times a weight. Zhang and Sennrich, arXiv 1910.07467.</summary>
    RootMeanSquare,

    /// <summary>The same times one plus the weight (Gemma).</summary>
    RootMeanSquarePlusOne,

    /// <summary>(x - mean) / sqrt(variance + e) times a weight, plus a bias. Ba et al., arXiv 1607.06450.</summary>
    Layer,
}

/// <summary>
/// What a model computes beside its tensors and mixers: the numbers and choices that an
/// <see cref="Loadline.Models.Architecture"/> does not carry, since they cost neither memory nor time.
/// </summary>
public sealed record InferenceSettings
{
    public required NormKind Norm { get; init; }

    public required double NormEpsilon { get; init; }

    public required Activation Activation { get; init; }

    /// <summary>True when gate and up projections multiply each other (SwiGLU, GeGLU).</summary>
    public required bool IsGated { get; init; }

    /// <summary>Rotary positions; null for models with a table of positions.</summary>
    public RopeSettings? Rope { get; init; }

    /// <summary>Rows of the table of positions before that of position 0; 2 in OPT.</summary>
    public int PositionOffset { get; init; }

    /// <summary>True when norms come after the residual sum, as in OPT-350m.</summary>
    public bool NormAfterSum { get; init; }

    /// <summary>Width that scores are divided by the root of; null for the head size.</summary>
    public double? QueryScale { get; init; }

    /// <summary>Bound of attention scores; null for none.</summary>
    public double? AttentionSoftCap { get; init; }

    /// <summary>Bound of logits; null for none.</summary>
    public double? LogitSoftCap { get; init; }

    /// <summary>What embeddings are multiplied by; the root of the hidden size in Gemma.</summary>
    public double EmbeddingScale { get; init; } = 1;

    /// <summary>
    /// How the experts of a token are weighed: true for a softmax over the chosen ones (Mixtral, or Qwen with
    /// <c>norm_topk_prob</c>, which is the same), false for their share of a softmax over all.
    /// </summary>
    public bool NormalizesExperts { get; init; }
}
