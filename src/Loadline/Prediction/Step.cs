using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>
/// Predicts the time of one step of a deployment. Prepare it once; <see cref="TimeOf"/> then allocates nothing.
/// </summary>
/// <remarks>
/// Every operator costs a start-up and a roofline whose corner is rounded:
/// <c>t0 + (compute^p + memory^p)^(1/p)</c>; see <see cref="MatrixCost"/> and <see cref="AttentionCost"/> for what else. Williams, Waterman and Patterson, "Roofline", CACM 52(4), 2009, with
/// attained instead of peak rates.
/// </remarks>
public sealed class Step
{
    private const double BytesPerActivation = 2;

    /// <summary>Start of a copy from one device to another, as aiconfigurator counts it (p2p_latency).</summary>
    private const double StageTransferSeconds = 10e-6;

    private readonly Prepared[] operators;
    private readonly AttentionCost attention;
    private readonly RecurrenceCost recurrence;
    private readonly double memoryRate;
    private readonly double wideRate;
    private readonly double stepOverhead;
    private readonly double sequenceOverhead;
    private readonly int dataRanks;

    /// <exception cref="MissingFigureException">The catalog lacks a rate the prediction needs.</exception>
    public Step(Deployment deployment)
    {
        var accelerator = deployment.Accelerator;
        memoryRate =
            accelerator.MemoryBandwidth?.BytesPerSecond
            ?? throw new MissingFigureException(accelerator.Id, "memoryBandwidth");
        // What was fitted on the card itself attains its share with the codes already counted.
        if (deployment.Kernels.Rung >= KernelRung.EngineClass)
            memoryRate *= accelerator.ShareForData;
        if (deployment.Arithmetic is null)
            throw new MissingFigureException(accelerator.Id, $"peak rate for {deployment.Weights.Arithmetic} matrices");
        wideRate = WideRate(accelerator, deployment.Weights);
        attention = AttentionCost.Of(deployment, memoryRate, wideRate);
        recurrence = RecurrenceCost.Of(deployment, memoryRate, wideRate);
        stepOverhead =
            deployment.Rules.StepOverhead.Seconds
            + deployment.Kernels.Slowdown.PerLayer.Seconds * deployment.Architecture.Layers.Length;
        sequenceOverhead = deployment.Rules.SequenceOverhead.Seconds;
        dataRanks = deployment.Parallelism.Data;
        SharesExperts = deployment.Architecture.HasExperts;
        PromptLaunchSeconds =
            deployment
                .Engine.Scheduling.LaunchPerLayer(SharesExperts, HasLatentOrLinear(deployment.Architecture))
                .Seconds * deployment.Architecture.Layers.Length;
        BatchesUnderWay = deployment.KeepsStagesBusy ? deployment.Parallelism.Pipeline : 1;

        var graph = OperatorGraph.Of(deployment);
        operators = new Prepared[graph.Count];
        for (var i = 0; i < operators.Length; i++)
            operators[i] = Prepare(graph[i], deployment);
    }

    /// <summary>Ranks with sequences of their own around the same experts; all wait for the slowest.</summary>
    public int DataRanks => dataRanks;

    /// <summary>True when some layers have experts, in which the sequences of all data-parallel ranks meet.</summary>
    public bool SharesExperts { get; }

    /// <summary>
    /// Batches under way at a time, one in each pipeline stage; 1 for engines whose devices work one after another.
    /// </summary>
    public int BatchesUnderWay { get; }

    /// <summary>Least seconds of a step with prompts, which the host launches kernel by kernel.</summary>
    public double PromptLaunchSeconds { get; }

    /// <summary>Time of a step of the whole replica.</summary>
    public Duration TimeOf(in StepShape shape)
    {
        if (shape.Tokens <= 0)
            return Duration.Zero;

        return TimeOfRank(shape.OnBusiestRank(dataRanks), shape.Tokens);
    }

    /// <summary>Time of a step whose busiest rank computes one shape, and all ranks together so many tokens.</summary>
    public Duration TimeOfRank(in StepShape own, double allTokens)
    {
        var seconds = stepOverhead + sequenceOverhead * own.Sequences;
        foreach (ref readonly var item in operators.AsSpan())
            seconds += item.Count * Seconds(item, own, allTokens, out _, out _, out _);
        return new Duration(seconds);
    }

