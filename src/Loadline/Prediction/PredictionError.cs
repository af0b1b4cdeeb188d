using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>
/// How far off the time of a deployment may be: one log-normal factor on all its step times, drawn once per
/// deployment and not per request.
/// </summary>
/// <param name="Factor">Half-width of the 90 % interval of step times, as a factor.</param>
/// <param name="Evidence">Grade of the constants behind it.</param>
public readonly record struct PredictionError(double Factor, Evidence Evidence)
{
    /// <summary>
    /// Times to first token are off by about twice as much, in logarithms, as times per token: 38 % against 13 % at
    /// the median without fitting, 20-29 % with (<c>docs/prediction.md</c>).
    /// </summary>
    public const double TtftExponent = 2;

    /// <summary>
    /// Constants from another engine or a sister chip are less certain than their own fit; the logarithm of the factor
    /// grows by this share. A norm until such transfers are scored against measurements.
    /// </summary>
    private const double TransferWidening = 0.25;

    /// <summary>
    /// Half-width for accelerators whose vendor no class was fitted on: published runs of AMD Instinct and Intel Max under
    /// vLLM, SGLang and llama.cpp are two to four times slower than the shares of NVIDIA's cards would make them.
    /// </summary>
    private const double OtherVendorFactor = 3;

    /// <summary>The error of a deployment's step times, from how closely its constants belong to it.</summary>
    public static PredictionError Of(Deployment deployment)
    {
        var kernels = deployment.Kernels;
        // Between nodes all-reduces are counted at the rate within one, so all that is left is an order of magnitude.
        var rung = deployment.SpansNodes ? KernelRung.DatasheetOnly : KernelLookup.WeakestRung(deployment);
        var factor = kernels.Constants.IntervalFactor;
        if (rung == KernelRung.EndToEnd)
            factor = kernels.Runs!.IntervalFactor;
        else if (rung == KernelRung.DatasheetOnly)
            factor = Math.Max(factor, kernels.DatasheetOnly.IntervalFactor);
        else if (rung is KernelRung.OtherEngine or KernelRung.SameChip)
            factor = Math.Pow(factor, 1 + TransferWidening);
        var isTransferred = rung >= KernelRung.EngineClass && IsOtherVendor(deployment.Accelerator);
        if (isTransferred)
            factor = Math.Max(factor, OtherVendorFactor);
        return new PredictionError(
            factor,
            isTransferred || rung == KernelRung.DatasheetOnly ? Evidence.Assumed : Evidence.Modelled
        );
    }

    /// <summary>True for discrete accelerators of vendors that the class medians hold no measurement of.</summary>
    private static bool IsOtherVendor(Accelerator accelerator) =>
        accelerator.Kind is AcceleratorKind.Gpu or AcceleratorKind.TensorProcessor
        && accelerator.Vendor != KernelShelf.VendorOfMedians;

    /// <summary>Standard deviation of the logarithm of the factor.</summary>
    public double Sigma => Math.Log(Factor) / NormalDistribution.Z95;

    /// <summary>Factor on step times that is not exceeded with the given probability.</summary>
    public double SlowdownAt(double probability) => Math.Exp(NormalDistribution.Quantile(probability) * Sigma);

    /// <summary>Probability that the factor on step times stays below a value.</summary>
    public double ProbabilityBelow(double slowdown) =>
        Sigma <= 0 ? (slowdown >= 1 ? 1 : 0) : NormalDistribution.Probability(Math.Log(slowdown) / Sigma);

    public Estimate Time(Duration time) => Estimate.WithinFactor(time.Seconds, Factor, Evidence);

    public Estimate FirstTokenTime(Duration time) =>
        Estimate.WithinFactor(time.Seconds, Math.Pow(Factor, TtftExponent), Evidence);
}
