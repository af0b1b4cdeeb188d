using Loadline.Catalog;

namespace Loadline.Prediction;

/// <summary>Time of one layer of attention: the prompts of a step in one kernel, its decoding sequences in another.</summary>
internal sealed class AttentionCost
{
    /// <summary>Decode attention multiplies on ordinary or padded tensor tiles, at about a quarter of the peak.</summary>
    private const double DecodeComputeFraction = 0.25;

    private const double Smoothness = 2;

    /// <summary>Prompt lengths at which the two published prefill fractions hold.</summary>
    private const double ShortPrefill = 1536;
    private const double LongPrefill = 4096;

    private readonly AttentionConstants constants;
    private readonly MemoryConstants latentDecode;
    private readonly double memoryRate;
    private readonly double kvBytesPerElement;
    private readonly double computeSlowdown;

    public AttentionCost(Deployment deployment, double memoryRate, double wideRate)
    {
        constants = KernelLookup.Attention(deployment);
        latentDecode = KernelLookup.LatentDecode(deployment);
        this.memoryRate = memoryRate;
        Rate =
            constants.Arithmetic is { } rate && deployment.Accelerator.Peak[rate] is { } peak
                ? peak.PerSecond
                : wideRate;
        kvBytesPerElement = deployment.KvCache.BitsPerWeight / 8;
        computeSlowdown = deployment.Kernels.Slowdown.Compute;
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
        var compute = work / (Rate * PrefillFraction(length));
        var scores = shape.PrefillTokens * attended * heads.QueryHeads * constants.ScoreBytes;
        var memory = read / (memoryRate * constants.DecodeMemoryFraction) + scores / memoryRate;
        if (compute > constants.PrefillStartup.Seconds)
            bound = Bound.Compute;
        flops += work;
        bytes += read;
        return constants.PrefillStartup.Seconds + Roofline.SmoothMaximum(compute, memory, Smoothness);
    }

    private double Decode(AttentionWork heads, in StepShape shape, ref double flops, ref double bytes, ref Bound bound)
    {
        var context = shape.DecodeContext;
        var attended = heads.Attended(context);
        var read = shape.DecodeSequences * CacheBytes(heads, attended, context);
        var work = shape.DecodeTokens * (attended * heads.DecodeFlops + heads.Scored(context) * heads.IndexerFlops);
        var startup = heads.IsLatent ? latentDecode.Startup.Seconds : constants.DecodeStartup.Seconds;
        var fraction = heads.IsLatent ? latentDecode.MemoryFraction : constants.DecodeMemoryFraction;
        // All heads share a latent vector, so they fill a tile as the queries of a prompt do.
        var computeFraction = heads.IsLatent
            ? Math.Max(DecodeComputeFraction, constants.LongPrefillFraction)
            : DecodeComputeFraction;
        var memory = read / (memoryRate * fraction);
        var compute = work * computeSlowdown / (Rate * computeFraction);
        if (Math.Max(memory, compute) > startup && shape.PrefillTokens <= 0)
            bound = memory >= compute ? Bound.Memory : Bound.Compute;
        flops += work;
        bytes += read;
        return startup + Roofline.SmoothMaximum(memory, compute, Smoothness);
    }

    private double CacheBytes(AttentionWork heads, double attended, double context) =>
        kvBytesPerElement * (attended * heads.Elements + heads.Scored(context) * heads.IndexerElements);

    /// <summary>Longer prompts fill the tensor cores better; between the published lengths the share grows with log length.</summary>
    private double PrefillFraction(double length)
    {
        var position = Math.Log(Math.Max(length, 1) / ShortPrefill) / Math.Log(LongPrefill / ShortPrefill);
        var share = Math.Clamp(position, 0, 1);
        return constants.ShortPrefillFraction
            + share * (constants.LongPrefillFraction - constants.ShortPrefillFraction);
    }
}
