using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Tries every placement of a model on every accelerator that can be had, and sizes those that can work.</summary>
internal sealed class PlacementSearch(CatalogReader catalog, Search search, PlanCosts costs, RankBounds? ranks)
{
    private const string DearerOffer = "dearer offer";
    private const string Surpassed = "surpassed";

    private readonly PlacementSizing sizing = new(catalog, search);
    private readonly Dictionary<Accelerator, MachineOffers> offers = new(ReferenceEqualityComparer.Instance);

    /// <summary>Replicas of a machine with prefill apart, by one of them and their number; null where that does not pay.</summary>
    private readonly Dictionary<(SizedReplica, int), SizedReplica?> groups = [];
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
            if (!offers.TryGetValue(group.Key, out var machines))
                offers[group.Key] = machines = new MachineOffers(group, cheapestOnly: ranks is not null);
            foreach (var ofWeights in placements.GroupBy(placement => placement.Weights))
                Try(option, [.. ofWeights], group.Key, machines);
        }
    }

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
        var point = new GridPoint(hint.For, placement, hint.Supply.Accelerator, deployment.Parallelism);
        if (sizing.Of(point, null, out _) is not { } sized)
            return;
        foreach (
            var supply in supplies.Where(supply => supply.Id == hint.Supply.Id && supply.Terms == hint.Supply.Terms)
        )
        {
            if (costs.PlanOf(sized, supply, search.Load.NominalRate) is { } plan)
            {
                search.Add(plan);
                AddApart(sized, supply);
            }
        }
    }

    private void Try(
        ModelOption option,
        ImmutableArray<Placement> placements,
        Accelerator accelerator,
        MachineOffers machines
    )
    {
        var model = option.Model!;
        var weights =
            placements[0].Weights == PlacementGrid.AsStored
                ? model.StoredWeights
                : WeightFormats.Find(placements[0].Weights, model.Architecture);
        var bounds = new SearchBounds(model, weights, search.Scenario);
        var what = $"{model.Id} {placements[0].Weights} on {accelerator.Id}";
        Func<Rejection>? last = null;
        var anyFits = false;
        var anySurpassed = false;
        foreach (var placement in placements)
        {
            var sequences = MostSequences(placement, accelerator);
            foreach (var layout in LayoutsOf(placement, model.Architecture, accelerator, machines.Largest))
            {
                var usable = machines.UsableBy(layout);
                if (usable.Supplies.IsEmpty)
                    continue;
                if (Excluded(bounds, accelerator, layout, sequences, usable, anyFits, what) is { } bound)
                {
                    search.Exclude(bound.Bound, usable.Offers);
                    last = bound.Rejection ?? last;
                    continue;
                }
                var least = new LeastPoint(
                    option,
                    layout.Devices,
                    leastRate / bounds.MostPerSecond(accelerator, layout, sequences),
                    bounds.LeastEndToEnd(accelerator, layout),
                    placement.Outlook.TaskLoss.Value
                );
                if (IsSurpassed(least, usable))
                {
                    search.Exclude(Surpassed, usable.Offers);
                    anySurpassed = true;
                    continue;
                }
                var point = new GridPoint(option, placement, accelerator, layout);
                if (sizing.Of(point, replica => IsSurpassed(replica, least, usable), out var why) is not { } sized)
                {
                    if (why.Kind == RejectionKind.Bound)
                    {
                        search.Exclude(Surpassed, usable.Offers);
                        anySurpassed = true;
                        continue;
                    }
                    search.Considered += usable.Offers;
                    last = () => why with { What = what };
                    continue;
                }
                search.Considered += usable.Supplies.Length;
                if (usable.Offers > usable.Supplies.Length)
                    search.Exclude(DearerOffer, usable.Offers - usable.Supplies.Length);
                search.BatchLimits?.Try(
                    sized.Replica,
                    Math.Max(1, sized.Replica.Error.SlowdownAt(search.Scenario.Objectives.Confidence)),
                    usable.Supplies.Length
                );
                foreach (var supply in usable.Supplies)
                {
                    if (costs.PlanOf(sized, supply, search.Load.NominalRate) is { } plan)
                    {
                        anyFits = true;
                        search.Add(plan);
                        AddApart(sized, supply);
                    }
                    else
                        last = () =>
                            new Rejection(what, RejectionKind.Size, "it would take more machines than there are");
                }
            }
        }
        // What was surpassed may well fit, so nothing is wrong with the hardware then.
        if (!anyFits && !anySurpassed && last is not null)
            search.Rejected.Add(last());
    }

    /// <summary>The same machine with its replicas divided into those for prompts and those for answers, where that pays.</summary>
    private void AddApart(SizedReplica sized, MachineSupply supply)
    {
        var replicas = supply.Count / sized.Devices;
        if (!groups.TryGetValue((sized, replicas), out var group))
            groups[(sized, replicas)] = group = sizing.Apart(sized, replicas);
        if (group is not null && costs.PlanOf(group, supply, search.Load.NominalRate) is { } plan)
            search.Add(plan);
    }

    private IEnumerable<Parallelism> LayoutsOf(
        Placement placement,
        Architecture architecture,
        Accelerator accelerator,
        int largestMachine
    )
    {
        var local = IsLocal(accelerator);
        var (engine, _) = EngineOf(placement, accelerator);
        // Hardware of its own kind aside, llama.cpp serves one user at a time better than many.
        if (
            search.Scenario.Deployment.Engines.IsEmpty
            && engine.Id == "llama.cpp"
            && !local
            && !PlacementGrid.IsGguf(placement.Weights)
        )
            return [];
        if (!engine.Runs.Contains(accelerator.Kind))
            return [];
        return Layouts.Of(architecture, accelerator, largestMachine, engine.TensorParallel);
    }

    /// <summary>Sequences that the engine of a placement decodes together at most.</summary>
    private int MostSequences(Placement placement, Accelerator accelerator)
    {
        var (engine, version) = EngineOf(placement, accelerator);
        return engine.RulesFor(version).On(accelerator).MaximumSequences;
    }

    private (Engine Engine, string? Version) EngineOf(Placement placement, Accelerator accelerator)
    {
        var parts = placement.Engine?.Split('@', 2) ?? [IsLocal(accelerator) ? "llama.cpp" : "vllm"];
        return (catalog.Engines.Find(parts[0]), parts.Length > 1 ? parts[1] : null);
    }

    private static bool IsLocal(Accelerator accelerator) =>
        accelerator.Kind is AcceleratorKind.UnifiedMemory or AcceleratorKind.Cpu;

    /// <summary>True where nothing of it could be shown, whatever it turned out to be above what bounds it.</summary>
    private bool IsSurpassed(in LeastPoint least, UsableMachines usable)
    {
        // Fleets that are there are extended with more of the same, whatever those would be alone.
        if (
            search.Incumbents is null
            || search.Scenario.Deployment.Current?.Accelerator.Id == usable.Supplies[0].Accelerator.Id
        )
            return false;
        foreach (var supply in usable.Supplies)
        {
            if (!search.Incumbents.Surpass(least, supply))
                return false;
        }
        return true;
    }

    /// <summary>The same once a replica says how fast it is alone and how many sequences it holds.</summary>
    private bool IsSurpassed(ReplicaUnderLoad replica, LeastPoint least, UsableMachines usable) =>
        search.Incumbents is not null
        && replica.Alone is { } alone
        && IsSurpassed(
            least with
            {
                Replicas = Math.Max(least.Replicas, leastRate / replica.RateAtMost(alone)),
                EndToEndSeconds = Math.Max(least.EndToEndSeconds, alone.EndToEnd),
            },
            usable
        );

    private (string Bound, Func<Rejection>? Rejection)? Excluded(
        SearchBounds bounds,
        Accelerator accelerator,
        Parallelism layout,
        int sequences,
        UsableMachines usable,
        bool anyFits,
        string what
    )
    {
        if (MissingFigure(accelerator, layout.Devices) is { } missing)
            return ("missing figure", () => new Rejection(what, RejectionKind.Catalog, missing));
        var needed = bounds.DevicesForMemory(accelerator);
        if (needed > layout.Devices)
            return (
                "memory",
                () =>
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
                () =>
                    new Rejection(
                        what,
                        RejectionKind.Objective,
                        $"reading the weights once takes {new Duration(bounds.LeastTpot(accelerator, layout.Devices))}, longer than a token may take"
                    )
            );
        if (ranks is null)
            return null;
        var replicas = leastRate / bounds.MostPerSecond(accelerator, layout, sequences);
        var least = usable.Supplies.Min(supply =>
            ranks.PerMonth(supply, ranks.Machines(supply, replicas, layout.Devices))
        );
        return RankBounds.IsDearer(least, search.Dearest) ? ("cost", null) : null;
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
}
