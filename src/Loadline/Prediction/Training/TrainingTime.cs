using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Where the time of one optimizer step goes on one device, in seconds; the parts add up to the step.</summary>
public readonly record struct TrainingBreakdown
{
    /// <summary>Matrices, attention and what runs between them.</summary>
    public double Computation { get; init; }

    /// <summary>Waiting for the host to launch kernels.</summary>
    public double Host { get; init; }

    /// <summary>Quantized weights becoming 16 bits, once per pass.</summary>
    public double Unpacking { get; init; }

    /// <summary>Communication that computation does not hide.</summary>
    public double Communication { get; init; }

    /// <summary>Stages of a pipeline that wait for the first and for the last.</summary>
    public double Bubble { get; init; }

    /// <summary>The update of the parameters.</summary>
    public double Update { get; init; }

    public double Sum => Computation + Host + Unpacking + Communication + Bubble + Update;
}

/// <summary>
/// Time of one optimizer step: the matrices at the share of the peak that training attains, attention at that of its
/// kernels, what is elementwise at the bandwidth of memory, and what communication is not hidden.
/// </summary>
public sealed class TrainingTime
{
    /// <summary>
    /// Backward over forward of attention kernels that keep no scores: five products instead of two. Dao,
    /// FlashAttention-2, arXiv 2307.08691, section 3.1.
    /// </summary>
    private const double AttentionBackward = 2.5;

    private const double Bytes16 = 2;
    private const double Bytes32 = 4;

    /// <summary>
    /// Bytes an update reads and writes per parameter: gradient, two moments and master weight of 32 bits read, all but
    /// the gradient written, the 16-bit weight written.
    /// </summary>
    private const double UpdateBytes = 4 * 4 + 3 * 4 + 2;

    /// <summary>Passes over those of optimizers that work tensor list by tensor list.</summary>
    private const double ListedUpdatePasses = 3;

    /// <summary>Bytes moved per weight that is unpacked: half a byte read, two written, two read by the product.</summary>
    private const double UnpackingBytes = 4.5;

    private readonly TrainingSetup setup;
    private readonly TrainingConstants constants;
    private readonly TrainingHardware hardware;
    private readonly TrainingFramework framework;
    private readonly TrainingParallelism split;
    private readonly TrainingWork work;
    private readonly double tokens;
    private readonly double rate16;
    private readonly double memoryRate;

    public TrainingTime(TrainingSetup setup)
        : this(setup, TrainingWork.Of(setup.Architecture)) { }

    /// <summary>The same for an architecture whose work is known already.</summary>
    public TrainingTime(TrainingSetup setup, TrainingWork work)
    {
        this.setup = setup;
        this.work = work;
        constants = setup.Constants;
        framework = setup.Framework;
        hardware = constants.For(setup.Accelerator);
        split = setup.Parallelism;
        tokens = setup.MicroBatch * setup.ComputedLength / split.Context;
        rate16 = RateOf(Arithmetic.Bf16);
        memoryRate = setup.Accelerator.MemoryBandwidth!.Value.BytesPerSecond * constants.MemoryShare;
        Breakdown = Whole();
    }

    public TrainingBreakdown Breakdown { get; }

    /// <summary>Seconds of one optimizer step.</summary>
    public Estimate StepSeconds => Within(Breakdown.Sum);

    /// <summary>Tokens that are trained on per second by all devices; padding does not count.</summary>
    public Estimate TokensPerSecond => setup.TokensPerStep / StepSeconds;

    public Estimate TokensPerSecondAndDevice => TokensPerSecond * (1.0 / split.Devices);

    /// <summary>Seconds for so many tokens, in whole steps or parts of them.</summary>
    public Estimate SecondsFor(double trainedTokens) => StepSeconds * (trainedTokens / setup.TokensPerStep);

    /// <summary>Share of the peak of the arithmetic that the operations of a convention come to.</summary>
    public Estimate Utilisation(FlopConvention convention)
    {
        var perToken = TrainingFlops.PerToken(setup.Architecture, setup.ComputedLength, convention);
        var peak = setup.Accelerator.Peak[AttainableArithmetic(setup.Arithmetic)]!.Value;
        return TokensPerSecondAndDevice * (perToken.Count / peak.PerSecond);
    }

    /// <summary>Seconds of a forward pass alone over as many tokens as a step trains on, such as for log-probabilities.</summary>
    public Estimate ForwardSeconds
    {
        get
        {
            var forward = Forward();
            var host = Math.Max(0, HostOf(passes: 1) - forward);
            var once = forward + host + Communication(passes: 1);
            return Within(setup.Accumulation * (once + once * BubbleShare));
        }
    }

