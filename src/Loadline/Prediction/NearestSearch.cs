using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>Finds the smallest changes with which something fits that does not.</summary>
internal sealed class NearestSearch(CatalogReader catalog, DeploymentBuilder builder)
{
    private static readonly int[] Degrees = [2, 4, 8, 16, 32];
    private static readonly int[] Counts = [1, 2, 4, 8];

    /// <summary>From wide to narrow, as a user would go down.</summary>
    private static readonly string[] Formats = ["bf16", "fp8", "int8", "int4", "nvfp4", "mxfp4"];
    private static readonly string[] GgufFormats = ["F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q3_K_M", "Q2_K"];

    /// <summary>
    /// One change at a time: narrower weights, more devices, a narrower cache. Where none of them is enough, narrower
    /// weights on more devices; where there is no such either, the least memory of another accelerator.
    /// </summary>
    public ImmutableArray<NearestFit> Of(FitQuestion question, Deployment deployment)
    {
        var devices = deployment.Parallelism.Devices;
        var narrower = Narrower(deployment).ToList();
        var more = Degrees
            .Where(degree => degree > devices && question.Hardware.Unequal.IsEmpty)
            .Where(degree => degree <= Math.Max(NodeOf(question.Hardware.Accelerator), question.Hardware.Count))
            .ToList();
        NearestFit?[] single =
        [
            FirstFit(narrower.Select(format => question with { Weights = format }), devices, InFormat),
            FirstFit(more.Select(degree => (question, degree)), (asked, degree) => OnDevices(degree)),
            question.Context is not null && deployment.KvCache.BitsPerWeight > 8
                ? TryFit(question with { KvCache = "fp8" }, devices, "the cache in fp8")
                : null,
        ];
        if (single.OfType<NearestFit>().ToImmutableArray() is { IsEmpty: false } found)
            return found;

        var both = from format in narrower from degree in more select (question with { Weights = format }, degree);
        var nearest =
            FirstFit(both, (asked, degree) => $"{InFormat(asked)}, {OnDevices(degree)}") ?? OnOtherHardware(question);
        return nearest is null ? [] : [nearest];
    }

    private static IEnumerable<string> Narrower(Deployment deployment)
    {
        var bits = deployment.Weights.Matrices.BitsPerWeight;
        var formats = deployment.Rules.CacheLayout == CacheLayoutKind.Slots ? GgufFormats : Formats;
        return formats.Where(format =>
            WeightFormats.Find(format, deployment.Architecture).Matrices.BitsPerWeight < bits - 0.3
        );
    }

    private static string InFormat(FitQuestion question) => $"weights in {question.Weights}";

    private static string OnDevices(int degree) => $"{degree} devices per replica";

    private static int NodeOf(Accelerator accelerator) => accelerator.Link?.DevicesPerNode ?? int.MaxValue;

    private NearestFit? OnOtherHardware(FitQuestion question)
    {
        var options =
            from accelerator in catalog.Accelerators.All
            from count in Counts
            where count <= Math.Max(1, accelerator.Link?.DevicesPerNode ?? 1)
            orderby accelerator.Memory.Bytes * count, count
            select new HardwareSpec(accelerator, count);
        var open = question with { DeviceLayers = null, TensorSplit = [] };
        return FirstFit(
            options.Select(hardware => (open with { Hardware = hardware }, hardware.Count)),
            (_, _) => "other hardware"
        );
    }

    private NearestFit? FirstFit(IEnumerable<FitQuestion> questions, int devices, Func<FitQuestion, string> change) =>
        FirstFit(questions.Select(question => (question, devices)), (question, _) => change(question));

    private NearestFit? FirstFit(
        IEnumerable<(FitQuestion Question, int Devices)> candidates,
        Func<FitQuestion, int, string> change
    ) =>
        candidates
            .Select(one => TryFit(one.Question, one.Devices, change(one.Question, one.Devices)))
            .FirstOrDefault(fit => fit is not null);

    private NearestFit? TryFit(FitQuestion question, int devices, string change)
    {
        var request = FitCheck.Request(question, question.Weights, devices);
        if (builder.TryBuild(request, out _) is not { } built)
            return null;
        var memory = new ServingMemory(built.Deployment);
        if (FitCheck.WhyNot(question, memory, built.Deployment) is not null)
            return null;
        var hardware = question.Hardware with { Count = Math.Max(devices, question.Hardware.Count) };
        return new NearestFit(
            change,
            hardware.ToString(),
            built.Deployment.Parallelism.Tensor,
            built.Deployment.Weights.Name,
            built.Deployment.KvCache.Name
        )
        {
            PipelineParallel = built.Deployment.Parallelism.Pipeline,
        };
    }
}
