using System.Collections.Immutable;
using System.Globalization;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Time, space and quality of each format on the hardware of a plan, and what each change of it is worth.</summary>
internal sealed class FormatComparison(PlanContext context, SizedPlan plan)
{
    private static readonly string[] Formats =
    [
        PlacementGrid.AsStored,
        "fp8",
        "int8",
        "int4",
        "mxfp4",
        "nvfp4",
        "Q8_0",
        "Q6_K",
        "Q4_K_M",
        "Q3_K_M",
    ];

    /// <summary>Gains below are not worth a change.</summary>
    private const double WorthTelling = 1.05;

    private readonly DeploymentBuilder builder = new(context.Catalog);
    private readonly PlacementGrid grid = new(context.Catalog, context.Scenario);
    private readonly Model model = plan.For.Model!;
    private readonly Deployment chosen = plan.Sized.Replica.Deployment;

    public ImmutableArray<QualityPoint> Points()
    {
        if (model.Architecture.StoredFormat is not null)
            return [];
        var points = new List<QualityPoint>();
        foreach (var format in Formats)
        {
            var weights =
                format == PlacementGrid.AsStored ? model.StoredWeights : WeightFormats.Find(format, model.Architecture);
            if (points.Exists(point => point.WeightFormat == weights.Name))
                continue;
            var outlook = grid.OutlookOf(model, format, null);
            points.Add(
                new QualityPoint(
                    weights.Name,
                    model.Architecture.Tensors.SizeIn(weights).Bytes,
                    LoneTpot(format),
                    outlook.TaskLoss,
                    outlook.Warnings.IsEmpty ? null : string.Join("; ", outlook.Warnings),
                    weights.Name == chosen.Weights.Name
                )
            );
        }
        return [.. points];
    }

    /// <summary>From the model as it was published under the usual settings, one change at a time.</summary>
    public ImmutableArray<Optimisation> Optimisations()
    {
        var current = context.Scenario.Deployment.Current;
        var start = new Setting(
            current?.WeightFormat ?? PlacementGrid.AsStored,
            null,
            current?.Engine ?? chosen.Engine.Id,
            chosen.Parallelism
        );
        if (RateOf(start) is not { } before)
            return [];
        var list = new List<Optimisation>();
        Consider("8-bit weights (fp8)", start with { Weights = "fp8" });
        Consider("4-bit weights (int4, activations as they are)", start with { Weights = "int4" });
        Consider("4-bit weights and arithmetic (nvfp4)", start with { Weights = "nvfp4" });
        Consider("8-bit cache (fp8)", start with { KvCache = "fp8" });
        Consider("8-bit weights and cache (fp8)", start with { Weights = "fp8", KvCache = "fp8" });
        foreach (var other in new[] { "vllm", "sglang", "tensorrt-llm" })
        {
            if (other != chosen.Engine.Id)
                Consider($"{context.Catalog.Engines.Find(other).Name} as the engine", start with { Engine = other });
        }
        if (chosen.Parallelism is { Tensor: > 1, Pipeline: 1, Data: 1 })
            Consider("fewer devices a replica", start with { Layout = new Parallelism(chosen.Parallelism.Tensor / 2) });
        return [.. list.OrderByDescending(item => item.RequestsPerSecond)];

        void Consider(string what, Setting setting)
        {
            if (setting.Weights != PlacementGrid.AsStored && model.Architecture.StoredFormat is not null)
                return;
            if (RateOf(setting) is not { } after || after < before * WorthTelling)
                return;
            var loss = grid.OutlookOf(model, setting.Weights, setting.KvCache).TaskLoss;
            list.Add(
                new Optimisation(
                    what,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{after / before:0.00} times the requests on the same devices{(loss.Value > 0 ? $", for {loss.Value * 100:0.0} % ({loss.Low * 100:0.0}-{loss.High * 100:0.0}) of a task score" : "")}"
                    ),
                    after * DevicesOfPlan,
                    SavedBy(before, after),
                    loss.Value > 0 ? loss : null
                )
            );
        }
    }

    private int DevicesOfPlan => plan.Sized.Devices * plan.Replicas;

    /// <summary>What the machines that one needs fewer would have cost.</summary>
    private double? SavedBy(double before, double after)
    {
        var rate = context.Found.Search.Load.NominalRate;
        var machines = (double perDevice) => (int)Math.Ceiling(rate / perDevice / plan.Supply.Count);
        var saved =
            context.Found.Costs.Machines.Monthly(plan.Supply, Math.Max(1, machines(before)))
            - context.Found.Costs.Machines.Monthly(plan.Supply, Math.Max(1, machines(after)));
        return saved > 0 ? saved : null;
    }

    private Estimate? LoneTpot(string format) =>
        ReplicaOf(
            new Setting(format, null, PlacementGrid.IsGguf(format) ? "llama.cpp" : chosen.Engine.Id, chosen.Parallelism)
        )
            is { } replica
        && replica.At(ReplicaUnderLoad.NearlyIdle, 1) is { } latencies
            ? replica.Error.Time(new Duration(latencies.Tpot))
            : null;

    /// <summary>Requests per second and device with the confidence asked for; null where it does not run or is too slow.</summary>
    private double? RateOf(Setting setting) =>
        ReplicaOf(setting) is { LongestRequestFits: true } replica
        && ReplicaSizing.Of(replica, context.Found.Search.Load, context.Scenario.Objectives.Confidence) is var (rate, _)
            ? rate / setting.Layout.Devices
            : null;

    private ReplicaUnderLoad? ReplicaOf(Setting setting)
    {
        var layout = setting.Engine == "llama.cpp" ? new Parallelism(Pipeline: setting.Layout.Devices) : setting.Layout;
        var built = builder.TryBuild(
            new DeploymentRequest
            {
                Model = model,
                Accelerator = plan.Supply.Accelerator,
                Weights = setting.Weights,
                KvCache = setting.KvCache,
                Engine = setting.Engine,
                Parallelism = layout,
            },
            out _
        );
        if (built is null)
            return null;
        var memory = new ServingMemory(built.Deployment);
        return memory.CachePool.Low <= 0
            ? null
            : new ReplicaUnderLoad(built.Deployment, memory, context.Scenario.Workload, context.Scenario.Objectives);
    }

    private sealed record Setting(string Weights, string? KvCache, string Engine, Parallelism Layout);
}
