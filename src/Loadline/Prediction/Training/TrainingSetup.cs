using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>Which parameters learn.</summary>
public enum TrainingMethod
{
    /// <summary>All of them, from nothing.</summary>
    Pretrain,

    /// <summary>All of them, from a trained model.</summary>
    Full,

    /// <summary>Those of the last layers; what lies before needs no gradients.</summary>
    Freeze,

    /// <summary>Two thin matrices beside each targeted one. Hu et al., arXiv 2106.09685.</summary>
    Lora,

    /// <summary>LoRA with a learned length of every output. Liu et al., arXiv 2402.09353.</summary>
    Dora,

    /// <summary>LoRA beside weights that are quantized and frozen. Dettmers et al., arXiv 2305.14314.</summary>
    QLora,
}

/// <summary>What moves the parameters, which decides the states it keeps.</summary>
public enum TrainingOptimizer
{
    AdamW,

    /// <summary>AdamW whose two moments take a byte each, with a scale per 256.</summary>
    AdamW8Bit,
    Adafactor,
    Lion,
    Muon,
    Momentum,
    Sgd,
}

/// <summary>In what types parameters that learn are kept.</summary>
public enum StatePrecision
{
    /// <summary>16-bit weights, 32-bit gradients, master copy and moments (Megatron, DeepSpeed).</summary>
    Mixed,

    /// <summary>32-bit weights, gradients and moments; multiplied in 16 bits (autocast, FSDP).</summary>
    Fp32,

    /// <summary>All in 16 bits (torchtune, a Transformers model loaded in bf16).</summary>
    Pure16,
}

/// <summary>Which activations are computed again in the backward pass instead of being kept.</summary>
public enum Checkpointing
{
    None,

    /// <summary>Every second matrix product, and what is cheap.</summary>
    Selective,

    /// <summary>All but the inputs of layers.</summary>
    Full,
}

/// <summary>How a loss over the vocabulary is formed.</summary>
public enum TrainingLoss
{
    /// <summary>All logits at once.</summary>
    Whole,

    /// <summary>A part of the tokens at a time, or fused with the head (Liger, cut cross-entropy).</summary>
    Chunked,
}

/// <summary>What is kept in host memory between its uses.</summary>
[Flags]
public enum TrainingOffload
{
    None = 0,
    Optimizer = 1,
    Parameters = 2,
    Activations = 4,
}

/// <summary>Over how many devices a job is spread.</summary>
/// <param name="Data">Replicas that see different sequences.</param>
/// <param name="Tensor">Ranks that share every matrix; norms are split by sequence among them.</param>
/// <param name="Pipeline">Groups of consecutive layers.</param>
/// <param name="Context">Ranks that share the tokens of a sequence.</param>
/// <param name="Expert">Ranks that whole experts are dealt to, out of the others.</param>
public sealed record TrainingParallelism(
    int Data = 1,
    int Tensor = 1,
    int Pipeline = 1,
    int Context = 1,
    int Expert = 1
)
{
    public static TrainingParallelism None => new(1, 1, 1, 1, 1);

    /// <summary>Pieces of layers on one pipeline rank; 1 without interleaving.</summary>
    public int VirtualStages { get; init; } = 1;

    /// <summary>
    /// 0: nothing; 1: optimizer states; 2: gradients too; 3: weights too (FSDP full shard) are shared out over the
    /// data-parallel ranks. Rajbhandari et al., "ZeRO", arXiv 1910.02054.
    /// </summary>
    public int ZeroStage { get; init; }

    /// <summary>Data-parallel ranks that share them; null for all.</summary>
    public int? ShardGroup { get; init; }

    public int Devices => Data * Tensor * Pipeline * Context;

    /// <summary>Ranks that hold the same parameters when nothing is sharded.</summary>
    public int Replicas => Data * Context;

    public int ShardRanks => ShardGroup is { } group ? Math.Min(group, Replicas) : Replicas;
}

/// <summary>A training job: everything a prediction of its memory and time needs.</summary>
public sealed record TrainingSetup
{
    public required Architecture Architecture { get; init; }
    public required Accelerator Accelerator { get; init; }
    public required TrainingConstants Constants { get; init; }

