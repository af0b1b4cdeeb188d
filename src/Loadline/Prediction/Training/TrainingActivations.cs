using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>Bytes of activations and logits on the fullest device.</summary>
internal sealed class TrainingActivations
{
    private const double Bytes16 = 2;

    /// <summary>Parts a chunked loss is formed in: torchtune's default, and about what fused losses hold.</summary>
    private const double LossChunks = 8;

    /// <summary>
    /// Bytes per pair of tokens and head that attention keeps which writes its scores: softmax in 32 bits, its copy in
    /// 16, and the scores in 16. Transformers' eager attention.
    /// </summary>
    private const double BytesPerPair = 8;

    /// <summary>Share of the matrix products that selective checkpointing keeps.</summary>
    private const double SelectiveShare = 0.5;

    private readonly TrainingSetup setup;
    private readonly TrainingWork work;
    private readonly double tokens;

    public TrainingActivations(TrainingSetup setup)
    {
        this.setup = setup;
        work = TrainingWork.Of(setup.Architecture);
        var split = setup.Parallelism;
        // The longest batch decides the peak, whatever the mean; sequence parallelism shares all of it.
        tokens = (double)setup.MicroBatch * setup.SequenceLength / split.Context / split.Tensor;
        var passes = PassesUnderWay(split);
        var share = passes / split.Pipeline;
        var all = AllBytes;
        var oneLayer = all / work.Layers;
        var checkpoint = Bytes16 * work.Hidden * work.Layers;
        var isOffloaded = setup.Offload.HasFlag(TrainingOffload.Activations);
        var inputs = isOffloaded ? 0 : checkpoint;
        var selective = inputs + Bytes16 * (work.AttentionOutputs + SelectiveShare * work.Outputs);
        Kept =
            tokens
            * share
            * setup.Checkpointing switch
            {
                Checkpointing.Full => Math.Min(inputs, all),
                // What is kept selectively is a part of all, and no less than the inputs of layers.
                Checkpointing.Selective => Math.Min(selective, all),
                _ => all,
            };
        // A layer that is computed again is whole until its backward pass is done.
        var whole = tokens * share * all;
        Live = setup.Checkpointing is Checkpointing.None ? 0 : Math.Min(tokens * oneLayer, Math.Max(0, whole - Kept));
        if (!setup.FlashAttention)
            AddScores(share);
        Logits =
            tokens
            * work.Vocabulary
            * setup.Framework.BytesPerLogit
            / (setup.Loss is TrainingLoss.Chunked ? LossChunks : 1);
    }

    /// <summary>Kept from the forward to the backward pass.</summary>
    public double Kept { get; private set; }

    /// <summary>Those of the layer that is being computed again.</summary>
    public double Live { get; private set; }

    public double Logits { get; }

    /// <summary>Bytes per token over all layers when everything is kept.</summary>
    private double AllBytes
    {
        get
        {
            var features = work.Outputs + work.AttentionOutputs + work.GatedOutputs + InputsKept();
            return Bytes16 * features + setup.Framework.NormBytes * work.Hidden * work.Layers;
        }
    }

    /// <summary>
    /// Inputs are kept for the gradients of matrices and adapters; the products of quantized weights keep theirs whatever
    /// learns (bitsandbytes, MatMul4Bit).
    /// </summary>
    private double InputsKept()
    {
        if (setup.TrainsAll)
            return work.Inputs.Sum(input => input.Features);
        var isUnpacked = setup.FrozenWeights is null && setup.Method is TrainingMethod.QLora;
        var targets = setup.HasAdapters ? Adapters.Targeted(setup.Architecture, setup.Targets).ToHashSet() : [];
        var groups = targets.Select(tensor => tensor.Group ?? tensor.Name).ToHashSet(StringComparer.Ordinal);
        var own = work
            .Inputs.Where(input => groups.Contains(input.Matrix.Group ?? input.Matrix.Name))
            .Sum(input => input.Features);
        // Kernels unpack into a copy, so what was shared between an adapter and its matrix is there twice.
        return isUnpacked ? own + work.AttentionOutputs + work.Inputs.Sum(input => input.Features) : own;
    }

    /// <summary>
    /// Micro batches whose activations the first stage of a pipeline holds: as many as there are stages, and the share of
    /// one more with interleaving. Narayanan et al., arXiv 2104.04473, section 2.2.
    /// </summary>
    private double PassesUnderWay(TrainingParallelism split)
    {
        var most = Math.Min(split.Pipeline, setup.Accumulation);
        return split.VirtualStages > 1 && most == split.Pipeline
            ? most * (1 + (split.Pipeline - 1.0) / split.Pipeline / split.VirtualStages)
            : most;
    }

    private void AddScores(double share)
    {
        var length = (double)setup.SequenceLength / setup.Parallelism.Context;
        var pairs = setup.MicroBatch * length * setup.SequenceLength;
        var layer = BytesPerPair * work.Heads / setup.Parallelism.Tensor * pairs;
        if (setup.Checkpointing is Checkpointing.None)
            Kept += layer * work.Layers * share;
        else
            Live += layer;
    }
}
