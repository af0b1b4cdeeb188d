using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>
/// How far off the times of a deployment may be: a log-normal factor for each quantity, drawn once per deployment and
/// not per request.
/// </summary>
/// <param name="Factor">Half-width of the 90 % interval of the time per token, as a factor.</param>
/// <param name="FirstTokenAloneFactor">The same of the time to first token of a lone request.</param>
/// <param name="FirstTokenFactor">The same of the time to first token under load.</param>
/// <param name="ThroughputFactor">The same of requests and tokens per second.</param>
/// <param name="Evidence">Grade of the constants behind it.</param>
public readonly record struct PredictionError(
    double Factor,
    double FirstTokenAloneFactor,
    double FirstTokenFactor,
    double ThroughputFactor,
    Evidence Evidence
)
{
    /// <summary>
    /// Where no whole runs of an engine were compared, times to first token under load are taken to be off by twice as
    /// much, in logarithms, as times per token.
    /// </summary>
    private const double UncheckedFirstTokenExponent = 2;

    /// <summary>
    /// Constants from another engine or a sister chip are less certain than their own fit; the logarithm of the factor
    /// grows by this share. A norm until such transfers are scored against measurements.
    /// </summary>
    private const double TransferWidening = 0.25;

    /// <summary>Beyond an order of magnitude either way a prediction says nothing more.</summary>
    private const double WidestFactor = 10;

    /// <summary>The same for kinds of layers that no compared model had.</summary>
    private const double NewLayerWidening = 0.5;

    /// <summary>
    /// Half-width for accelerators whose vendor no class was fitted on: published runs of AMD Instinct and Intel Max under
    /// vLLM, SGLang and llama.cpp are two to four times slower than the shares of NVIDIA's cards would make them.
    /// </summary>
    private const double OtherVendorFactor = 3;

    /// <summary>The error of a deployment's times, from how closely its constants belong to it.</summary>
    /// <param name="deployment">What is predicted.</param>
    /// <param name="isStated">False where the split, the requests in flight or how they come had to be assumed.</param>
    public static PredictionError Of(Deployment deployment, bool isStated = true)
    {
        var kernels = deployment.Kernels;
        // Between nodes the network is assumed, so all that is left is an order of magnitude.
        var rung = deployment.SpansNodes ? KernelRung.DatasheetOnly : KernelLookup.WeakestRung(deployment);
        var isTransferred = rung >= KernelRung.EngineClass && IsOtherVendor(deployment.Accelerator);
        var evidence = isTransferred || rung == KernelRung.DatasheetOnly ? Evidence.Assumed : Evidence.Modelled;
        if (rung == KernelRung.EndToEnd)
        {
            var isOfSister = kernels.Runs!.Accelerator != deployment.Accelerator.Id;
            var runs = Math.Pow(kernels.Runs.IntervalFactor, isOfSister ? 1 + TransferWidening : 1);
            return Uniform(runs, isTransferred, evidence);
        }

        var step = Of(PredictedQuantity.TimePerToken, 1);
        return new PredictionError(
            step,
            Of(PredictedQuantity.FirstTokenAlone, 1),
            Of(PredictedQuantity.FirstTokenUnderLoad, UncheckedFirstTokenExponent),
            Of(PredictedQuantity.Throughput, 1),
            evidence
        );

        double Of(PredictedQuantity quantity, double exponent)
        {
            var compared = DeploymentIntervals.AreOf(deployment.Accelerator, rung)
                ? deployment.Intervals.For(quantity, isStated)
                : null;
            var factor = Math.Min(
                WidestFactor,
                compared?.Factor ?? Math.Pow(kernels.Constants.IntervalFactor, exponent)
            );
            if (compared is not null && HasOtherLayers(deployment.Architecture, compared))
                factor = Math.Pow(factor, 1 + NewLayerWidening);
            if (rung == KernelRung.DatasheetOnly)
                factor = Math.Max(factor, Math.Pow(kernels.DatasheetOnly.IntervalFactor, exponent));
            else if (rung is KernelRung.OtherEngine or KernelRung.SameChip)
                factor = Math.Pow(factor, 1 + TransferWidening);
            return isTransferred ? Math.Max(factor, Math.Pow(OtherVendorFactor, exponent)) : factor;
        }
    }

    /// <summary>
    /// The error of prefill and decode on devices of their own: no less than that of whole runs of that kind, also where
    /// replicas that do both were fitted more closely.
    /// </summary>
    public static PredictionError OfDisaggregated(Deployment decode)
    {
        var apart = decode.Intervals with { Engine = DeploymentIntervals.Disaggregated };
        var error = Of(decode with { Intervals = apart });
        return error with
        {
            Factor = AtLeast(PredictedQuantity.TimePerToken, error.Factor),
            FirstTokenAloneFactor = AtLeast(PredictedQuantity.FirstTokenAlone, error.FirstTokenAloneFactor),
            FirstTokenFactor = AtLeast(PredictedQuantity.FirstTokenUnderLoad, error.FirstTokenFactor),
            ThroughputFactor = AtLeast(PredictedQuantity.Throughput, error.ThroughputFactor),
        };

        double AtLeast(PredictedQuantity quantity, double factor) =>
            Math.Max(factor, Math.Min(WidestFactor, apart.For(quantity, isStated: true)?.Factor ?? 1));
    }

    private static PredictionError Uniform(double factor, bool isTransferred, Evidence evidence)
    {
        var step = Math.Min(WidestFactor, isTransferred ? Math.Max(factor, OtherVendorFactor) : factor);
        return new PredictionError(step, step, Math.Pow(step, UncheckedFirstTokenExponent), step, evidence);
    }

    private static bool HasOtherLayers(Architecture architecture, IntervalConstants compared) =>
        !LayerKinds.Of(architecture).All(kind => compared.Layers.Contains(kind, StringComparer.OrdinalIgnoreCase));

    /// <summary>True for discrete accelerators of vendors that the class medians hold no measurement of.</summary>
    internal static bool IsOtherVendor(Accelerator accelerator) =>
        accelerator.Kind is AcceleratorKind.Gpu or AcceleratorKind.TensorProcessor
        && accelerator.Vendor != KernelShelf.VendorOfMedians;

    /// <summary>Standard deviation of the logarithm of the factor on step times.</summary>
    public double Sigma => Math.Log(Factor) / NormalDistribution.Z95;

    /// <summary>By how much more, in logarithms, first tokens under load are off than steps.</summary>
    public double FirstTokenExponent => Factor > 1 ? Math.Max(1, Math.Log(FirstTokenFactor) / Math.Log(Factor)) : 1;

    /// <summary>Factor on step times that is not exceeded with the given probability.</summary>
    public double SlowdownAt(double probability) => Math.Exp(NormalDistribution.Quantile(probability) * Sigma);

    /// <summary>Probability that the factor on step times stays below a value.</summary>
    public double ProbabilityBelow(double slowdown) =>
        Sigma <= 0 ? (slowdown >= 1 ? 1 : 0) : NormalDistribution.Probability(Math.Log(slowdown) / Sigma);

    public Estimate Time(Duration time) => Estimate.WithinFactor(time.Seconds, Factor, Evidence);

    public Estimate FirstTokenTime(Duration time, bool isAlone) =>
        Estimate.WithinFactor(time.Seconds, isAlone ? FirstTokenAloneFactor : FirstTokenFactor, Evidence);

    public Estimate Throughput(double perSecond) => Estimate.WithinFactor(perSecond, ThroughputFactor, Evidence);
}
