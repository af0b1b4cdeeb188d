using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Bytes that weights, gradients and optimizer states take on the fullest device.</summary>
internal sealed class TrainingStates
{
    /// <summary>FSDP gathers the parameters of the next layer while it computes the present one.</summary>
    private const int GatheredLayers = 2;

    private const double Bytes16 = 2;
    private const double Bytes32 = 4;

    /// <summary>bitsandbytes: a byte per moment and a 32-bit scale per 256.</summary>
    private const double Byte8 = 1 + 4.0 / 256;

    /// <summary>
    /// Bits per weight of NF4 whose scales are 8 bits per 64, with a 32-bit scale per 256 of those. Dettmers et al.,
    /// arXiv 2305.14314, section 3: 4 + 8/64 + 32/(64 x 256).
    /// </summary>
    private const double DoublyQuantizedBits = 4 + 8.0 / 64 + 32.0 / (64 * 256);

    /// <summary>The same with one 32-bit scale per 64.</summary>
    private const double SinglyQuantizedBits = 4 + 32.0 / 64;

    private readonly TrainingSetup setup;
    private readonly TrainingParallelism split;
    private readonly double largestLayer;
    private readonly double onRank;

    public TrainingStates(TrainingSetup setup)
    {
        this.setup = setup;
        split = setup.Parallelism;
        var architecture = setup.Architecture;
        onRank = ParametersOnRank(architecture, split);
        largestLayer = LargestLayer(architecture) / split.Tensor;
        // Adapters beside frozen weights learn in 32 bits unless all is in 16 (PEFT's autocast_adapter_dtype).
        var trainable = setup.TrainsAll ? onRank : (double)setup.Trainable / split.Tensor / split.Pipeline;
        var sharded = split.ZeroStage > 0 ? split.ShardRanks : 1;
        var weightsSharded = split.ZeroStage >= 3 ? split.ShardRanks : 1;
        var gradientsSharded = split.ZeroStage >= 2 ? split.ShardRanks : 1;

        var frozen = setup.TrainsAll ? 0 : FrozenBytes(onRank);
        var learning = trainable * WeightBytes;
        WholeWeights = frozen + learning;
        Weights = setup.Offload.HasFlag(TrainingOffload.Parameters) ? 0 : WholeWeights / weightsSharded;
        var isOffloaded = setup.Offload.HasFlag(TrainingOffload.Optimizer);
        MasterWeights = isOffloaded ? 0 : trainable * MasterBytes / sharded;
        Moments = isOffloaded ? 0 : trainable * MomentBytes / sharded;
        var whole = trainable * GradientBytes / gradientsSharded;
        // Stages of a pipeline keep parameters gathered and gradients whole until their last micro batch.
        var isPipelinedShard = split is { ZeroStage: >= 3, Pipeline: > 1 };
        if (isPipelinedShard)
            whole += trainable * Bytes32;
        GradientsInUpdate = setup.OptimizerInBackward ? Math.Min(whole, largestLayer * GradientBytes) : whole;
        var keeps = setup.Framework.KeepsGradients || setup.Accumulation > 1 || !setup.TrainsAll || isPipelinedShard;
        GradientsInBackward = keeps ? GradientsInUpdate : 0;
        GatheredInBackward =
            split.ZeroStage < 3 ? 0
            : isPipelinedShard ? onRank * Bytes16
            : Math.Min(onRank, GatheredLayers * largestLayer) * Bytes16;
        UpdateCopy = setup.Framework.CopiesForUpdate && !isOffloaded ? trainable * WeightBytes / sharded : 0;
        Loading =
            setup.Framework.LoadsWhole && split.ShardRanks > 1 && split.ZeroStage >= 3
                ? WholeWeights * (1 + 1.0 / split.ShardRanks) + GatheredLayers * largestLayer * Bytes16
                : WholeWeights / (split.ZeroStage >= 3 ? split.ShardRanks : 1);
    }

