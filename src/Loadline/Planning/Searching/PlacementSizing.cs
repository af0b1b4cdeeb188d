using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>A model in its formats and engine on devices, before it is known whether that can be.</summary>
internal readonly record struct GridPoint(
    ModelOption For,
    Placement Placement,
    Accelerator Accelerator,
    Parallelism Layout
);

/// <summary>Builds points of the grid and sizes those that can work.</summary>
internal sealed class PlacementSizing(CatalogReader catalog, Search search)
{
    private readonly DeploymentBuilder deployments = new(catalog);

    /// <summary>A replica that meets the objectives at some rate; otherwise null and the reason.</summary>
    /// <param name="point">Of the grid.</param>
    /// <param name="isSurpassed">True of a replica that need not be sized; null where all are to be.</param>
    /// <param name="why">The reason.</param>
    public SizedReplica? Of(in GridPoint point, Func<ReplicaUnderLoad, bool>? isSurpassed, out Rejection why)
    {
        why = new Rejection("", RejectionKind.Engine, "its engine cannot run it");
        var (option, placement, accelerator, layout) = point;
        var scenario = search.Scenario;
        var built = deployments.TryBuild(
            new DeploymentRequest
            {
                Model = option.Model!,
                Accelerator = accelerator,
                Weights = placement.Weights,
                KvCache = placement.KvCache,
                Engine = placement.Engine,
                Parallelism = layout,
            },
            out var unbuildable
        );
        if (built is null)
        {
            why = why with { Why = unbuildable ?? why.Why };
            return null;
        }
        var split = $"{Name(layout)}, {built.Deployment.Engine.Id}";
        var memory = new ServingMemory(built.Deployment);
        if (memory.CachePool.Low <= 0)
        {
            var missing = new ByteSize((long)(memory.Weights.Bytes + memory.Activations.High + memory.Overhead.High));
            why = new Rejection(
                "",
                RejectionKind.Memory,
                $"weights and overhead need {missing} per device of {accelerator.Memory} ({split})"
            );
            return null;
        }
        var replica = new ReplicaUnderLoad(built.Deployment, memory, scenario.Workload, scenario.Objectives);
        if (!replica.LongestRequestFits)
        {
            why = new Rejection(
                "",
                RejectionKind.Memory,
                $"a request of p95 length does not fit into the cache ({split})"
            );
            return null;
        }
        if (isSurpassed?.Invoke(replica) == true)
        {
            why = new Rejection("", RejectionKind.Bound, "it is surpassed");
            return null;
        }
        if (ReplicaSizing.Of(replica, search.Load, scenario.Objectives.Confidence) is not var (rate, design))
        {
            why = TooSlow(option, replica, accelerator, split);
            return null;
        }
        return new SizedReplica(option, replica, rate, design, placement.Outlook, built.Assumptions);
    }

    /// <summary>
    /// All the replicas that a machine holds, with those that compute prompts apart from those that decode; null where that
    /// carries no more than each of them doing both.
    /// </summary>
    /// <param name="sized">One of them.</param>
    /// <param name="replicas">That a machine holds.</param>
    public SizedReplica? Apart(SizedReplica sized, int replicas)
    {
        var deployment = sized.Replica.Deployment;
        if (
            replicas < 2
            || deployment.Engine.Launch?.Pools is null
            || deployment.Accelerator.Link?.BandwidthPerDirection is not { } link
            || link.BytesPerSecond < KernelLookup.NetworkPerDevice.BytesPerSecond
        )
            return null;
        var best = Enumerable
            .Range(1, replicas - 1)
            .Select(prefill => sized.Replica.Apart(new PoolSplit(prefill, replicas - prefill)))
            .MaxBy(group => group.MaximumRate(1))!;
        return
            ReplicaSizing.Of(best, search.Load, search.Scenario.Objectives.Confidence) is var (rate, design)
            && rate > WorthSeparating * replicas * sized.MaximumRate
            ? sized with
            {
                Replica = best,
                MaximumRate = rate,
                Design = design,
            }
            : null;
    }

    /// <summary>
    /// What carries fewer times as much by the closed forms is not played: those count mean steps and are too kind to replicas
    /// in which prompts stop answers, by less than this.
    /// </summary>
    private const double WorthSeparating = 0.7;

    private Rejection TooSlow(ModelOption option, ReplicaUnderLoad replica, Accelerator accelerator, string split)
    {
        var sure = replica.Error.SlowdownAt(search.Scenario.Objectives.Confidence);
        if (replica.MissAt(ReplicaUnderLoad.NearlyIdle, sure) is not { } miss)
            return new Rejection(
                "",
                RejectionKind.Objective,
                $"it cannot keep up with one request in {1 / ReplicaUnderLoad.NearlyIdle:0} s ({split})"
            );
        search.Missed(
            $"{option.Id} {replica.Deployment.Weights.Name} on {replica.Deployment.Parallelism.Devices}x:{accelerator.Id}",
            miss
        );
        return new Rejection(
            "",
            RejectionKind.Objective,
            $"{miss.What} is {miss.Found} even when idle, {miss.Limit} is asked ({split})"
        );
    }

    private static string Name(Parallelism layout) =>
        layout switch
        {
            { Data: > 1 } => $"data and expert parallel {layout.Data}",
            { Pipeline: > 1, Tensor: > 1 } => $"tensor {layout.Tensor} x pipeline {layout.Pipeline}",
            { Pipeline: > 1 } => $"pipeline {layout.Pipeline}",
            { Expert: > 1 } => $"tensor and expert parallel {layout.Tensor}",
            _ => $"tensor parallel {layout.Tensor}",
        };
}
