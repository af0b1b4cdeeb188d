using Loadline.Prediction;

namespace Loadline.Calibrate;

/// <summary>What a run's figure is about.</summary>
internal enum Phase
{
    Prefill,

    /// <summary>Decode, or whole requests, most of which is decode.</summary>
    Decode,
}

/// <summary>A published run beside the conditions that decide which constants it can teach.</summary>
internal sealed record MeasuredRun(
    string Id,
    string Accelerator,
    string Engine,
    string NewestKernels,
    string Model,
    string Deployment,
    string Source,
    string Date,
    Phase Phase,
    bool IsRate,
    bool CrossesDevices,
    bool IsOfOtherVendor
)
{
    public (string Accelerator, string Engine) Group => (Accelerator, Engine);

    /// <summary>Logarithm of measured over predicted time: positive when the run was slower than predicted.</summary>
    public double SlownessOf(ScoredCase scored)
    {
        var ratio = Math.Log(scored.Measured / scored.Predicted!.Value.Value);
        return IsRate ? -ratio : ratio;
    }

    public static Phase PhaseOf(string metric) =>
        metric.Contains("ttft", StringComparison.Ordinal) || metric.Contains("prefill", StringComparison.Ordinal)
            ? Phase.Prefill
            : Phase.Decode;

    public static bool IsRateMetric(string metric) =>
        metric.Contains("tok_s", StringComparison.Ordinal) || metric.Contains("requests_s", StringComparison.Ordinal);
}
