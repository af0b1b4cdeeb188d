using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Tries every placement of a model on every accelerator that can be had, and sizes those that can work.</summary>
internal sealed class PlacementSearch(CatalogReader catalog, Search search, PlanCosts costs, RankBounds? ranks)
{
    /// <summary>No engine decodes more sequences in a step.</summary>
    private const int MostSequences = 1024;

    private const string DearerOffer = "dearer offer";
    private const string Surpassed = "surpassed";

    private readonly DeploymentBuilder deployments = new(catalog);
    private readonly PlacementGrid grid = new(catalog, search.Scenario);

    /// <summary>Load that a plan is made for, at least: below even odds it may be less than the middle.</summary>
    private readonly double leastRate =
        search.Load.MedianRate
        * Math.Exp(Math.Min(0, NormalDistribution.Quantile(search.Scenario.Objectives.Confidence)) * search.Load.Sigma);

    public void Try(
        ModelOption option,
        IReadOnlyList<IGrouping<Accelerator, MachineSupply>> supplies,
        CancellationToken cancellation
    )
    {
        var model = option.Model!;
        var placements = grid.Of(model, search.Rejected.Add);
        foreach (var group in supplies)
        {
            cancellation.ThrowIfCancellationRequested();
            var machines = Offers(group);
            foreach (var ofWeights in placements.GroupBy(placement => placement.Weights))
                Try(option, [.. ofWeights], group.Key, machines);
        }
    }

    /// <summary>The cheapest of the offers that differ in nothing but price and place, smallest machines first.</summary>
    private ImmutableArray<Offered> Offers(IEnumerable<MachineSupply> supplies) =>
        [
            .. supplies
                .GroupBy(supply => (supply.Count, supply.Way, supply.Terms, supply.MostMachines))
                .SelectMany(alike =>
                    ranks is not null
                        ?
                        [
                            new Offered(
                                alike.MinBy(supply => (supply.PerHour ?? supply.Price)?.Value ?? 0)!,
                                alike.Count()
                            ),
                        ]
                        : alike.Select(supply => new Offered(supply, 1))
                )
                .OrderBy(offered => offered.Supply.Count),
        ];

    /// <summary>One placement that is known to be good, so that what costs more is not worked out.</summary>
    public void TryFirst(SizedPlan hint, IReadOnlyList<MachineSupply> supplies)
    {
        var deployment = hint.Sized.Replica.Deployment;
        var model = hint.For.Model!;
        var weights = ReferenceEquals(deployment.Weights, model.StoredWeights)
            ? PlacementGrid.AsStored
            : deployment.Weights.Name;
        var placement = new Placement(
            weights,
            deployment.KvCache.Name,
            $"{deployment.Engine.Id}@{deployment.Rules.Since}",
            hint.Sized.Outlook
        );
        if (
            Sized(hint.For, placement, hint.Supply.Accelerator, deployment.Parallelism, default, [], out _)
            is not { } sized
        )
            return;
        foreach (
            var supply in supplies.Where(supply => supply.Id == hint.Supply.Id && supply.Terms == hint.Supply.Terms)
        )
        {
            if (costs.PlanOf(sized, supply, search.Load.NominalRate) is { } plan)
                search.Add(plan);
        }
    }

    private void Try(
        ModelOption option,
        ImmutableArray<Placement> placements,
        Accelerator accelerator,
        ImmutableArray<Offered> machines
    )
    {
        var model = option.Model!;
        var weights =
            placements[0].Weights == PlacementGrid.AsStored
                ? model.StoredWeights
                : WeightFormats.Find(placements[0].Weights, model.Architecture);
        var bounds = new SearchBounds(model, weights, search.Scenario);
        var what = $"{model.Id} {placements[0].Weights} on {accelerator.Id}";
        Rejection? last = null;
        var anyFits = false;
        var anySurpassed = false;
        foreach (var placement in placements)
        {
            foreach (var layout in LayoutsOf(placement, model.Architecture, accelerator, machines[^1].Supply.Count))
            {
                var usable = UsableBy(layout, machines);
                if (usable.Count == 0)
                    continue;
                var offers = usable.Sum(offered => offered.Alike);
                if (Excluded(bounds, accelerator, layout, usable, anyFits, what) is { } bound)
                {
                    search.Exclude(bound.Bound, offers);
                    last = bound.Rejection ?? last;
                    continue;
                }
                var least = new LeastPoint(
                    option,
                    layout.Devices,
                    leastRate / bounds.MostPerSecond(accelerator, layout.Devices, MostSequences),
                    bounds.LeastEndToEnd(accelerator, layout),
                    placement.Outlook.TaskLoss.Value
                );
                if (IsSurpassed(least, usable))
                {
                    search.Exclude(Surpassed, offers);
                    anySurpassed = true;
                    continue;
                }
                if (Sized(option, placement, accelerator, layout, least, usable, out var why) is not { } sized)
                {
                    if (why.Kind == RejectionKind.Bound)
                    {
                        search.Exclude(Surpassed, offers);
                        anySurpassed = true;
                        continue;
                    }
                    search.Considered += offers;
                    last = why with { What = what };
                    continue;
                }
                search.Considered += usable.Count;
                if (offers > usable.Count)
                    search.Exclude(DearerOffer, offers - usable.Count);
                search.BatchLimits?.Try(
                    sized.Replica,
                    Math.Max(1, sized.Replica.Error.SlowdownAt(search.Scenario.Objectives.Confidence)),
                    usable.Count
                );
                foreach (var (supply, _) in usable)
                {
                    if (costs.PlanOf(sized, supply, search.Load.NominalRate) is { } plan)
                    {
                        anyFits = true;
                        search.Add(plan);
                    }
                    else
                        last = new Rejection(what, RejectionKind.Size, "it would take more machines than there are");
                }
            }
        }
        // What was surpassed may well fit, so nothing is wrong with the hardware then.
        if (!anyFits && !anySurpassed && last is not null)
            search.Rejected.Add(last);
    }