    public double Weights { get; }
    public double MasterWeights { get; }
    public double Moments { get; }
    public double GradientsInBackward { get; }
    public double GradientsInUpdate { get; }
    public double GatheredInBackward { get; }

    /// <summary>Copy of the parameters that an optimizer works with which updates all at once.</summary>
    public double UpdateCopy { get; }

    /// <summary>While the model is read, where every rank reads all of it.</summary>
    public double Loading { get; }

    /// <summary>What is there at any time.</summary>
    public double Resident => Weights + MasterWeights + Moments;

    /// <summary>What is there when the gradients are.</summary>
    public double Sum => Resident + GradientsInUpdateOfLearning;

    private double WholeWeights { get; }

    /// <summary>Full training frees its gradients after the update; those of adapters are too small to matter.</summary>
    private double GradientsInUpdateOfLearning => GradientsInUpdate;

    private StatePrecision Precision =>
        setup.TrainsAll || setup.Method is TrainingMethod.Freeze || setup.States is StatePrecision.Pure16
            ? setup.States
            : StatePrecision.Fp32;

    private double WeightBytes => Precision is StatePrecision.Fp32 ? Bytes32 : Bytes16;

    private double GradientBytes => Precision is StatePrecision.Pure16 ? Bytes16 : Bytes32;

    private double MasterBytes => Precision is StatePrecision.Mixed ? Bytes32 : 0;

    private double MomentBytes
    {
        get
        {
            var each = Precision is StatePrecision.Pure16 ? Bytes16 : Bytes32;
            return setup.Optimizer switch
            {
                TrainingOptimizer.AdamW => 2 * each,
                TrainingOptimizer.AdamW8Bit => 2 * Byte8,
                TrainingOptimizer.Lion or TrainingOptimizer.Momentum or TrainingOptimizer.Muon => each,
                // Adafactor keeps a row and a column per matrix: nothing beside the matrix.
                _ => 0,
            };
        }
    }

    /// <summary>Weights that do not learn, in 16 bits or as they are quantized.</summary>
    private double FrozenBytes(double parameters)
    {
        var format = setup.FrozenWeights ?? (setup.Method is TrainingMethod.QLora ? WeightFormats.Nf4 : null);
        if (format is null)
            return parameters * Bytes16;
        var bytes = (double)Shards.WeightsOnRank(setup.Architecture, format, split.ForShards(), new Stage(0, 1)).Bytes;
        if (setup.DoubleQuantization)
            bytes -= QuantizedParameters() * (SinglyQuantizedBits - DoublyQuantizedBits) / 8;
        return bytes / split.Pipeline;
    }

    private double QuantizedParameters() =>
        setup
            .Architecture.Tensors.Tensors.Where(tensor => tensor.IsQuantizable && tensor.Part == ModelPart.Language)
            .Sum(tensor => (double)tensor.Parameters);

    /// <summary>Parameters of the stage that has most.</summary>
    private static double ParametersOnRank(Architecture architecture, TrainingParallelism split) =>
        Stage
            .Even(split.Pipeline)
            .Max(stage => Shards.WeightsOnRank(architecture, WeightFormats.Bf16, split.ForShards(), stage).Bytes)
        / Bytes16;

    private static double LargestLayer(Architecture architecture)
    {
        var layers = new double[architecture.Layers.Length];
        foreach (var tensor in architecture.Tensors.Tensors)
        {
            if (tensor.Part != ModelPart.Language || tensor.Layers.IsEmpty)
                continue;
            foreach (var layer in tensor.Layers)
                layers[layer] += (double)tensor.Parameters / tensor.Layers.Length;
        }
        return layers.Max();
    }
}

internal static class TrainingShards
{
    /// <summary>Experts are spread over the expert-parallel ranks, everything else over the tensor-parallel ones.</summary>
    public static Parallelism ForShards(this TrainingParallelism split) =>
        new(split.Tensor, split.Pipeline, split.Expert, Math.Max(1, split.Expert / split.Tensor));
}
