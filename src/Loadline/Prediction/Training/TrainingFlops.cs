using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>How attention between tokens is counted.</summary>
public enum AttentionCount
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Each token with those up to itself: 6 L d s per token, forward and backward.</summary>
    Causal,

    /// <summary>Each token with all, as if nothing were masked: 12 L d s.</summary>
    Full,
}

/// <summary>
/// A way of counting the operations of training. Utilisations are comparable only under the same one, so each has a name.
/// </summary>
/// <param name="Name">As tables print it.</param>
/// <param name="Attention">Which pairs of tokens count.</param>
/// <param name="CountsInputEmbedding">A table that is only looked up counts as if it were multiplied.</param>
public sealed record FlopConvention(string Name, AttentionCount Attention, bool CountsInputEmbedding)
{
    /// <summary>6 for forward and backward with weight gradients, 4 where the weights are frozen.</summary>
    public int PerParameter { get; init; } = 6;

    /// <summary>The first multi-token-prediction layer counts.</summary>
    public bool CountsPredictionLayer { get; init; }

    /// <summary>What full checkpointing computes again counts: hardware utilisation (HFU) instead of model (MFU).</summary>
    public bool CountsRecompute { get; init; }

    /// <summary>6 N. Kaplan et al., arXiv 2001.08361, section 2.1.</summary>
    public static readonly FlopConvention SixN = new("6N", AttentionCount.None, false);

    /// <summary>4 N: forward and the gradients of activations, for adapters beside frozen weights.</summary>
    public static readonly FlopConvention FourN = SixN with { Name = "4N", PerParameter = 4 };

    /// <summary>6 N + 12 L d s with the embedding in N. Chowdhery et al., PaLM, arXiv 2204.02311, appendix B; llm-foundry.</summary>
    public static readonly FlopConvention Palm = new("6N+12Lds, N with embeddings", AttentionCount.Full, true);

    /// <summary>6 N + 12 L d s without the embedding. Narayanan et al., arXiv 2104.04473; NeMo 24, MaxText to 2024.</summary>
    public static readonly FlopConvention Megatron = new(
        "6N+12Lds, N without input embedding",
        AttentionCount.Full,
        false
    );

    /// <summary>6 N + 6 L d s without the embedding: Megatron-Bridge.</summary>
    public static readonly FlopConvention Causal = new(
        "6N+6Lds, N without input embedding",
        AttentionCount.Causal,
        false
    );

    /// <summary>The same with the first multi-token-prediction layer: Megatron-Bridge's tables of DeepSeek-V3.</summary>
    public static readonly FlopConvention CausalWithPrediction = Causal with
    {
        Name = "6N+6Lds, N without input embedding, one prediction layer",
        CountsPredictionLayer = true,
    };

    /// <summary>Hardware operations under full checkpointing, 8 N + 8 L d s.</summary>
    public static readonly FlopConvention Hardware = Causal with
    {
        Name = "8N+8Lds, N without input embedding",
        CountsRecompute = true,
    };

    public static IReadOnlyList<FlopConvention> All =>
        [SixN, FourN, Palm, Megatron, Causal, CausalWithPrediction, Hardware];
}

/// <summary>Operations of training a token, under a named convention.</summary>
public static class TrainingFlops
{
    /// <summary>Operations per token of sequences of so many tokens.</summary>
    public static Flops PerToken(Architecture architecture, double length, FlopConvention convention)
    {
        var parameters = (double)architecture.Tensors.ActiveParameters;
        if (!convention.CountsInputEmbedding)
            parameters -= InputEmbedding(architecture);
        var width = architecture.Layers.Sum(WidthOf);
        if (convention.CountsPredictionLayer)
        {
            parameters += FirstPredictionLayer(architecture);
            width += WidthOf(architecture.Layers[^1]);
        }
        var pairs = convention.Attention switch
        {
            AttentionCount.Causal => 1.0,
            AttentionCount.Full => 2.0,
            _ => 0,
        };
        var once = convention.PerParameter * (parameters + pairs * width * length);
        return new Flops(convention.CountsRecompute ? once * 4 / 3 : once);
    }

    /// <summary>Model utilisation: operations per second over what the datasheet says.</summary>
    public static double Utilisation(Flops perToken, double tokensPerSecond, FlopRate peak) =>
        perToken.Count * tokensPerSecond / peak.PerSecond;

    /// <summary>The table of input embeddings and positions, unless it is the output embedding as well.</summary>
    private static double InputEmbedding(Architecture architecture)
    {
        var tensors = architecture.Tensors.Tensors;
        var isTied = tensors.Any(tensor =>
            tensor is { Part: ModelPart.Language, Role: TensorRole.Head, TiedTo: not null }
        );
        return tensors
            .Where(tensor =>
                tensor is { Part: ModelPart.Language, Role: TensorRole.TokenEmbedding } && !isTied
                || tensor is { Part: ModelPart.Language, Role: TensorRole.PositionEmbedding }
            )
            .Sum(tensor => (double)tensor.Parameters);
    }

    /// <summary>Matrices of the first prediction layer, and the output embedding it uses again.</summary>
    private static double FirstPredictionLayer(Architecture architecture)
    {
        var own = architecture.Tensors.Tensors.Where(tensor => tensor.Part == ModelPart.Mtp).ToList();
        if (own.Count == 0)
            return 0;
        var first = own.SelectMany(tensor => tensor.Layers).DefaultIfEmpty(0).Min();
        return own.Where(tensor =>
                    tensor.Role is TensorRole.Linear or TensorRole.Expert or TensorRole.Router
                    && (tensor.Layers.IsEmpty || tensor.Layers.Contains(first))
                )
                .Sum(tensor => (double)tensor.ActiveParameters / Math.Max(1, tensor.Layers.Length))
            + (double)architecture.VocabularySize * architecture.HiddenSize;
    }

    /// <summary>d of L d s: heads times the mean of what a score and what a value take.</summary>
    private static double WidthOf(Mixer layer) =>
        layer switch
        {
            Mixer.Parallel both => WidthOf(both.Softmax),
            _ => AttentionWork.Of(layer, 1) is { } work ? work.PrefillFlops / 4 : 0,
        };
}
