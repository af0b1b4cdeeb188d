namespace Loadline.Planning;

/// <summary>
/// Own or bought machines for a base of the load; more of the same, rented or bought, or an API for what is above it.
/// </summary>
internal sealed class Hybrids(Search search, PlanCosts costs)
{
    /// <summary>Splits of one fleet that are looked at.</summary>
    private const int MostSplits = 64;

    private readonly Scenario scenario = search.Scenario;

    /// <summary>Adds the cheapest mixture of each kind for each model.</summary>
    public void Add()
    {
        var sized = search.Options.OfType<SizedPlan>().ToList();
        var apis = search.Options.OfType<ApiPlan>().ToList();
        // What is many times dearer than the cheapest does not become cheap by renting part of it.
        var dearest = PlanChoice.DearestFactor * search.Cheapest;
        foreach (var ofModel in sized.GroupBy(plan => plan.For.Id).ToList())
        {
            var api = apis.Where(plan => plan.For.Id == ofModel.Key).MinBy(plan => plan.RankCost);
            if (
                ofModel.Where(plan => plan.Way == Way.Buy && IsSplittable(plan)).MinBy(plan => plan.RankCost)
                    is { } whole
                && whole.RankCost <= dearest
            )
                search.Options.AddRange(Cheapest(Bought(whole, api)));
            if (scenario.Deployment.Current is { } current)
                search.Options.AddRange(Cheapest(Extended(current, [.. ofModel], api)));
        }
    }

    /// <summary>Mixtures around a bought fleet.</summary>
    public IEnumerable<HybridPlan> Around(SizedPlan whole) =>
        Bought(
            whole,
            search.Options.OfType<ApiPlan>().Where(plan => plan.For.Id == whole.For.Id).MinBy(plan => plan.RankCost)
        );

    /// <summary>Share of a week's requests that is above a base, given as a share of the peak.</summary>
    public static double OverflowShare(Scenario scenario, double baseShare)
    {
        var week = WorkloadMix.WeekOf(scenario.Streams);
        var peak = week.Max();
        return week.Sum(rate => Math.Max(0, rate - baseShare * peak)) / week.Sum();
    }

    /// <summary>The same mixture around a fleet that turned out larger; null where nothing is left to split.</summary>
    public HybridPlan? Around(HybridPlan hybrid, SizedPlan whole)
    {
        var split = whole with { Supply = hybrid.Whole.Supply };
        var bought = Math.Min(hybrid.BaseMachines, whole.Machines - 1);
        return bought < 1 ? null : costs.Priced(Split(split, bought) with { Rest = hybrid.Rest, Api = hybrid.Api });
    }

    private static bool IsSplittable(SizedPlan plan) => plan.Machines > 1 && plan.MachinesPerReplica == 1;

    private IEnumerable<HybridPlan> Bought(SizedPlan whole, ApiPlan? api)
    {
        var rent = RentLike(whole);
        for (var bought = 1; bought < whole.Machines; bought += Math.Max(1, whole.Machines / MostSplits))
        {
            if (rent is not null)
                yield return costs.Priced(Split(whole, bought) with { Rest = rent });
            if (api is not null)
                yield return costs.Priced(Split(whole, bought) with { Api = api });
        }
    }

    /// <summary>All that is there, and more of the same kind of machine.</summary>
    private IEnumerable<HybridPlan> Extended(CurrentDeployment current, IReadOnlyList<SizedPlan> plans, ApiPlan? api)
    {
        var alike = plans
            .Where(plan =>
                plan.Supply.Accelerator.Id == current.Accelerator.Id
                && plan.Supply.Count == current.Count
                && IsSplittable(plan)
                && plan.Machines > current.Machines
            )
            .ToList();
        var own = search.Supplies.FirstOrDefault(supply => supply.Way == Way.Own);
        if (own is null)
            yield break;
        foreach (
            var rest in alike
                .GroupBy(plan => (plan.Way, plan.Supply.Terms))
                .Select(group => group.MinBy(plan => plan.RankCost)!)
        )
        {
            var whole = rest with { Supply = own with { MostMachines = null } };
            yield return costs.Priced(Split(whole, current.Machines) with { Rest = rest.Supply });
        }
        if (api is not null && alike.MinBy(plan => plan.Machines) is { } fewest)
            yield return costs.Priced(
                Split(fewest with { Supply = own with { MostMachines = null } }, current.Machines) with
                {
                    Api = api,
                }
            );
    }

    /// <summary>The cheapest machines of the same kind on demand; null where nobody rents out enough of them.</summary>
    private MachineSupply? RentLike(SizedPlan whole)
    {
        var cheapest = search
            .Supplies.Where(supply => IsLike(supply, whole.Supply))
            .MinBy(supply => supply.PerHour!.Value.Value);
        return cheapest is not null && costs.PlanOf(whole.Sized, cheapest, search.Load.NominalRate) is not null
            ? cheapest
            : null;
    }

    private static bool IsLike(MachineSupply rented, MachineSupply bought) =>
        rented.Terms == RentalTerms.OnDemand
        && rented.Accelerator.Id == bought.Accelerator.Id
        && rented.Count == bought.Count;

    private HybridPlan Split(SizedPlan whole, int inBase)
    {
        var needed = Math.Max(1, whole.Machines - whole.SpareMachines);
        var share = Math.Min(1, inBase / (double)needed * whole.Sized.MaximumRate / whole.RatePerReplica);
        return new HybridPlan
        {
            For = whole.For,
            Whole = whole,
            BaseMachines = inBase,
            RestMachines = Math.Max(0, whole.Machines - inBase),
            BaseShare = share,
            OverflowShare = OverflowShare(scenario, share),
            QualityLoss = whole.QualityLoss,
            CostPerMonth = 0,
            RankCost = 0,
            Capital = 0,
        };
    }

    /// <summary>The cheapest with machines for the rest, and the cheapest with an API.</summary>
    private static IEnumerable<HybridPlan> Cheapest(IEnumerable<HybridPlan> splits) =>
        splits.GroupBy(split => split.Api is null).Select(group => group.MinBy(split => split.RankCost)!);
}
