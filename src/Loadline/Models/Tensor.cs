using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>What a tensor does, which decides whether it is quantized, how it is sharded and what work it causes.</summary>
public enum TensorRole
{
    TokenEmbedding,
    PositionEmbedding,

    /// <summary>A dense matrix multiplied by every token.</summary>
    Linear,

    /// <summary>A matrix of one expert, multiplied by the tokens routed to it.</summary>
    Expert,
    Router,

    /// <summary>The output embedding, multiplied by the tokens that are sampled.</summary>
    Head,
    Norm,
    Bias,

    /// <summary>Convolutions, decay rates and other small tensors that no engine quantizes.</summary>
    Small,
}

/// <summary>The part of a model a tensor belongs to; only <see cref="Language"/> counts as the language model.</summary>
public enum ModelPart
{
    Language,

    /// <summary>Multi-token-prediction layers, loaded only for speculative decoding.</summary>
    Mtp,
    Vision,
    Audio,
    Projector,
}

/// <summary>How tensor parallelism splits a tensor.</summary>
public enum Sharding
{
    Replicated,

    /// <summary>By output features (the rows of the stored matrix).</summary>
    Output,

    /// <summary>By input features (the columns of the stored matrix).</summary>
    Input,

    /// <summary>By output features, but not finer than one key-value head: ranks beyond that hold copies.</summary>
    KvHeads,

    /// <summary>Experts: whole experts under expert parallelism, the intermediate size under tensor parallelism.</summary>
    Experts,
}

/// <summary>
/// One weight of an architecture, or the same weight repeated over layers and experts. The description of every
/// family is a list of these; parameters, bytes, operations and shards are all read off it.
/// </summary>
/// <param name="Name">Checkpoint name; <c>{layer}</c> and <c>{expert}</c> stand for the repeats.</param>
/// <param name="Shape">As stored: output features first, then input features, unless <see cref="InputFirst"/>.</param>
/// <param name="Role">What it does.</param>
public sealed record Tensor(string Name, ImmutableArray<long> Shape, TensorRole Role)
{
    public ModelPart Part { get; init; } = ModelPart.Language;

    public Sharding Sharding { get; init; }

    /// <summary>
    /// The layers that have it, counted within its part; empty for a tensor outside the layers. Layers of
    /// <see cref="ModelPart.Mtp"/> go on counting after the language model's where their checkpoint does.
    /// </summary>
    public ImmutableArray<int> Layers { get; init; } = [];

    /// <summary>Experts per layer; 1 for what is not an expert.</summary>
    public int Experts { get; init; } = 1;

    /// <summary>Experts a token is routed to; equal to <see cref="Experts"/> for what every token uses.</summary>
    public int ActiveExperts { get; init; } = 1;

    /// <summary>The tensor this one is a second name for; such a tensor adds no parameters.</summary>
    public string? TiedTo { get; init; }

    /// <summary>Matrices of one layer with the same group read the same input and run as one multiplication.</summary>
    public string? Group { get; init; }

    /// <summary>True when one stored tensor holds all experts in its first dimension (gpt-oss, Llama 4).</summary>
    public bool ExpertsInShape => Experts > 1 && !Name.Contains("{expert}", StringComparison.Ordinal);

    /// <summary>True for a matrix stored as input x output: GPT-2's Conv1D and the fused experts of some families.</summary>
    public bool InputFirst { get; init; }

    /// <summary>Features the matrix reads; meaningless for what is not a matrix.</summary>
    public long InputFeatures =>
        Shape.Length < 2 ? Shape[0]
        : InputFirst ? Shape[^2]
        : Shape[^1];

    /// <summary>Features the matrix writes; meaningless for what is not a matrix.</summary>
    public long OutputFeatures =>
        Shape.Length < 2 ? Shape[0]
        : InputFirst ? Shape[^1]
        : Shape[^2];

    /// <summary>Elements of one stored tensor.</summary>
    public long Count
    {
        get
        {
            var count = 1L;
            foreach (var dimension in Shape)
                count *= dimension;
            return count;
        }
    }

    /// <summary>How many stored tensors share this description.</summary>
    public long Copies => Math.Max(1, Layers.Length) * (long)(ExpertsInShape ? 1 : Experts);

    /// <summary>Parameters of all copies; 0 for a tied tensor, which is counted under its own name.</summary>
    public long Parameters => TiedTo is null ? Count * Copies : 0;

    /// <summary>Parameters that one token touches.</summary>
    public long ActiveParameters => Parameters / Experts * ActiveExperts;

    /// <summary>True for the matrices that quantization recipes convert.</summary>
    public bool IsQuantizable => Role is TensorRole.Linear or TensorRole.Expert && Shape.Length >= 2;
}
