namespace Loadline.Planning;

/// <summary>What a split fleet costs: a base that stays as it is, and a rest that grows with the load.</summary>
internal sealed class HybridCosts(PlanCosts costs, Scenario scenario)
{
    /// <summary>USD of a month at a multiple of the load of today, what is bought spread over its use.</summary>
    public double MonthlyAt(HybridPlan plan, double load) =>
        plan.Api is { } api ? BesideApi(plan, api, load, 1) + Spread(plan, 0) : Monthly(plan, MachinesAt(plan, load));

    /// <summary>The same with so many machines in all, the base among them.</summary>
    public double Monthly(HybridPlan plan, int machines)
    {
        var rest = Math.Max(0, machines - plan.BaseMachines);
        return Running(plan, rest, 1) + Spread(plan, rest);
    }

    /// <summary>What a month costs at a load, what is bought at its beginning, and what is owned then.</summary>
    public (double Running, double Capital, int Machines) Of(HybridPlan plan, double load, double prices, int owned)
    {
        var inBase = plan.BaseMachines;
        var capital = owned == 0 ? costs.Machines.Capital(plan.Whole.Supply, inBase).Value : 0;
        if (plan.Api is { } api)
            return (BesideApi(plan, api, load, prices), capital, inBase);
        var rest = Math.Max(0, MachinesAt(plan, load) - inBase);
        if (plan.Rest!.PerHour is not null)
            return (Running(plan, rest, prices), capital, inBase);
        // Machines that were bought stay.
        var before = Math.Max(0, owned - inBase);
        rest = Math.Max(rest, before);
        capital +=
            costs.Machines.Capital(plan.Rest, rest, inBase).Value
            - costs.Machines.Capital(plan.Rest, before, inBase).Value;
        return (Running(plan, rest, prices), capital, inBase + rest);
    }

    private int MachinesAt(HybridPlan plan, double load) => costs.MachinesAt(plan.Whole, load);

    private double BesideApi(HybridPlan plan, ApiPlan api, double load, double prices)
    {
        var share = Hybrids.OverflowShare(scenario, plan.BaseShare / load);
        return costs.Machines.RunningPerMonth(plan.Whole.Supply, plan.BaseMachines)
            + costs.PeoplePerMonth(plan.Whole.Supply, plan.BaseMachines)
            + api.CostPerMonth * load * share * prices;
    }

    /// <summary>One team runs all of it.</summary>
    private double Running(HybridPlan plan, int rest, double prices)
    {
        var (supply, inBase) = (plan.Whole.Supply, plan.BaseMachines);
        var people = costs.PeoplePerMonth(supply, inBase + rest);
        return people
            + (
                plan.Rest!.PerHour is { } hour
                    ? costs.Machines.RunningPerMonth(supply, inBase)
                        + hour.Value * costs.Machines.HoursBilled(plan.Rest, rest, alwaysOn: inBase) * prices
                    : costs.Machines.RunningPerMonth(supply, inBase, rest)
                        + costs.Machines.RunningPerMonth(plan.Rest, rest, inBase)
            );
    }

    private double Spread(HybridPlan plan, int rest)
    {
        var beside = plan.Rest is { PerHour: null } ? rest : 0;
        return costs.Machines.PurchasePerMonth(plan.Whole.Supply, plan.BaseMachines, beside)
            + (plan.Rest is { } more ? costs.Machines.PurchasePerMonth(more, rest, plan.BaseMachines) : 0);
    }
}
