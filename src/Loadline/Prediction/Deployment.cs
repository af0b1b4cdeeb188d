using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>A model in a format on devices under an engine: everything a prediction of one replica needs.</summary>
public sealed record Deployment
{
    public required Architecture Architecture { get; init; }

    public required WeightFormat Weights { get; init; }

    public required BlockFormat KvCache { get; init; }

    public required Accelerator Accelerator { get; init; }

    public required Engine Engine { get; init; }

    public required EngineRules Rules { get; init; }

    public required KernelMatch Kernels { get; init; }

    /// <summary>How far off predictions of this engine and kind of model were.</summary>
    public DeploymentIntervals Intervals { get; init; } = new(null, "", false);

    public Parallelism Parallelism { get; init; } = Parallelism.None;

    /// <summary>First layers that stay on the host with the input embedding, for engines that can.</summary>
    public int HostLayers { get; init; }

    /// <summary>The devices of the stages where they are not all the same accelerator; empty where they are.</summary>
    public ImmutableArray<Accelerator> UnequalDevices { get; init; } = [];

    /// <summary>Share of each stage in the layers, in any unit; empty shares them out by memory.</summary>
    public ImmutableArray<double> TensorSplit { get; init; } = [];

    /// <summary>
    /// llama.cpp looks tokens up on the host, whatever it offloads; there is no host beside a CPU or shared memory.
    /// </summary>
    public bool IsEmbeddingOnHost =>
        Rules.CacheLayout == CacheLayoutKind.Slots
        && Accelerator.Kind is not (AcceleratorKind.Cpu or AcceleratorKind.UnifiedMemory);

    /// <summary>The accelerator a stage is on.</summary>
    public Accelerator DeviceOf(Stage stage) => UnequalDevices.IsEmpty ? Accelerator : UnequalDevices[stage.Index];

    /// <summary>What each stage gets of the layers, in any unit: as asked for, or as its memory.</summary>
    internal ImmutableArray<double> StageShares =>
        !TensorSplit.IsEmpty ? TensorSplit
        : UnequalDevices.IsEmpty ? [.. Enumerable.Repeat(1.0, Parallelism.Pipeline)]
        : [.. UnequalDevices.Select(device => (double)device.MemoryOnOffer.Bytes)];

    /// <summary>Longest sequence the engine is told to expect; null for what the model was configured for.</summary>
    public long? MaximumModelLength { get; init; }

    /// <summary>Most tokens of one step: engines that do not cut prompts make room for the longest.</summary>
    public long MaximumStepTokens
    {
        get
        {
            var longest = MaximumModelLength ?? Architecture.MaximumContext ?? 0;
            return longest <= (Rules.WholePromptsUpTo ?? 0)
                ? Math.Max(Rules.MaximumBatchedTokens, longest)
                : Rules.MaximumBatchedTokens;
        }
    }

    /// <summary>Adapters, a draft model or other models on the same devices.</summary>
    public ImmutableArray<Companion> Companions { get; init; } = [];

    /// <summary>The arithmetic the matrices run in on this hardware; null when it has no rate that could serve.</summary>
    public Arithmetic? Arithmetic => AttainableArithmetic(Weights.Arithmetic, Accelerator.Peak);

    /// <summary>The arithmetic one matrix runs in: what a recipe leaves alone is multiplied in its own type.</summary>
    public Arithmetic? ArithmeticOf(Tensor tensor) =>
        AttainableArithmetic(Weights.ArithmeticOf(tensor), Accelerator.Peak);

    /// <summary>
    /// Why the model cannot be split this way, in one line; null when it can. Engines demand whole query heads per
    /// rank; key-value heads are copied when there are fewer than ranks.
    /// </summary>
    public string? WhyNotPlaceable()
    {
        var tensor = Parallelism.Tensor;
        if (tensor > 1 && !Engine.TensorParallel)
            return $"{Engine.Name} has no tensor parallelism";
        if (Parallelism.ExpertRanks % Parallelism.Expert != 0)
            return $"{Parallelism.ExpertRanks} tensor and data ranks do not form {Parallelism.Expert} groups of experts";
        if (HostLayers > 0 && Rules.CacheLayout != CacheLayoutKind.Slots)
            return $"{Engine.Name} does not keep layers on the host";
        if (HostLayers > 0 && !IsEmbeddingOnHost)
            return $"{Accelerator.Name} has one memory with its host: no layers can be kept elsewhere";
        if (HostLayers >= Architecture.Layers.Length)
            return $"{HostLayers} of {Architecture.Layers.Length} layers on the host leave none for the device";
        if (!UnequalDevices.IsEmpty && (Engine.TensorParallel || UnequalDevices.Length != Parallelism.Devices))
            return $"{Engine.Name} needs devices that are all the same";
        if (!TensorSplit.IsEmpty && Rules.CacheLayout != CacheLayoutKind.Slots)
            return $"{Engine.Name} shares layers out evenly, it has no tensor split";
        if (!TensorSplit.IsEmpty && TensorSplit.Length != Parallelism.Pipeline)
            return $"a tensor split of {TensorSplit.Length} shares is not one for each of {Parallelism.Pipeline} devices";
        if (Parallelism.Pipeline > Architecture.Layers.Length)
            return $"{Architecture.Layers.Length} layers cannot be shared out over {Parallelism.Pipeline} devices";
        foreach (var layer in Architecture.Layers)
        {
            if (WhyNotSplit(layer, tensor) is { } reason)
                return reason;
        }
        return WhyNotSplitExperts();
    }

