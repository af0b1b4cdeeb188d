using Loadline.Prediction;

namespace Loadline.Planning;

/// <summary>
/// Plays finalists before they are shown. One that misses an objective where the closed form had it kept gets another
/// machine, until it keeps all of them or the machines no longer help.
/// </summary>
internal sealed class PlanVerification(
    Scenario scenario,
    Search search,
    PlanCosts costs,
    CancellationToken cancellation
)
{
    /// <summary>Machines that are added at most; what takes more is not what the search thought it was.</summary>
    private const int MostAdditions = 4;

    private readonly PlanSimulation simulation = new(scenario);
    private readonly PlanDraws draws = new(search.Load);
    private readonly Dictionary<SizedPlan, SizedPlan?> verified = new(ReferenceEqualityComparer.Instance);

    /// <summary>Shapes of a kind that are played at most before the kind is given up.</summary>
    private const int MostTriesOfKind = 8;

    /// <summary>
    /// The cheapest options that keep the objectives as simulated, one of each kind, cheapest first; APIs are taken as they
    /// are. What took more machines than it was ranked with is compared with what follows it.
    /// </summary>
    /// <param name="ranked">By cost.</param>
    /// <param name="count">How many are wanted.</param>
    /// <param name="kindOf">What two options must not have in common to be shown beside each other.</param>
    public List<PlanOption> First<TKind>(IEnumerable<PlanOption> ranked, int count, Func<PlanOption, TKind> kindOf)
        where TKind : notnull
    {
        var best = new List<(TKind Kind, PlanOption Option)>();
        var tried = new Dictionary<TKind, HashSet<Shape>>();
        foreach (var option in ranked)
        {
            if (best.Count >= count && best[count - 1].Option.RankCost <= option.RankCost)
                break;
            var kind = kindOf(option);
            var known = best.FindIndex(found => found.Kind.Equals(kind));
            if (known >= 0 && best[known].Option.RankCost <= option.RankCost || !IsWorthTrying(option, kind))
                continue;
            if (Verified(option) is not { } sure)
                continue;
            if (known >= 0)
            {
                if (best[known].Option.RankCost <= sure.RankCost)
                    continue;
                best.RemoveAt(known);
            }
            best.Add((kind, sure));
            best.Sort((one, other) => PlanOption.Compare(one.Option, other.Option));
        }
        return [.. best.Take(count).Select(found => found.Option)];

        bool IsWorthTrying(PlanOption option, TKind kind)
        {
            if (ShapeOf(option) is not { } shape)
                return true;
            if (!tried.TryGetValue(kind, out var shapes))
                tried[kind] = shapes = [];
            return shapes.Count < MostTriesOfKind && shapes.Add(shape);
        }
    }

    /// <summary>What decides whether a replica is fast enough; engine and cache change it by less.</summary>
    private readonly record struct Shape(string Weights, Parallelism Layout, PoolSplit? Split);

    private static Shape? ShapeOf(PlanOption option) =>
        (option as SizedPlan ?? (option as HybridPlan)?.Whole) is { } plan
            ? new Shape(
                plan.Sized.Replica.Deployment.Weights.Name,
                plan.Sized.Replica.Deployment.Parallelism,
                plan.Sized.Replica.Split
            )
            : null;

    /// <summary>The option as it keeps the objectives; null when it does not with a few machines more.</summary>
    public PlanOption? Verified(PlanOption option)
    {
        if (option is HybridPlan hybrid)
        {
            // All of the fleet is played; how it is paid for does not matter to that.
            var found = Verified(hybrid.Whole) as SizedPlan;
            return found is null ? null : new Hybrids(search, costs).Around(hybrid, found);
        }
        if (option is not SizedPlan { Simulated: null } plan)
            return option;
        if (!verified.TryGetValue(plan, out var known))
            verified[plan] = known = Enlarged(plan);
        return known;
    }

    private SizedPlan? Enlarged(SizedPlan plan)
    {
        if (SureOf(plan) is not { } sized)
            return null;
        var missedAt = double.PositiveInfinity;
        ObjectiveMiss? lastMiss = null;
        for (var added = 0; added <= MostAdditions; added++)
        {
            cancellation.ThrowIfCancellationRequested();
            var simulated = simulation.Of(sized);
            if (simulated.Miss is not { } miss)
            {
                var carried = lastMiss is null ? sized : WithLargestRate(sized, missedAt);
                // What carries less than its closed form may need more machines to be as sure.
                if (SureOf(carried) is not { } sure)
                    return null;
                if (sure.Replicas > carried.Replicas)
                    simulated = simulation.Of(sure);
                return OnBestTerms(
                    sure with
                    {
                        Simulated = simulated,
                        EndToEndSeconds = simulated.Middle.EndToEnd,
                        Missed = lastMiss,
                    }
                );
            }
            missedAt = sized.RatePerReplica;
            lastMiss = miss;
            if (added == MostAdditions || OneMore(sized) is not { } larger)
            {
                search.Reject(
                    $"{sized.For.Id} {sized.Sized.Replica.Deployment.Weights.Name} on {sized.Machines} of {sized.Supply.Id}",
                    RejectionKind.Objective,
                    $"simulated, {miss.What} is {(double.IsFinite(miss.Found.Seconds) ? $"{miss.Found}" : "without end: it cannot keep up")}, {miss.Limit} is asked"
                );
                return null;
            }
            sized = larger;
        }
        return null;
    }

    /// <summary>
    /// The plan with the rate that its replicas carry as simulated: between the one that was missed and its own.
    /// </summary>
    private SizedPlan WithLargestRate(SizedPlan plan, double missedAt)
    {
        const int Halvings = 4;
        var low = plan.RatePerReplica;
        var high = missedAt;
        var design = plan.Sized.Design;
        for (var i = 0; i < Halvings; i++)
        {
            var middle = (low + high) / 2;
            if (simulation.MissAt(plan.Sized.Replica, middle * design.LoadFactor, design.Slowdown) is null)
                low = middle;
            else
                high = middle;
        }
        var closed = plan.Sized.Replica.MaximumRate(design.Slowdown) / design.LoadFactor;
        return plan with
        {
            Sized = plan.Sized with { MaximumRate = low, Derating = closed > 0 ? Math.Min(1, low / closed) : 1 },
        };
    }

    /// <summary>The plan with as many replicas as all the draws together ask for; null when no number is enough.</summary>
    private SizedPlan? SureOf(SizedPlan plan)
    {
        if (draws.ReplicasFor(plan.Sized, scenario.Objectives.Confidence) is not { } needed)
        {
            search.Reject(
                $"{plan.For.Id} {plan.Sized.Replica.Deployment.Weights.Name} on {plan.Supply.Id}",
                RejectionKind.Objective,
                "no number of machines meets the objectives with the confidence asked for: its prediction is too uncertain"
            );
            return null;
        }
        return needed <= plan.Replicas ? plan : WithReplicas(plan, needed);
    }

    private SizedPlan? WithReplicas(SizedPlan plan, int replicas) =>
        costs.PlanOf(
            plan.Sized with
            {
                MaximumRate = search.Load.NominalRate / replicas * 1.0001,
            },
            plan.Supply,
            search.Load.NominalRate
        );

    /// <summary>
    /// The fleet as it is cheapest over the horizon: what a replica carries decides when machines are added, and a fleet that
    /// turned out larger may be cheaper on other terms. What was played is the same.
    /// </summary>
    private SizedPlan OnBestTerms(SizedPlan plan) =>
        search
            .Supplies.Where(supply =>
                supply.Way == plan.Way
                && supply.Way == Way.Rent
                && supply.Count == plan.Supply.Count
                && supply.Accelerator.Id == plan.Supply.Accelerator.Id
            )
            .Select(supply => costs.PlanOn(supply, plan))
            .Where(priced => PlanChoice.IsAffordable(priced, scenario, costs))
            .MinBy(priced => priced.RankCost)
        ?? costs.PlanOn(plan.Supply, plan);

    private SizedPlan? OneMore(SizedPlan plan)
    {
        // As many replicas more as one machine holds share the peak.
        return WithReplicas(plan, plan.Replicas + plan.ReplicasPerMachine);
    }
}