    /// <summary>From <see cref="TrainingConstants.Framework"/>.</summary>
    public required TrainingFramework Framework { get; init; }
    public required TrainingMethod Method { get; init; }
    public required long SequenceLength { get; init; }
    public TrainingOptimizer Optimizer { get; init; }
    public StatePrecision States { get; init; }

    /// <summary>What matrices are multiplied in; attention and the head stay in 16 bits.</summary>
    public Arithmetic Arithmetic { get; init; } = Arithmetic.Bf16;

    /// <summary>Storage of weights that do not learn; null for 16 bits, or NF4 under <see cref="TrainingMethod.QLora"/>.</summary>
    public WeightFormat? FrozenWeights { get; init; }

    /// <summary>Scales of <see cref="FrozenWeights"/> are quantized too (QLoRA's double quantization).</summary>
    public bool DoubleQuantization { get; init; }
    public TrainingParallelism Parallelism { get; init; } = TrainingParallelism.None;
    public TrainingOffload Offload { get; init; }

    /// <summary>Sequences per data-parallel rank and pass.</summary>
    public int MicroBatch { get; init; } = 1;

    /// <summary>Passes per optimizer step.</summary>
    public int Accumulation { get; init; } = 1;

    /// <summary>Mean tokens of a sample that is neither packed nor padded; null where all are of full length.</summary>
    public double? MeanLength { get; init; }

    /// <summary>Samples are put together until a sequence is full; otherwise padded to the longest.</summary>
    public bool Packing { get; init; }
    public Checkpointing Checkpointing { get; init; }
    public bool FlashAttention { get; init; } = true;
    public TrainingLoss Loss { get; init; }

    /// <summary>Each layer's parameters are updated as soon as their gradient is there, so that none is kept.</summary>
    public bool OptimizerInBackward { get; init; }

    /// <summary>Width of adapters.</summary>
    public int Rank { get; init; } = 16;

    /// <summary>Module names such as <c>q_proj</c>, or <c>all-linear</c>, <c>attention</c>, <c>mlp</c>.</summary>
    public ImmutableArray<string> Targets { get; init; } = [Adapters.AllLinear];

    /// <summary>Last layers that learn under <see cref="TrainingMethod.Freeze"/>.</summary>
    public int TrainedLayers { get; init; } = 2;

    /// <summary>Parameters that learn where an adapter of another kind says so; null for what method and rank come to.</summary>
    public long? StatedTrainable { get; init; }

    public bool HasAdapters => Method is TrainingMethod.Lora or TrainingMethod.Dora or TrainingMethod.QLora;

    public bool TrainsAll => Method is TrainingMethod.Pretrain or TrainingMethod.Full;

    /// <summary>Sequences per optimizer step: micro batch x accumulation x data-parallel ranks.</summary>
    public long GlobalBatch => (long)MicroBatch * Accumulation * Parallelism.Data;

    /// <summary>Tokens of a sequence that are computed: all of a full one, those of the mean sample otherwise.</summary>
    public double ComputedLength => Packing ? SequenceLength : MeanLength ?? SequenceLength;

    public double TokensPerStep => GlobalBatch * ComputedLength;

    /// <summary>Parameters that learn.</summary>
    public long Trainable =>
        StatedTrainable
        ?? Method switch
        {
            TrainingMethod.Pretrain or TrainingMethod.Full => Architecture.Tensors.Parameters,
            TrainingMethod.Freeze => Adapters.LastLayers(this),
            _ => Adapters.Parameters(this),
        };

    /// <summary>The same setup with so many sequences per step, as micro batches of the same size.</summary>
    /// <exception cref="BadContentException">They are not micro batch x accumulation x data-parallel ranks.</exception>
    public TrainingSetup WithGlobalBatch(long sequences)
    {
        var each = (long)MicroBatch * Parallelism.Data;
        if (sequences % each != 0 || sequences < each)
            throw new BadContentException(
                "global batch",
                "",
                $"{sequences}",
                $"a multiple of micro batch {MicroBatch} x data parallel {Parallelism.Data} = {each}, such as {Math.Max(1, (sequences + each / 2) / each) * each}"
            );
        return this with { Accumulation = checked((int)(sequences / each)) };
    }

    /// <exception cref="BadContentException">The parts cannot be combined; the message says what can.</exception>
    public TrainingSetup Checked() => TrainingCheck.WhyNot(this) is { } problem ? throw problem : this;
}
