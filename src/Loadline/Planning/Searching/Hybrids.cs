namespace Loadline.Planning;

/// <summary>
/// Own or bought machines for a base of the load, rented ones or an API for what is above it in the busy hours.
/// </summary>
internal static class Hybrids
{
    /// <summary>Share of a week's requests that is above a base, given as a share of the peak.</summary>
    public static double OverflowShare(Scenario scenario, double baseShare)
    {
        var week = WorkloadMix.WeekOf(scenario.Streams);
        var peak = week.Max();
        return week.Sum(rate => Math.Max(0, rate - baseShare * peak)) / week.Sum();
    }

    /// <summary>The cheapest split of one fleet for each way of taking the rest; none where one machine is enough.</summary>
    /// <param name="whole">All of the load on bought or own machines.</param>
    /// <param name="rents">The same model and accelerator, on demand.</param>
    /// <param name="apis">The same model, hosted.</param>
    /// <param name="scenario">What is asked.</param>
    /// <param name="costs">Prices it.</param>
    public static IEnumerable<HybridPlan> Of(
        SizedPlan whole,
        SizedPlan? rents,
        ApiPlan? apis,
        Scenario scenario,
        PlanCosts costs
    )
    {
        var needed = whole.Machines - whole.SpareMachines;
        var most = Math.Min(needed - 1, whole.Supply.MostMachines ?? int.MaxValue);
        HybridPlan? withRent = null;
        HybridPlan? withApi = null;
        for (var bought = 1; bought <= most; bought += Math.Max(1, most / 64))
        {
            var share = Math.Min(
                1,
                bought
                    / (double)needed
                    * whole.Sized.MaximumRate
                    * whole.Replicas
                    / (whole.RatePerReplica * whole.Replicas)
            );
            if (rents is not null && rents.Supply.Count == whole.Supply.Count)
                withRent = Cheaper(
                    withRent,
                    costs.Priced(Split(bought, share) with { Rented = rents.Supply, RentedMachines = needed - bought })
                );
            if (apis is not null)
                withApi = Cheaper(withApi, costs.Priced(Split(bought, share) with { Api = apis }));
        }
        if (withRent is not null)
            yield return withRent;
        if (withApi is not null)
            yield return withApi;

        HybridPlan Split(int bought, double share) =>
            new()
            {
                For = whole.For,
                Whole = whole,
                BaseMachines = bought,
                BaseShare = share,
                OverflowShare = OverflowShare(scenario, share),
                QualityLoss = whole.QualityLoss,
                CostPerMonth = 0,
                RankCost = 0,
                Capital = 0,
            };
    }

    private static HybridPlan Cheaper(HybridPlan? one, HybridPlan other) =>
        one is null || other.RankCost < one.RankCost ? other : one;
}
