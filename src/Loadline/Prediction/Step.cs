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

    private const double AttentionSmoothness = 2;
    private const double AllReduceSmoothness = 1.5;

    /// <summary>A state is kept in fp32 whatever the cache, and every token reads it and writes it back.</summary>
    private const double StateBytesPerElement = 2 * 4;

    /// <summary>Operations per token and number of the state in the chunked prefill kernels of linear attention.</summary>
    private const double RecurrencePrefillFlops = 8;

    /// <summary>Share of the 16-bit rate those kernels attain where none was measured: 224 of 989 TFLOP/s on H100.</summary>
    private const double RecurrencePrefillFraction = 0.23;

    /// <summary>Start of a copy from one device to another, as aiconfigurator counts it (p2p_latency).</summary>
    private const double StageTransferSeconds = 10e-6;

    /// <summary>Prompt lengths at which the two published prefill fractions hold.</summary>
    private const double ShortPrefill = 1536;
    private const double LongPrefill = 4096;

    private readonly Prepared[] operators;
    private readonly AttentionConstants attention;
    private readonly double memoryRate;
    private readonly double attentionRate;
    private readonly MemoryConstants latentDecode;
    private readonly RecurrentConstants recurrence;
    private readonly double wideRate;
    private readonly double kvBytesPerElement;
    private readonly double computeSlowdown;
    private readonly double stepOverhead;
    private readonly double sequenceOverhead;

    /// <exception cref="MissingFigureException">The catalog lacks a rate the prediction needs.</exception>
    public Step(Deployment deployment)
    {
        var accelerator = deployment.Accelerator;
        memoryRate =
            accelerator.MemoryBandwidth?.BytesPerSecond
            ?? throw new MissingFigureException(accelerator.Id, "memoryBandwidth");
        if (deployment.Arithmetic is null)
            throw new MissingFigureException(accelerator.Id, $"peak rate for {deployment.Weights.Arithmetic} matrices");
        wideRate = WideRate(accelerator, deployment.Weights);
        attention = KernelLookup.Attention(deployment);
        latentDecode = KernelLookup.LatentDecode(deployment);
        recurrence = KernelLookup.Recurrent(deployment);
        attentionRate =
            attention.Arithmetic is { } rate && accelerator.Peak[rate] is { } peak ? peak.PerSecond : wideRate;
        kvBytesPerElement = deployment.KvCache.BitsPerWeight / 8;
        computeSlowdown = deployment.Kernels.Slowdown.Compute;
        stepOverhead =
            deployment.Rules.StepOverhead.Seconds
            + deployment.Kernels.Slowdown.PerLayer.Seconds * deployment.Architecture.Layers.Length;
        sequenceOverhead = deployment.Rules.SequenceOverhead.Seconds;

        var graph = OperatorGraph.Of(deployment);
        operators = new Prepared[graph.Count];
        for (var i = 0; i < operators.Length; i++)
            operators[i] = Prepare(graph[i], deployment);
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
            if (item.Kind is OperatorKind.AllReduce or OperatorKind.StageTransfer)
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
                return Matrix(item, shape.Tokens, item.WeightBytes, out flops, out bytes, out bound);
            case OperatorKind.Head:
                return Matrix(item, shape.SampledRows, item.WeightBytes, out flops, out bytes, out bound);
            case OperatorKind.Experts:
                var routed = shape.Tokens * item.ActiveExperts;
                // Experts that get at least one token when every token picks its own at random.
                var distinct =
                    item.Experts * (1 - Math.Pow(1 - (double)item.ActiveExperts / item.Experts, shape.Tokens));
                var weights = item.WeightBytes * distinct / item.Experts;
                return Matrix(item, routed, weights, out flops, out bytes, out bound);
            case OperatorKind.Attention:
                return AttentionSeconds(item, shape, out flops, out bytes, out bound);
            case OperatorKind.Recurrence:
                return RecurrenceSeconds(item, shape, out flops, out bytes, out bound);
            case OperatorKind.AllReduce:
                flops = 0;
                bytes = shape.Tokens * item.BytesPerToken;
                bound = Bound.Communication;
                return SmoothMaximum(item.Startup, bytes / item.MemoryRate, AllReduceSmoothness);
            case OperatorKind.StageTransfer:
                flops = 0;
                bytes = shape.Tokens * item.BytesPerToken;
                bound = Bound.Communication;
                return item.Startup + bytes / item.MemoryRate;
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
        out double flops,
        out double bytes,
        out Bound bound
    )
    {
        flops = 2 * rows * item.Output * item.Input;
        bytes = rows <= 0 ? 0 : weightBytes + BytesPerActivation * rows * item.RowFeatures;
        bound = Bound.Latency;
        if (rows <= 0)
            return 0;
        var compute = flops / item.ComputeRate;
        var memory = bytes / item.MemoryRate;
        if (Math.Max(compute, memory) >= item.Startup)
            bound = compute >= memory ? Bound.Compute : Bound.Memory;
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
        var heads = item.Attention!;

        if (shape.PrefillTokens > 0)
        {
            var chunk = shape.PrefillTokens / shape.PrefillSequences;
            var length = shape.PrefillContext + chunk;
            var attended = heads.MeanAttended(shape.PrefillContext, chunk);
            var scored = heads.Scored(shape.PrefillContext + chunk / 2);
            var work = shape.PrefillTokens * (attended * heads.PrefillFlops + scored * heads.IndexerFlops);
            // The chunk shares what it reads: the window behind its first token, or all groups before its last.
            var kept = Math.Min(length, heads.Near > 0 ? heads.Near + chunk : 0) + length / heads.Ratio;
            var read = shape.PrefillSequences * CacheBytes(heads, kept, length);
            var compute = work / (attentionRate * PrefillFraction(length));
            var scores = shape.PrefillTokens * attended * heads.QueryHeads * attention.ScoreBytes;
            var memory = read / (memoryRate * attention.DecodeMemoryFraction) + scores / memoryRate;
            seconds += attention.PrefillStartup.Seconds + SmoothMaximum(compute, memory, AttentionSmoothness);
            if (compute > attention.PrefillStartup.Seconds)
                bound = Bound.Compute;
            flops += work;
            bytes += read;
        }
        if (shape.DecodeSequences > 0)
        {
            var context = shape.DecodeContext;
            var attended = heads.Attended(context);
            var read = shape.DecodeSequences * CacheBytes(heads, attended, context);
            var work =
                shape.DecodeSequences * (attended * heads.DecodeFlops + heads.Scored(context) * heads.IndexerFlops);
            var startup = heads.IsLatent ? latentDecode.Startup.Seconds : attention.DecodeStartup.Seconds;
            var fraction = heads.IsLatent ? latentDecode.MemoryFraction : attention.DecodeMemoryFraction;
            // All heads share a latent vector, so they fill a tile as the queries of a prompt do.
            var computeFraction = heads.IsLatent
                ? Math.Max(DecodeAttentionComputeFraction, attention.LongPrefillFraction)
                : DecodeAttentionComputeFraction;
            var memory = read / (memoryRate * fraction);
            var compute = work * computeSlowdown / (attentionRate * computeFraction);
            seconds += startup + SmoothMaximum(memory, compute, AttentionSmoothness);
            if (Math.Max(memory, compute) > startup && shape.PrefillTokens <= 0)
                bound = memory >= compute ? Bound.Memory : Bound.Compute;
            flops += work;
            bytes += read;
        }
        return seconds;
    }

    private double CacheBytes(AttentionWork heads, double attended, double context) =>
        kvBytesPerElement * (attended * heads.Elements + heads.Scored(context) * heads.IndexerElements);

    private double RecurrenceSeconds(
        in Prepared item,
        in StepShape shape,
        out double flops,
        out double bytes,
        out Bound bound
    )
    {
        flops = RecurrencePrefillFlops * shape.Tokens * item.StateElements;
        bytes = StateBytesPerElement * item.StateElements * (shape.PrefillSequences + shape.DecodeSequences);
        bound = Bound.Latency;
        var startup = recurrence.Startup.Seconds;
        var seconds = 0.0;
        if (shape.PrefillTokens > 0)
        {
            var compute = RecurrencePrefillFlops * shape.PrefillTokens * item.StateElements / item.ComputeRate;
            seconds += startup + compute;
            if (compute > startup)
                bound = Bound.Compute;
        }
        if (shape.DecodeSequences > 0)
        {
            var memory = StateBytesPerElement * shape.DecodeSequences * item.StateElements / item.MemoryRate;
            seconds += startup + memory;
            if (memory > startup && shape.PrefillTokens <= 0)
                bound = Bound.Memory;
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

    private Prepared Prepare(Operator item, Deployment deployment)
    {
        var constants = KernelLookup.For(item, deployment);
        var peak = wideRate;
        var startup = constants.Startup.Seconds;
        if (item.Weight is { } weight)
        {
            peak = PeakOf(constants, weight, deployment);
            if (weight.IsQuantizable && deployment.Weights.FormatOf(weight).BitsPerWeight < 16)
                startup *= deployment.Rules.QuantizedKernelStartupFactor;
        }

        var prepared = new Prepared
        {
            Kind = item.Kind,
            Name = item.Name,
            Count = item.Count,
            Output = item.Output,
            Input = item.Input,
            RowFeatures = item.RowFeatures,
            WeightBytes = item.WeightBytes,
            Experts = item.Experts,
            ActiveExperts = item.ActiveExperts,
            BytesPerToken = item.BytesPerToken,
            StateElements = item.StateElements,
            Attention = item.Attention,
            PeakRate = peak,
            ComputeRate = peak * constants.ComputeFraction,
            MemoryRate = memoryRate * constants.MemoryFraction,
            Startup = startup,
            Smoothness = constants.Smoothness,
        };
        return item.Kind switch
        {
            OperatorKind.Attention => prepared with { PeakRate = Math.Max(attentionRate, wideRate) },
            OperatorKind.Recurrence => prepared with
            {
                ComputeRate =
                    (recurrence.PrefillRate?.PerSecond ?? wideRate * RecurrencePrefillFraction) / computeSlowdown,
                MemoryRate = memoryRate * recurrence.MemoryFraction,
            },
            OperatorKind.AllReduce => AllReduce(prepared, deployment),
            // Without a known link only the start of the copy is counted.
            OperatorKind.StageTransfer => prepared with
            {
                Startup = StageTransferSeconds + deployment.Kernels.Slowdown.PerTransfer.Seconds,
                MemoryRate =
                    deployment.Accelerator.Link?.BandwidthPerDirection?.BytesPerSecond ?? double.PositiveInfinity,
            },
            _ => prepared,
        };
    }

    private static Prepared AllReduce(in Prepared prepared, Deployment deployment)
    {
        var (latency, bandwidth) = KernelLookup.AllReduce(deployment);
        return prepared with { Startup = latency.Seconds, MemoryRate = bandwidth.BytesPerSecond };
    }

    /// <summary>The rate the constants are a share of, or that of the arithmetic the matrix runs in.</summary>
    private double PeakOf(MatrixConstants constants, Tensor weight, Deployment deployment)
    {
        var peak = deployment.Accelerator.Peak;
        if (constants.Arithmetic is { } own && peak[own] is { } rate)
            return rate.PerSecond;
        return deployment.ArithmeticOf(weight) is { } arithmetic ? peak[arithmetic]!.Value.PerSecond : wideRate;
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
        public double RowFeatures { get; init; }
        public double StateElements { get; init; }
        public AttentionWork? Attention { get; init; }
    }
}
