using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>
/// Predicts the time of one step of a deployment. Prepare it once; <see cref="TimeOf"/> then allocates nothing.
/// </summary>
/// <remarks>
/// Every operator costs a start-up and a roofline whose corner is rounded:
/// <c>t0 + (compute^p + memory^p)^(1/p)</c>. Williams, Waterman and Patterson, "Roofline", CACM 52(4), 2009, with
/// attained instead of peak rates.
/// </remarks>
public sealed class Step
{
    private const double BytesPerActivation = 2;

    /// <summary>Decode attention multiplies on ordinary or padded tensor tiles, at about a quarter of the peak.</summary>
    private const double DecodeAttentionComputeFraction = 0.25;

    private const double DecodeAttentionSmoothness = 2;
    private const double AllReduceSmoothness = 1.5;

    /// <summary>Prompt lengths at which the two published prefill fractions hold.</summary>
    private const double ShortPrefill = 1536;
    private const double LongPrefill = 4096;

    private readonly Prepared[] operators;
    private readonly AttentionConstants attention;
    private readonly double memoryRate;
    private readonly double attentionRate;
    private readonly double kvBytesPerElement;
    private readonly double stepOverhead;
    private readonly double sequenceOverhead;

    /// <exception cref="MissingFigureException">The catalog lacks a rate the prediction needs.</exception>
    public Step(Deployment deployment)
    {
        var accelerator = deployment.Accelerator;
        memoryRate =
            accelerator.MemoryBandwidth?.BytesPerSecond
            ?? throw new MissingFigureException(accelerator.Id, "memoryBandwidth");
        var arithmetic =
            deployment.Arithmetic
            ?? throw new MissingFigureException(
                accelerator.Id,
                $"peak rate for {deployment.Weights.Arithmetic} matrices"
            );
        var wide = WideRate(accelerator, deployment.Weights);
        attention = KernelLookup.Attention(deployment);
        attentionRate = attention.Arithmetic is { } rate && accelerator.Peak[rate] is { } peak ? peak.PerSecond : wide;
        kvBytesPerElement = deployment.KvCache.BitsPerWeight / 8;
        stepOverhead = deployment.Rules.StepOverhead.Seconds;
        sequenceOverhead = deployment.Rules.SequenceOverhead.Seconds;

        var graph = OperatorGraph.Of(deployment);
        operators = new Prepared[graph.Count];
        for (var i = 0; i < operators.Length; i++)
            operators[i] = Prepare(graph[i], deployment, accelerator.Peak[arithmetic]!.Value.PerSecond, wide);
    }

    public Duration TimeOf(in StepShape shape)
    {
        if (shape.Tokens <= 0)
            return Duration.Zero;

        var seconds = stepOverhead + sequenceOverhead * shape.SampledRows;
        foreach (ref readonly var item in operators.AsSpan())
            seconds += item.Count * Seconds(item, shape, out _, out _, out _);
        return new Duration(seconds);
    }

    /// <summary>The same sum, operator by operator, with what binds each.</summary>
    public IReadOnlyList<OperatorTime> Explain(in StepShape shape)
    {
        var times = new List<OperatorTime>(operators.Length + 1);
        foreach (ref readonly var item in operators.AsSpan())
        {
            var seconds = Seconds(item, shape, out var flops, out var bytes, out var bound);
            if (seconds > 0)
                times.Add(
                    new(
                        item.Name,
                        item.Count,
                        new Duration(seconds * item.Count),
                        bound,
                        new Flops(flops * item.Count),
                        bytes * item.Count
                    )
                );
        }
        var overhead = stepOverhead + sequenceOverhead * shape.SampledRows;
        times.Add(new("engine overhead", 1, new Duration(overhead), Bound.Overhead, default, 0));
        return times;
    }

    /// <summary>
    /// The least time any kernel could take: every byte once at full bandwidth, every operation at full rate, perfectly
    /// overlapped, nothing else.
    /// </summary>
    public Duration PhysicalLimit(in StepShape shape)
    {
        double compute = 0;
        double memory = 0;
        foreach (ref readonly var item in operators.AsSpan())
        {
            if (item.Kind == OperatorKind.AllReduce)
                continue;
            _ = Seconds(item, shape, out var flops, out var bytes, out _);
            compute += item.Count * flops / item.PeakRate;
            memory += item.Count * bytes / memoryRate;
        }
        return new Duration(Math.Max(compute, memory));
    }

