using Loadline.Catalog;

namespace Loadline.Prediction;

/// <summary>Time of one layer of linear attention or of a state space.</summary>
internal sealed class RecurrenceCost
{
    /// <summary>A state is kept in fp32 whatever the cache, and every token reads it and writes it back.</summary>
    private const double StateBytesPerElement = 2 * 4;

    /// <summary>Operations per token and number of the state in the chunked prefill kernels of linear attention.</summary>
    private const double PrefillFlops = 8;

    /// <summary>Share of the 16-bit rate those kernels attain where none was measured: 224 of 989 TFLOP/s on H100.</summary>
    private const double PrefillFraction = 0.23;

    private readonly double startup;
    private readonly double prefillStartup;
    private readonly double prefillSecondsPerToken;
    private readonly double prefillRate;
    private readonly double stateRate;

    public RecurrenceCost(RecurrentConstants constants, double memoryRate, double wideRate, double computeSlowdown)
    {
        startup = constants.Startup.Seconds;
        prefillStartup = (constants.PrefillStartup ?? constants.Startup).Seconds;
        prefillSecondsPerToken = constants.PrefillStartupPerThousandTokens.Seconds / 1000;
        prefillRate = (constants.PrefillRate?.PerSecond ?? wideRate * PrefillFraction) / computeSlowdown;
        stateRate = memoryRate * constants.MemoryFraction;
    }

    public static RecurrenceCost Of(Deployment deployment, double memoryRate, double wideRate) =>
        new(KernelLookup.Recurrent(deployment), memoryRate, wideRate, deployment.Kernels.Slowdown.Compute);

    public double Seconds(double stateElements, in StepShape shape, out double flops, out double bytes, out Bound bound)
    {
        flops = PrefillFlops * shape.Tokens * stateElements;
        bytes = StateBytesPerElement * stateElements * (shape.PrefillSequences + shape.DecodeSequences);
        bound = Bound.Latency;
        var seconds = 0.0;
        if (shape.PrefillTokens > 0)
        {
            var compute = PrefillFlops * shape.PrefillTokens * stateElements / prefillRate;
            var start = prefillStartup + prefillSecondsPerToken * shape.PrefillTokens / shape.PrefillSequences;
            seconds += start + compute;
            if (compute > start)
                bound = Bound.Compute;
        }
        if (shape.DecodeSequences > 0)
        {
            var memory = StateBytesPerElement * shape.DecodeSequences * stateElements / stateRate;
            seconds += startup + memory;
            if (memory > startup && shape.PrefillTokens <= 0)
                bound = Bound.Memory;
        }
        return seconds;
    }
}