    private IEnumerable<Parallelism> LayoutsOf(
        Placement placement,
        Architecture architecture,
        Accelerator accelerator,
        int largestMachine
    )
    {
        var local = accelerator.Kind is AcceleratorKind.UnifiedMemory or AcceleratorKind.Cpu;
        var engine = catalog.Engines.Find(placement.Engine?.Split('@')[0] ?? (local ? "llama.cpp" : "vllm"));
        // Hardware of its own kind aside, llama.cpp serves one user at a time better than many.
        if (
            search.Scenario.Deployment.Engines.IsEmpty
            && engine.Id == "llama.cpp"
            && !local
            && !placement.Weights.StartsWith('Q')
        )
            return [];
        if (!engine.Runs.Contains(accelerator.Kind))
            return [];
        return Layouts.Of(architecture, accelerator, largestMachine, engine.TensorParallel);
    }

    /// <summary>A machine, or several whole ones, hold one replica.</summary>
    private static List<Offered> UsableBy(Parallelism layout, ImmutableArray<Offered> machines)
    {
        var perMachine = layout.Devices / layout.Pipeline;
        return
        [
            .. machines.Where(offered =>
                offered.Supply.Count >= layout.Devices
                || (
                    layout.Devices % offered.Supply.Count == 0
                    && offered.Supply.Count >= 8
                    && offered.Supply.Count % perMachine == 0
                    && layout.Pipeline > 1
                )
            ),
        ];
    }

    /// <summary>True where nothing of it could be shown, whatever it turned out to be above what bounds it.</summary>
    private bool IsSurpassed(in LeastPoint least, List<Offered> usable)
    {
        // Fleets that are there are extended with more of the same, whatever those would be alone.
        if (
            search.Incumbents is null
            || search.Scenario.Deployment.Current?.Accelerator.Id == usable[0].Supply.Accelerator.Id
        )
            return false;
        foreach (var (supply, _) in usable)
        {
            if (!search.Incumbents.Surpass(least, supply))
                return false;
        }
        return true;
    }

    private (string Bound, Rejection? Rejection)? Excluded(
        SearchBounds bounds,
        Accelerator accelerator,
        Parallelism layout,
        List<Offered> usable,
        bool anyFits,
        string what
    )
    {
        if (MissingFigure(accelerator, layout.Devices) is { } missing)
            return ("missing figure", new Rejection(what, RejectionKind.Catalog, missing));
        var needed = bounds.DevicesForMemory(accelerator);
        if (needed > layout.Devices)
            return (
                "memory",
                new Rejection(
                    what,
                    RejectionKind.Memory,
                    $"its weights alone need {Significant.Three(needed)} devices of {accelerator.MemoryOnOffer}"
                )
            );
        // Larger than a machine only where the model is: two machines for one replica never beat one.
        if (anyFits && layout.Pipeline > 1 && layout.Tensor == 8)
            return ("larger than needed", null);
        if (bounds.MissesTpot(accelerator, layout.Devices))
            return (
                "memory bandwidth",
                new Rejection(
                    what,
                    RejectionKind.Objective,
                    $"reading the weights once takes {new Duration(bounds.LeastTpot(accelerator, layout.Devices))}, longer than a token may take"
                )
            );
        if (ranks is null)
            return null;
        var replicas = leastRate / bounds.MostPerSecond(accelerator, layout.Devices, MostSequences);
        var least = usable.Min(offered =>
            ranks.PerMonth(offered.Supply, ranks.Machines(offered.Supply, replicas, layout.Devices))
        );
        return least > search.Dearest ? ("cost", null) : null;
    }

    /// <summary>A figure without which this accelerator cannot be predicted; null when the catalog has them all.</summary>
    private static string? MissingFigure(Accelerator accelerator, int degree)
    {
        if (accelerator.MemoryBandwidth is null)
            return "its memory bandwidth is not in the catalog";
        if (accelerator.Peak.Bf16 is null && accelerator.Peak.Fp16 is null && accelerator.Peak.Fp32 is null)
            return "no peak rate of it is in the catalog";
        return degree > 1 && accelerator.Link?.BandwidthPerDirection is null
            ? "the bandwidth of its link is not in the catalog"
            : null;
    }

    /// <summary>A replica that meets the objectives at some rate; otherwise null and the reason.</summary>
    private SizedReplica? Sized(
        ModelOption option,
        Placement placement,
        Accelerator accelerator,
        Parallelism layout,
        LeastPoint least,
        List<Offered> usable,
        out Rejection why
    )
    {
        why = new Rejection("", RejectionKind.Engine, "its engine cannot run it");
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
        if (usable.Count > 0 && search.Incumbents is not null && replica.Alone is { } alone)
        {
            var known = least with
            {
                Replicas = Math.Max(least.Replicas, leastRate / replica.RateAtMost(alone)),
                EndToEndSeconds = Math.Max(least.EndToEndSeconds, alone.EndToEnd),
            };
            if (IsSurpassed(known, usable))
            {
                why = new Rejection("", RejectionKind.Bound, Surpassed);
                return null;
            }
        }
        if (ReplicaSizing.Of(replica, search.Load, scenario.Objectives.Confidence) is not var (rate, design))
        {
            why = TooSlow(option, replica, accelerator, split);
            return null;
        }
        return new SizedReplica(option, replica, rate, design, placement.Outlook, built.Assumptions);
    }

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

/// <summary>Machines, and how many offers of the same for as much or more stand behind them.</summary>
internal readonly record struct Offered(MachineSupply Supply, int Alike);
