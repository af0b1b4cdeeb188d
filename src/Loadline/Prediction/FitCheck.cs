using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>A question about memory; null fields are left open or take a default that the answer lists.</summary>
public sealed record FitQuestion
{
    public required Model Model { get; init; }
    public required HardwareSpec Hardware { get; init; }
    public string? Weights { get; init; }
    public string? KvCache { get; init; }
    public string? Engine { get; init; }

    /// <summary>Tokens per sequence; null asks for the weights and one cache block.</summary>
    public long? Context { get; init; }
    public long Concurrency { get; init; } = 1;

    /// <summary>Devices per replica; null uses all of the hardware.</summary>
    public int? TensorParallel { get; init; }

    /// <summary>Stages of layers, ranks of experts and of data; null where left open.</summary>
    public int? PipelineParallel { get; init; }
    public int? ExpertParallel { get; init; }
    public int? DataParallel { get; init; }

    /// <summary>Layers on the device; null puts all there. The others stay on the host.</summary>
    public int? DeviceLayers { get; init; }

    /// <summary>Share of each device in the layers, in any unit; empty leaves it to the engine.</summary>
    public ImmutableArray<double> TensorSplit { get; init; } = [];
    public int Adapters { get; init; }
    public int AdapterRank { get; init; } = 16;
    public Model? Draft { get; init; }
    public ImmutableArray<Model> Beside { get; init; } = [];
}

/// <summary>Answers whether a model fits, what is on each device, and what the nearest thing is that fits.</summary>
public sealed class FitCheck(CatalogReader catalog)
{
    /// <summary>Far beyond any context or concurrency that exists; larger numbers are mistakes.</summary>
    public const long LargestCount = 1L << 32;

    /// <summary>Tokens of all sequences together beyond which their bytes can no longer be counted.</summary>
    private const long MostTokens = 1L << 36;

    /// <summary>A sequence occupies whole blocks, in no engine of more tokens than these.</summary>
    private const long LargestBlock = 256;

    private readonly DeploymentBuilder builder = new(catalog);

    /// <exception cref="BadContentException">The question contradicts itself.</exception>
    public MemoryAnswer Ask(FitQuestion question)
    {
        Refuse(question.Context, "--context");
        Refuse(question.Concurrency, "--concurrency");
        RefuseUncountable(question);
        RefuseSplit(question.TensorSplit);
        var built = Build(question);
        var memory = new ServingMemory(built.Deployment);
        var reason = WhyNot(question, memory, built.Deployment);
        var nearest = reason is null ? [] : new NearestSearch(catalog, builder).Of(question, built.Deployment);
        return Answer(question, built, memory, reason, nearest);
    }

    /// <summary>Sequences that fit at every context up to the model's own, or up to the one asked for.</summary>
    public ImmutableArray<ContextPoint> CurveOf(FitQuestion question)
    {
        var deployment = Build(question).Deployment;
        var longest = question.Context ?? deployment.Architecture.MaximumContext ?? 1;
        return ContextCurve.Of(new ServingMemory(deployment), longest);
    }

    /// <summary>The deployment a question is about: as asked for, or over all of the hardware the way the engine can.</summary>
    internal BuiltDeployment Build(FitQuestion question)
    {
        var request = Request(question, question.Weights, question.Hardware.Count);
        return builder.Build(Placed(question, request));
    }

    /// <summary>
    /// The request with the split that was asked for. What is left open is one, and tensor ranks take the remaining devices.
    /// </summary>
    private static DeploymentRequest Placed(FitQuestion question, DeploymentRequest request)
    {
        var isOpen =
            question is { TensorParallel: null, PipelineParallel: null, ExpertParallel: null, DataParallel: null };
        if (isOpen)
            return request;
        var parallelism = new Parallelism(
            Degree(question.TensorParallel, "--tensor-parallel"),
            Degree(question.PipelineParallel, "--pipeline-parallel"),
            Degree(question.ExpertParallel, "--expert-parallel"),
            Degree(question.DataParallel, "--data-parallel")
        );
        if (parallelism.Devices > question.Hardware.Count)
            throw new BadContentException(
                "--tensor-parallel",
                "",
                $"{parallelism.Devices} devices per replica",
                $"at most {question.Hardware.Count}, the devices of {question.Hardware}"
            );
        return request with { Parallelism = parallelism, TensorTakesTheRest = question.TensorParallel is null };

        int Degree(int? asked, string option) =>
            asked is null or (>= 1 and <= HardwareSpec.MaximumCount)
                ? asked ?? 1
                : throw new BadContentException(option, "", $"{asked}", $"1 to {question.Hardware.Count}");
    }

