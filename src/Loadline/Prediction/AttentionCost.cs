using Loadline.Catalog;

namespace Loadline.Prediction;

/// <summary>Time of one layer of attention: the prompts of a step in one kernel, its decoding sequences in another.</summary>
internal sealed class AttentionCost
{
    /// <summary>Decode attention multiplies on ordinary or padded tensor tiles, at about a quarter of the peak.</summary>
    private const double DecodeComputeFraction = 0.25;

    private const double Smoothness = 2;

    private readonly AttentionConstants constants;
    private readonly LatentDecodeConstants latentDecode;
    private readonly double wideRate;
    private readonly double memoryRate;
    private readonly double kvBytesPerElement;
    private readonly double decodeComputeFraction;

    /// <remarks>Prefill attains a share of the peak rate, decode one of the 16-bit rate; FLOP/s and bytes/s.</remarks>
    public AttentionCost(
        AttentionConstants constants,
        LatentDecodeConstants latentDecode,
        double peakRate,
        double wideRate,
        double memoryRate,
        double kvBytesPerElement,
        double computeSlowdown
    )
    {
        this.constants = constants;
        this.latentDecode = latentDecode;
        this.wideRate = wideRate;
        this.memoryRate = memoryRate;
        this.kvBytesPerElement = kvBytesPerElement;
        decodeComputeFraction = DecodeComputeFraction / computeSlowdown;
        Rate = peakRate;
    }

    public static AttentionCost Of(Deployment deployment, double memoryRate, double wideRate)
    {
        var constants = KernelLookup.Attention(deployment);
        var peak =
            constants.Arithmetic is { } rate && deployment.Accelerator.Peak[rate] is { } own ? own.PerSecond : wideRate;
        return new AttentionCost(
            constants,
            KernelLookup.LatentDecode(deployment),
            peak,
            wideRate,
            memoryRate,
            deployment.KvCache.BitsPerWeight / 8,
            deployment.Kernels.Slowdown.Compute
        );
    }

    /// <summary>Peak FLOP/s the shares are of.</summary>
    public double Rate { get; }

    public double Seconds(AttentionWork heads, in StepShape shape, out double flops, out double bytes, out Bound bound)
    {
        flops = 0;
        bytes = 0;
        bound = Bound.Latency;
        var seconds = 0.0;
        if (shape.PrefillTokens > 0)
            seconds += Prefill(heads, shape, ref flops, ref bytes, ref bound);
        if (shape.DecodeSequences > 0)
            seconds += Decode(heads, shape, ref flops, ref bytes, ref bound);
        return seconds;
    }

    private double Prefill(AttentionWork heads, in StepShape shape, ref double flops, ref double bytes, ref Bound bound)
    {
        var chunk = shape.PrefillTokens / shape.PrefillSequences;
        var length = shape.PrefillContext + chunk;
        var attended = heads.MeanAttended(shape.PrefillContext, chunk);
        var scored = heads.Scored(shape.PrefillContext + chunk / 2);
        var work = shape.PrefillTokens * (attended * heads.PrefillFlops + scored * heads.IndexerFlops);
        // The chunk shares what it reads: the window behind its first token, or all groups before its last.
        var kept = Math.Min(length, heads.Near > 0 ? heads.Near + chunk : 0) + length / heads.Ratio;
        var read = shape.PrefillSequences * CacheBytes(heads, kept, length);
        var effort =
            shape.PrefillTokens
            * (
                (attended + constants.QueryOverheadTokens)
                    * (heads.PrefillFlops + 2 * heads.QueryHeads * constants.SoftmaxWidth)
                + scored * heads.IndexerFlops
            );
        var compute = effort / (Rate * constants.PrefillFraction);
        var scores = shape.PrefillTokens * attended * heads.QueryHeads * constants.ScoreBytes;
        var memory = read / (memoryRate * constants.DecodeMemoryFraction) + scores / memoryRate;
        var startup =
            constants.PrefillStartup.Seconds + constants.PrefillStartupPerThousandTokens.Seconds * kept / 1000;
        if (compute > startup)
            bound = Bound.Compute;
        flops += work;
        bytes += read;
        return startup + Roofline.SmoothMaximum(compute, memory, Smoothness);
    }

    private double Decode(AttentionWork heads, in StepShape shape, ref double flops, ref double bytes, ref Bound bound)
    {
        var context = shape.DecodeContext;
        var attended = heads.Attended(context);
        var read = shape.DecodeSequences * CacheBytes(heads, attended, context);
        var work = shape.DecodeTokens * (attended * heads.DecodeFlops + heads.Scored(context) * heads.IndexerFlops);
        var (startup, fraction, computeFraction) = heads.IsLatent
            ? (
                latentDecode.Startup.Seconds
                    + latentDecode.StartupPerThousandSequences.Seconds * shape.DecodeSequences / 1000,
                latentDecode.MemoryFraction,
                latentDecode.ComputeFraction
            )
            : (
                constants.DecodeStartup.Seconds
                    + constants.DecodeStartupPerThousandHeads.Seconds * shape.DecodeSequences * heads.KvHeads / 1000,
                constants.DecodeMemoryFraction,
                decodeComputeFraction
            );
        var copies = constants.RepeatsHeads ? heads.QueryHeads / heads.KvHeads : 1;
        var memory = read * copies / (memoryRate * fraction);
        var compute = work / (wideRate * computeFraction);
        if (Math.Max(memory, compute) > startup && shape.PrefillTokens <= 0)
            bound = memory >= compute ? Bound.Memory : Bound.Compute;
        flops += work;
        bytes += read;
        return startup + Roofline.SmoothMaximum(memory, compute, Smoothness);
    }

    private double CacheBytes(AttentionWork heads, double attended, double context) =>
        kvBytesPerElement * (attended * heads.Elements + heads.Scored(context) * heads.IndexerElements);
}
