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

    public Parallelism Parallelism { get; init; } = Parallelism.None;

    /// <summary>The arithmetic the matrices run in on this hardware; null when it has no rate that could serve.</summary>
    public Arithmetic? Arithmetic => AttainableArithmetic(Weights.Arithmetic, Accelerator.Peak);

    /// <summary>
    /// Why the model cannot be split this way, in one line; null when it can. Engines demand whole query heads per
    /// rank; key-value heads are copied when there are fewer than ranks.
    /// </summary>
    public string? WhyNotPlaceable()
    {
        var tensor = Parallelism.Tensor;
        if (tensor > 1 && !Engine.TensorParallel)
            return $"{Engine.Name} has no tensor parallelism";
        foreach (var layer in Architecture.Layers)
        {
            if (layer is not Mixer.Attention attention)
                continue;
            if (attention.QueryHeads % tensor != 0)
                return $"{attention.QueryHeads} query heads cannot be split over {tensor} devices";
            if (attention.KvHeads % tensor != 0 && tensor % attention.KvHeads != 0)
                return $"{attention.KvHeads} key-value heads neither divide by {tensor} devices nor divide them";
        }
        return null;
    }

    /// <summary>
    /// Formats whose unit is missing are multiplied in the next wider type the hardware has: weights stay small, the
    /// arithmetic does not become faster.
    /// </summary>
    private static Arithmetic? AttainableArithmetic(Arithmetic wanted, PeakRates peak)
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