    private bool IsFrozen => !setup.TrainsAll && setup.Method is not TrainingMethod.Freeze;

    private double BubbleShare =>
        (split.Pipeline - 1.0) / Math.Max(1, setup.Accumulation) / Math.Max(1, split.VirtualStages);

    private TrainingBreakdown Whole()
    {
        var micro = setup.Accumulation;
        var computation = Forward() + Backward();
        var recompute = setup.Checkpointing is Checkpointing.Full ? 1 : 0;
        var host = Math.Max(0, HostOf(2 + recompute) - computation);
        var unpacking = Unpacking(2 + recompute);
        var busy = computation + host + unpacking;
        var communication = Communication(2 + recompute) + Sharding(busy, recompute);
        return new TrainingBreakdown
        {
            Computation = micro * computation,
            Host = micro * host,
            Unpacking = micro * unpacking,
            Communication = micro * communication + Reduction(),
            Bubble = micro * (busy + communication) * BubbleShare,
            Update = Update(),
        };
    }

    /// <summary>One forward pass of one micro batch through the layers of a device.</summary>
    private double Forward() =>
        tokens * (Matrices(1) + Elementwise(1) + Attention(1) + Head(1)) / split.Tensor / split.Pipeline;

    /// <summary>
    /// Gradients of activations, as many operations as forward; of weights, as many again where they learn; and what is
    /// computed once more. Before the first layer that learns there is nothing to do.
    /// </summary>
    private double Backward()
    {
        var again = setup.Checkpointing switch
        {
            Checkpointing.Full => 1,
            Checkpointing.Selective => framework.SelectiveRecompute,
            _ => 0,
        };
        var isFull = setup.Checkpointing is Checkpointing.Full;
        var reached = setup.Method is TrainingMethod.Freeze ? (double)setup.TrainedLayers / work.Layers : 1;
        var weights = IsFrozen ? 0 : 1;
        var adapters = setup.HasAdapters ? 3.0 * setup.Trainable / (work.DenseWeights + work.ExpertWeights) : 0;
        var seconds =
            Matrices(reached * (1 + weights + again) + adapters)
            + Elementwise(reached * (2 + (isFull ? 1 : 0)))
            + Attention(reached * (AttentionBackward + (isFull ? 1 : 0)))
            + Head(1 + weights);
        return tokens * seconds / split.Tensor / split.Pipeline;
    }

    /// <summary>Seconds per token of the matrices of all layers, so many times over.</summary>
    private double Matrices(double times)
    {
        var arithmetic = AttainableArithmetic(setup.Arithmetic);
        var rate = RateOf(arithmetic) * hardware.MatricesIn(arithmetic);
        return 2
            * times
            * (work.DenseWeights + work.ExpertWeights * (1 + constants.ExpertHalfWidth / Math.Max(1, work.ExpertWidth)))
            / rate;
    }

    private double Head(double times) => 2 * times * work.HeadWeights / (rate16 * hardware.MatricesIn(Arithmetic.Bf16));

    private double Attention(double times) =>
        times * work.AttentionFlops(setup.ComputedLength) / (rate16 * hardware.AttentionBy(framework.AttentionKernels));

    /// <summary>Everything that is kept is written once and read once in a pass.</summary>
    private double Elementwise(double times)
    {
        var cast = TrainingHardware.NameOf(AttainableArithmetic(setup.Arithmetic)) is "bf16" ? 1 : constants.CastFactor;
        return times
            * 2
            * Bytes16
            * (work.AllFeatures + work.PermutedFeatures)
            * framework.ElementwisePasses
            * cast
            / memoryRate;
    }

    /// <summary>Adapters launch two more products beside every matrix.</summary>
    private double HostOf(double passes)
    {
        const double AdapterLaunches = 1.3;
        return framework.HostPerLayer.Seconds
            * passes
            * work.Layers
            / split.Pipeline
            * (setup.HasAdapters ? AdapterLaunches : 1);
    }

    private double Unpacking(double passes)
    {
        if (setup.TrainsAll)
            return 0;
        var format = setup.FrozenWeights?.Name ?? (setup.Method is TrainingMethod.QLora ? "nf4" : null);
        if (format is null || !constants.Unpacking.TryGetValue(format, out var share))
            return 0;
        var bandwidth = setup.Accelerator.MemoryBandwidth!.Value.BytesPerSecond * share;
        return passes * UnpackingBytes * (work.DenseWeights + work.ExpertWeights) / split.Pipeline / bandwidth;
    }