    private double Seconds(in Prepared item, in StepShape shape, out double flops, out double bytes, out Bound bound)
    {
        switch (item.Kind)
        {
            case OperatorKind.Matrix:
                return Matrix(item, shape.Tokens, item.WeightBytes, shape.Tokens, out flops, out bytes, out bound);
            case OperatorKind.Head:
                return Matrix(
                    item,
                    shape.SampledRows,
                    item.WeightBytes,
                    shape.SampledRows,
                    out flops,
                    out bytes,
                    out bound
                );
            case OperatorKind.Experts:
                var routed = shape.Tokens * item.ActiveExperts;
                // Experts that get at least one token when every token picks its own at random.
                var distinct =
                    item.Experts * (1 - Math.Pow(1 - (double)item.ActiveExperts / item.Experts, shape.Tokens));
                var weights = item.WeightBytes * distinct / item.Experts;
                return Matrix(item, routed, weights, shape.Tokens, out flops, out bytes, out bound);
            case OperatorKind.Attention:
                return AttentionSeconds(item, shape, out flops, out bytes, out bound);
            case OperatorKind.AllReduce:
                flops = 0;
                bytes = shape.Tokens * item.BytesPerToken;
                bound = Bound.Communication;
                return SmoothMaximum(item.Startup, bytes / item.MemoryRate, AllReduceSmoothness);
            default:
                flops = 0;
                bytes = shape.Tokens * item.BytesPerToken;
                bound = bytes / item.MemoryRate > item.Startup ? Bound.Memory : Bound.Latency;
                return item.Startup + bytes / item.MemoryRate;
        }
    }

    private static double Matrix(
        in Prepared item,
        double rows,
        double weightBytes,
        double tokens,
        out double flops,
        out double bytes,
        out Bound bound
    )
    {
        flops = 2 * rows * item.Output * item.Input;
        // Expert matrices carry all their elements in Output; their activations are the tokens' own rows.
        var activations =
            item.Kind == OperatorKind.Experts
                ? 2 * tokens * item.ActiveExperts * Math.Sqrt(item.Output)
                : rows * (item.Input + item.Output);
        bytes = rows <= 0 ? 0 : weightBytes + BytesPerActivation * activations;
        if (rows <= 0)
        {
            bound = Bound.Latency;
            return 0;
        }
        var compute = flops / item.ComputeRate;
        var memory = bytes / item.MemoryRate;
        bound =
            Math.Max(compute, memory) < item.Startup ? Bound.Latency
            : compute >= memory ? Bound.Compute
            : Bound.Memory;
        return item.Startup + SmoothMaximum(compute, memory, item.Smoothness);
    }

    private double AttentionSeconds(
        in Prepared item,
        in StepShape shape,
        out double flops,
        out double bytes,
        out Bound bound
    )
    {
        var seconds = 0.0;
        flops = 0;
        bytes = 0;
        bound = Bound.Latency;
        var window = item.Window;

        if (shape.PrefillTokens > 0)
        {
            // Each prompt token attends to what is cached and on average to half of its own chunk.
            var chunk = shape.PrefillTokens / shape.PrefillSequences;
            var context = Math.Min(shape.PrefillContext + chunk / 2, window);
            var work = 2 * item.QueryHeads * shape.PrefillTokens * context * item.KeyAndValueSize;
            var read = shape.PrefillSequences * Math.Min(shape.PrefillContext + chunk, window) * item.KvBytesPerToken;
            var compute = work / (item.PeakRate * PrefillFraction(shape.PrefillContext + chunk));
            seconds += item.Startup + SmoothMaximum(compute, read / (memoryRate * attention.DecodeMemoryFraction), 2);
            bound = compute > item.Startup ? Bound.Compute : Bound.Latency;
            flops += work;
            bytes += read;
        }
        if (shape.DecodeSequences > 0)
        {
            var context = Math.Min(shape.DecodeContext, window);
            var read = shape.DecodeSequences * context * item.KvBytesPerToken;
            var work = 2 * shape.DecodeSequences * context * item.QueryHeads * item.KeyAndValueSize;
            var memory = read / (memoryRate * attention.DecodeMemoryFraction);
            var compute = work / (item.PeakRate * DecodeAttentionComputeFraction);
            seconds += attention.DecodeStartup.Seconds + SmoothMaximum(memory, compute, DecodeAttentionSmoothness);
            if (memory > attention.DecodeStartup.Seconds && shape.PrefillTokens <= 0)
                bound = Bound.Memory;
            flops += work;
            bytes += read;
        }
        return seconds;
    }