    /// <summary>The same sum, operator by operator, with what binds each.</summary>
    public IReadOnlyList<OperatorTime> Explain(in StepShape shape)
    {
        var own = shape.OnBusiestRank(dataRanks);
        var times = new List<OperatorTime>(operators.Length + 1);
        foreach (ref readonly var item in operators.AsSpan())
        {
            var seconds = Seconds(item, own, shape.Tokens, out var flops, out var bytes, out var bound);
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
        var overhead = stepOverhead + sequenceOverhead * own.Sequences;
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
        var own = shape.OnBusiestRank(dataRanks);
        foreach (ref readonly var item in operators.AsSpan())
        {
            if (item.Kind is OperatorKind.AllReduce or OperatorKind.ExpertExchange or OperatorKind.StageTransfer)
                continue;
            _ = Seconds(item, own, shape.Tokens, out var flops, out var bytes, out _);
            compute += item.Count * flops / item.PeakRate;
            memory += item.Count * bytes / memoryRate;
        }
        return new Duration(Math.Max(compute, memory));
    }

    /// <summary>
    /// Seconds of one run of an operator: its shape is that of the busiest rank, but in the experts the tokens of all
    /// data-parallel ranks meet.
    /// </summary>
    private double Seconds(
        in Prepared item,
        in StepShape shape,
        double allTokens,
        out double flops,
        out double bytes,
        out Bound bound
    )
    {
        switch (item.Kind)
        {
            case OperatorKind.Matrix:
                return Matrix(item, shape.Tokens, item.WeightBytes, out flops, out bytes, out bound);
            case OperatorKind.Head:
                return Matrix(item, shape.SampledRows, item.WeightBytes, out flops, out bytes, out bound);
            case OperatorKind.Experts:
                var routing = Routing.Of(allTokens, item.Experts, item.ActiveExperts, item.ExpertGroups);
                var weights = item.WeightBytes * routing.ExpertShare;
                return Matrix(item, routing.Rows, weights, out flops, out bytes, out bound);
            case OperatorKind.Attention:
                return attention.Seconds(item.Attention!, shape, out flops, out bytes, out bound);
            case OperatorKind.Recurrence:
                return recurrence.Seconds(item.StateElements, shape, out flops, out bytes, out bound);
            case OperatorKind.AllReduce:
                flops = 0;
                bytes = shape.Tokens * item.BytesPerToken;
                bound = Bound.Communication;
                return item.AllReduce.Seconds(bytes);
            case OperatorKind.ExpertExchange:
                flops = 0;
                bytes = shape.Tokens * item.BytesPerToken;
                bound = Bound.Communication;
                return item.Startup + bytes / item.MemoryRate;
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
        return item.Matrix.Seconds(rows, flops, bytes, out bound);
    }

    private Prepared Prepare(Operator item, Deployment deployment)
    {
        var constants = KernelLookup.For(item, deployment);
        var peak = wideRate;
        var startupFactor = 1.0;
        if (item.Weight is { } weight)
        {
            peak = PeakOf(constants, weight, deployment);
            if (weight.IsQuantizable && deployment.Weights.FormatOf(weight).BitsPerWeight < 16)
                startupFactor = deployment.Rules.QuantizedKernelStartupFactor;
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
            ExpertGroups = item.ExpertGroups,
            BytesPerToken = item.BytesPerToken,
            StateElements = item.StateElements,
            Attention = item.Attention,
            PeakRate = peak,
            MemoryRate = memoryRate * constants.MemoryFraction,
            Startup = constants.Startup.Seconds,
        };
        return item.Kind switch
        {
            OperatorKind.Matrix or OperatorKind.Head => prepared with
            {
                Matrix = MatrixCost.OfMatrix(constants, item.Input, peak, memoryRate, startupFactor),
            },
            OperatorKind.Experts => prepared with
            {
                Matrix = MatrixCost.OfExperts(
                    constants,
                    item.RowFeatures,
                    item.Experts,
                    peak,
                    memoryRate,
                    startupFactor
                ),
            },
            OperatorKind.Attention => prepared with { PeakRate = Math.Max(attention.Rate, wideRate) },
            OperatorKind.AllReduce => prepared with { AllReduce = KernelLookup.AllReduce(deployment) },
            OperatorKind.ExpertExchange => Communicating(prepared, KernelLookup.ExpertExchange(item, deployment)),
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

    private static Prepared Communicating(in Prepared prepared, (Duration Latency, Bandwidth Bandwidth) link) =>
        prepared with
        {
            Startup = link.Latency.Seconds,
            MemoryRate = link.Bandwidth.BytesPerSecond,
        };

    /// <summary>The rate the constants are a share of, or that of the arithmetic the matrix runs in.</summary>
    private double PeakOf(MatrixConstants constants, Tensor weight, Deployment deployment)
    {
        var peak = deployment.Accelerator.Peak;
        if (constants.Arithmetic is { } own && peak[own] is { } rate)
            return rate.PerSecond;
        return deployment.ArithmeticOf(weight) is { } arithmetic ? peak[arithmetic]!.Value.PerSecond : wideRate;
    }

    private static bool HasLatentOrLinear(Architecture architecture) =>
        architecture.Layers.Any(layer =>
            layer is Mixer.LatentAttention or Mixer.CompressedAttention or Mixer.Linear or Mixer.Parallel
        );

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
        public int ExpertGroups { get; init; }
        public double BytesPerToken { get; init; }
        public double PeakRate { get; init; }
        public double MemoryRate { get; init; }
        public double Startup { get; init; }
        public MatrixCost Matrix { get; init; }
        public double RowFeatures { get; init; }
        public double StateElements { get; init; }
        public AllReduceCost AllReduce { get; init; }
        public AttentionWork? Attention { get; init; }
    }
}