    /// <summary>Experts that are not whole on their ranks share out the features between their two products.</summary>
    private string? WhyNotSplitExperts()
    {
        foreach (var tensor in Architecture.Tensors.Tensors)
        {
            if (tensor is { Role: TensorRole.Expert, Part: ModelPart.Language, Shape.Length: > 1 })
            {
                var between = Math.Min(tensor.OutputFeatures, tensor.InputFeatures);
                if (WhyNotDivided((int)between, "features of an expert", Parallelism.RanksPerExpert) is { } reason)
                    return reason;
            }
        }
        return null;
    }

    /// <summary>True when the ranks of a stage reach each other over a network.</summary>
    public bool SpansNodes => Reaches(Parallelism.ExpertRanks) > 1;

    /// <summary>How many groups, each joined by the link of the accelerator, so many ranks take.</summary>
    public int Reaches(int ranks) => (int)WholeBlocks.Covering(ranks, Accelerator.Link?.Reach ?? int.MaxValue);

    /// <summary>True for engines without a cache pool that cut prompts into batches shorter than the context.</summary>
    internal bool IsMicroBatched =>
        Rules.MemoryBudget == MemoryBudget.None
        && Rules.MaximumBatchedTokens < (Architecture.MaximumContext ?? int.MaxValue);

    /// <summary>True for serving engines, which have a batch under way in every pipeline stage.</summary>
    internal bool KeepsStagesBusy => Rules.MemoryBudget != MemoryBudget.None;

    /// <summary>
    /// True for serving engines, which load matrices with the same input as one. llama.cpp and Transformers multiply
    /// them as the checkpoint stores them, and have no cache pool either.
    /// </summary>
    internal bool FusesMatrices => Rules.MemoryBudget != MemoryBudget.None;

    private static string? WhyNotSplit(Mixer layer, int ranks) =>
        layer switch
        {
            Mixer.Attention attention when attention.KvHeads % ranks != 0 && ranks % attention.KvHeads != 0 =>
                $"{attention.KvHeads} key-value heads neither divide by {ranks} devices nor divide them",
            Mixer.Attention attention => WhyNotDivided(attention.QueryHeads, "query heads", ranks),
            Mixer.LatentAttention latent => WhyNotDivided(latent.QueryHeads, "query heads", ranks),
            Mixer.CompressedAttention compressed => WhyNotDivided(compressed.QueryHeads, "query heads", ranks),
            Mixer.Linear recurrence => WhyNotDivided(recurrence.Heads, "heads of linear attention", ranks),
            Mixer.Parallel both => WhyNotSplit(both.Softmax, ranks) ?? WhyNotSplit(both.Recurrence, ranks),
            _ => null,
        };

    private static string? WhyNotDivided(int heads, string what, int ranks) =>
        heads % ranks == 0 ? null : $"{heads} {what} cannot be split over {ranks} devices";

    /// <summary>
    /// Formats whose unit is missing are multiplied in the next wider type the hardware has: weights stay small, the
    /// arithmetic does not become faster.
    /// </summary>
    internal static Arithmetic? AttainableArithmetic(Arithmetic wanted, PeakRates peak)
    {
        ReadOnlySpan<Arithmetic> ladder = wanted switch
        {
            Models.Arithmetic.Fp32 => [Models.Arithmetic.Fp32],
            Models.Arithmetic.Tf32 => [Models.Arithmetic.Tf32, Models.Arithmetic.Fp32],
            Models.Arithmetic.Fp16 => [Models.Arithmetic.Fp16, Models.Arithmetic.Bf16, Models.Arithmetic.Fp32],
            Models.Arithmetic.Bf16 => [Models.Arithmetic.Bf16, Models.Arithmetic.Fp16, Models.Arithmetic.Fp32],
            _ => [wanted, Models.Arithmetic.Bf16, Models.Arithmetic.Fp16, Models.Arithmetic.Fp32],
        };
        foreach (var arithmetic in ladder)
        {
            if (peak[arithmetic] is not null)
                return arithmetic;
        }
        return null;
    }
}