    /// <summary>
    /// Two sums over tensor ranks per layer and pass, each an all-gather and a reduce-scatter, and tokens on their way to
    /// experts and back.
    /// </summary>
    private double Communication(double passes)
    {
        var seconds = 0.0;
        double feature = Bytes16 * work.Hidden * tokens * passes / split.Pipeline;
        if (split.Tensor > 1)
        {
            var bytes = 2 * feature * work.Reductions * (split.Tensor - 1) / split.Tensor;
            seconds += constants.ExposedTensor * bytes / LinkRate(split.Tensor);
        }
        if (split.Expert > 1 && work.ExpertLayers > 0)
        {
            var sent = Bytes16 * work.ExpertInput * tokens * passes / split.Pipeline / split.Tensor;
            var away = (split.Expert - 1.0) / split.Expert;
            var bytes = 2 * sent * work.ExpertLayers * work.ActiveExperts * away;
            seconds += constants.ExposedExpert * bytes / LinkRate(split.Expert);
        }
        return seconds;
    }

    /// <summary>Weights gathered for each pass and gradients scattered behind it; what computation covers is hidden.</summary>
    private double Sharding(double busy, int recompute)
    {
        if (split.ZeroStage < 3 || split.ShardRanks == 1)
            return 0;
        var parameters = (double)setup.Architecture.Tensors.Parameters / split.Tensor / split.Pipeline;
        var away = (split.ShardRanks - 1.0) / split.ShardRanks;
        var gathered = Bytes16 * parameters * (2 + (IsFrozen ? recompute : 0));
        var scattered = IsFrozen ? 0 : Bytes16 * parameters;
        var seconds = (gathered + scattered) * away / LinkRate(split.ShardRanks * split.Tensor);
        return Math.Max(0, seconds - busy) + constants.ExposedShard * Math.Min(seconds, busy);
    }

    /// <summary>Gradients of a step summed over replicas, and updated weights sent back.</summary>
    private double Reduction()
    {
        if (split.Replicas == 1 || split.ZeroStage >= 3)
            return 0;
        var bytes = 2 * Bytes16 * setup.Trainable / (double)split.Tensor / split.Pipeline;
        var away = (split.Replicas - 1.0) / split.Replicas;
        return constants.ExposedReduction * bytes * away / LinkRate(split.Devices);
    }

    private double Update()
    {
        var shared = split.ZeroStage >= 1 ? split.ShardRanks : 1;
        var parameters = (double)setup.Trainable / split.Tensor / split.Pipeline / shared;
        var passes = framework.CopiesForUpdate ? ListedUpdatePasses : 1;
        var onDevice = passes * UpdateBytes * parameters / memoryRate;
        if (!setup.Offload.HasFlag(TrainingOffload.Optimizer))
            return onDevice;
        // Gradients go to the host and weights come back; the host's memory is the network of this.
        return onDevice + (Bytes32 + Bytes16) * parameters / constants.Network.BytesPerSecond;
    }

    /// <summary>Bytes per second between so many ranks: the accelerator's link where it reaches, the network beyond.</summary>
    private double LinkRate(int ranks)
    {
        return setup.Accelerator.Link?.BandwidthPerDirection is { } rate && IsReached(ranks)
            ? rate.BytesPerSecond * constants.LinkShare
            : constants.Network.BytesPerSecond;
    }

    /// <summary>Pods of tensor processors are joined as a whole.</summary>
    private bool IsReached(int ranks) =>
        setup.Accelerator.Kind is AcceleratorKind.TensorProcessor || ranks <= (setup.Accelerator.Link?.Reach ?? 1);

    private double RateOf(Arithmetic arithmetic) =>
        setup.Accelerator.Peak[AttainableArithmetic(arithmetic)]!.Value.PerSecond;

    private Arithmetic AttainableArithmetic(Arithmetic wanted) =>
        Deployment.AttainableArithmetic(wanted, setup.Accelerator.Peak)!.Value;

    private Estimate Within(double seconds)
    {
        var error = constants.Errors[IsFrozen ? "adapterTime" : "fullTime"];
        return Estimate.WithinFactor(
            seconds,
            error.Factor,
            hardware.Setups == 0 ? Evidence.Assumed : Evidence.Modelled
        );
    }
}