    private static MemoryAnswer Answer(
        FitQuestion question,
        BuiltDeployment built,
        ServingMemory memory,
        string? reason,
        ImmutableArray<NearestFit> nearest
    )
    {
        var deployment = built.Deployment;
        var assumptions = built.Assumptions.ToBuilder();
        assumptions.InsertRange(0, question.Model.Assumptions);
        var context = question.Context ?? deployment.Architecture.MaximumContext ?? 1;
        if (question.Context is null)
            assumptions.Add(
                $"No context given: \"fits\" means weights, overhead and one cache block; concurrency is for {context:N0} tokens."
            );
        if (deployment.Accelerator.UsableMemory is null)
            assumptions.Add(
                $"What the driver of {deployment.Accelerator.Name} leaves usable is not known; its reserve is part of the overhead."
            );
        if (memory.CommunicationBuffers is { Value: > 0 } buffers)
            assumptions.Add(
                $"The overhead of a device holds {new ByteSize((long)buffers.Value)} of buffers to the other {deployment.Parallelism.Devices - 1}."
            );
        var device = memory.With(question.Context ?? 1, question.Concurrency);
        return new MemoryAnswer
        {
            Model = question.Model.Id,
            Hardware = question.Hardware.ToString(),
            Engine = $"{deployment.Engine.Id}@{deployment.Rules.Since}",
            WeightFormat = deployment.Weights.Name,
            KvFormat = deployment.KvCache.Name,
            TensorParallel = deployment.Parallelism.Tensor,
            PipelineParallel = deployment.Parallelism.Pipeline,
            ExpertParallel = deployment.Parallelism.Expert,
            DataParallel = deployment.Parallelism.Data,
            HostWeightsBytes = deployment.IsEmbeddingOnHost ? HostShare.WeightsOf(deployment).Bytes : null,
            HostCacheBytes =
                deployment.HostLayers > 0
                    ? HostShare.CacheOf(deployment, question.Context ?? 1, question.Concurrency).Bytes
                    : null,
            Context = question.Context,
            Concurrency = question.Concurrency,
            Fits = reason is null,
            Reason = reason,
            ShortfallBytes =
                reason is null || device.FreeBytes.Low >= 0 ? null : (long)Math.Ceiling(-device.FreeBytes.Low),
            Nearest = nearest,
            PerDevice =
            [
                .. memory
                    .PerDevice(question.Context ?? 1, question.Concurrency)
                    .Select((each, index) => DeviceSummary.Of($"{question.Hardware.DeviceAt(index).Id}#{index}", each)),
            ],
            CacheTokens = memory.CacheTokens,
            MaximumConcurrency = memory.MaximumConcurrency(context),
            MaximumContext = memory.MaximumContext(question.Concurrency),
            Assumptions = assumptions.ToImmutable(),
        };
    }

    /// <summary>Null when it fits at the upper end of every estimate.</summary>
    internal static string? WhyNot(FitQuestion question, ServingMemory memory, Deployment deployment)
    {
        if (question.Context is { } context && deployment.Architecture.MaximumContext is { } most && context > most)
            return $"the model was configured for {most:N0} tokens, not {context:N0}";
        var device = memory.With(question.Context ?? 1, question.Concurrency);
        if (device.FreeBytes.Low >= 0)
            return null;

        var budget = device.FreeBytes.Low + device.Cache.Bytes < 0;
        return budget
            ? $"weights of {device.Weights} and overhead exceed what {deployment.Engine.Name} may use of {device.Capacity} per device"
            : $"the cache needs {device.Cache} per device, {new ByteSize((long)device.CachePoolBytes.Low)} are left beside the weights";
    }

    internal static DeploymentRequest Request(FitQuestion question, string? weights, int devices) =>
        new()
        {
            Model = question.Model,
            Accelerator = question.Hardware.Accelerator,
            Weights = weights,
            KvCache = question.KvCache,
            Engine = question.Engine,
            Devices = devices,
            Context = question.Context,
            HostLayers = HostLayers(question),
            UnequalDevices = question.Hardware.Unequal,
            TensorSplit = devices == question.Hardware.Count ? question.TensorSplit : [],
            Adapters = question.Adapters,
            AdapterRank = question.AdapterRank,
            Draft = question.Draft,
            Beside = question.Beside,
        };

    private static int HostLayers(FitQuestion question)
    {
        var layers = question.Model.Architecture.Layers.Length;
        return question.DeviceLayers switch
        {
            null => 0,
            < 1 => throw new BadContentException("--device-layers", "", $"{question.DeviceLayers}", $"1 to {layers}"),
            var some => Math.Max(0, layers - some.Value),
        };
    }

    private static void RefuseUncountable(FitQuestion question)
    {
        var tokens = (Int128)Math.Max(question.Context ?? 1, LargestBlock) * question.Concurrency;
        if (tokens > MostTokens)
            throw new BadContentException(
                "--concurrency",
                "",
                $"{question.Concurrency} sequences of {question.Context ?? 1} tokens",
                $"at most {MostTokens} tokens in all"
            );
    }

    private static void RefuseSplit(ImmutableArray<double> split)
    {
        foreach (var share in split)
        {
            if (!(share >= 0 && double.IsFinite(share)))
                throw new BadContentException("--tensor-split", "", $"{share}", "shares of zero or more");
        }
        if (!split.IsEmpty && split.Sum() <= 0)
            throw new BadContentException("--tensor-split", "", "no share above zero", "3,1 for example");
    }

    internal static void Refuse(long? count, string option)
    {
        if (count is < 1 or > LargestCount)
            throw new BadContentException(option, "", $"{count}", $"a number from 1 to {LargestCount}");
    }
}