    /// <summary>Longer prompts fill the tensor cores better; between the published lengths the share grows with log length.</summary>
    private double PrefillFraction(double length)
    {
        var position = Math.Log(Math.Max(length, 1) / ShortPrefill) / Math.Log(LongPrefill / ShortPrefill);
        var share = Math.Clamp(position, 0, 1);
        return attention.ShortPrefillFraction
            + share * (attention.LongPrefillFraction - attention.ShortPrefillFraction);
    }

    /// <summary>(a^p + b^p)^(1/p), written so that neither power overflows.</summary>
    private static double SmoothMaximum(double a, double b, double p)
    {
        var large = Math.Max(a, b);
        if (large <= 0)
            return 0;
        var ratio = Math.Min(a, b) / large;
        if (p == 1)
            return large * (1 + ratio);
        if (p == 2)
            return large * Math.Sqrt(1 + ratio * ratio);
        return large * Math.Pow(1 + Math.Pow(ratio, p), 1 / p);
    }

    private Prepared Prepare(Operator item, Deployment deployment, double matrixRate, double wideRate)
    {
        var constants = KernelLookup.For(item, deployment);
        var peak =
            constants.Arithmetic is { } own && deployment.Accelerator.Peak[own] is { } rate ? rate.PerSecond
            : item.Quantized ? matrixRate
            : wideRate;
        var startup = constants.Startup.Seconds;
        if (item.Quantized && deployment.Weights.Matrices.BitsPerWeight < 16)
            startup *= deployment.Rules.QuantizedKernelStartupFactor;

        var prepared = new Prepared
        {
            Kind = item.Kind,
            Name = item.Name,
            Count = item.Count,
            Output = item.Output,
            Input = item.Input,
            WeightBytes = item.WeightBytes,
            Experts = item.Experts,
            ActiveExperts = item.ActiveExperts,
            BytesPerToken = item.BytesPerToken,
            PeakRate = peak,
            ComputeRate = peak * constants.ComputeFraction,
            MemoryRate = memoryRate * constants.MemoryFraction,
            Startup = startup,
            Smoothness = constants.Smoothness,
            Window = double.PositiveInfinity,
        };
        if (item.Attention is { } heads)
            prepared = prepared with
            {
                PeakRate = attentionRate,
                Startup = attention.PrefillStartup.Seconds,
                QueryHeads = heads.QueryHeads,
                KeyAndValueSize = heads.HeadSize + heads.ValueHeadSize,
                KvBytesPerToken = (double)heads.KvHeads * (heads.HeadSize + heads.ValueHeadSize) * kvBytesPerElement,
                Window = heads.Window ?? double.PositiveInfinity,
            };
        if (item.Kind == OperatorKind.AllReduce)
        {
            var (latency, bandwidth) = KernelLookup.AllReduce(deployment);
            prepared = prepared with { Startup = latency.Seconds, MemoryRate = bandwidth.BytesPerSecond };
        }
        return prepared;
    }

    /// <summary>Rate of what is not quantized: attention, head, router.</summary>
    private static double WideRate(Accelerator accelerator, WeightFormat weights)
    {
        var peak = accelerator.Peak;
        var rate =
            weights.Rest == BlockFormats.Fp32 && !weights.IsGguf ? peak.Fp32 : peak.Bf16 ?? peak.Fp16 ?? peak.Fp32;
        return (rate ?? peak.Fp32 ?? peak.Fp16)?.PerSecond
            ?? throw new MissingFigureException(accelerator.Id, "a 16- or 32-bit peak rate");
    }

    private readonly record struct Prepared
    {
        public OperatorKind Kind { get; init; }
        public string Name { get; init; }
        public int Count { get; init; }
        public double Output { get; init; }
        public double Input { get; init; }
        public double WeightBytes { get; init; }
        public int Experts { get; init; }
        public int ActiveExperts { get; init; }
        public double BytesPerToken { get; init; }
        public double PeakRate { get; init; }
        public double ComputeRate { get; init; }
        public double MemoryRate { get; init; }
        public double Startup { get; init; }
        public double Smoothness { get; init; }
        public int QueryHeads { get; init; }
        public double KeyAndValueSize { get; init; }
        public double KvBytesPerToken { get; init; }
        public double Window { get; init; }
    }
}
