using System.Collections.Immutable;
using System.Globalization;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>When the load outgrows a plan, what one sees then, what to do, and what leaving costs.</summary>
internal sealed class Roadmap(PlanContext context)
{
    private const int MostStages = 4;

    /// <summary>Machines are added by a quarter of what is there: nobody orders a thousand one by one.</summary>
    private const int SharePerStage = 4;

    private readonly Scenario scenario = context.Scenario;
    private readonly Demand demand = context.Found.Demand;
    private readonly PlanCosts costs = context.Found.Costs;

    public ImmutableArray<RoadmapStage> Of(PlanOption winner) =>
        winner switch
        {
            SizedPlan plan => OfMachines(plan, 1),
            // Where a hosted model takes what is above the base, nothing is ever full.
            HybridPlan { Api: null } hybrid => OfMachines(hybrid.Whole, 1, hybrid),
            ApiPlan api => OfApi(api),
            _ => [],
        };

    /// <param name="plan">All of the machines.</param>
    /// <param name="from">Multiple of the load of today at which the plan begins.</param>
    /// <param name="hybrid">How they are split, where more of them are had otherwise than the first.</param>
    private ImmutableArray<RoadmapStage> OfMachines(SizedPlan plan, double from, HybridPlan? hybrid = null)
    {
        var stages = ImmutableArray.CreateBuilder<RoadmapStage>();
        var more = hybrid?.Rest ?? plan.Supply;
        var machines = from > 1 ? costs.NeededAt(plan, from) : plan.Machines - plan.SpareMachines;
        for (var stage = 0; stage < MostStages; stage++)
        {
            var units = machines / plan.MachinesPerReplica;
            var added = Math.Max(1, units / SharePerStage) * plan.MachinesPerReplica;
            var full = plan.Sized.MaximumRate * plan.ReplicasPerMachine * units;
            var factor = full / demand.PeakRequestsPerSecond.Value;
            // The first trigger is always worth knowing; later ones only if they can come within the horizon.
            if (stage > 0 && MonthsUntil(factor, scenario.Workload.GrowthPerYear.High) is null)
                break;
            var before = costs.WithSpares(plan, machines);
            var all = costs.WithSpares(plan, machines + added);
            var exit = ExitCostOf(
                PartsOf(plan, before, hybrid),
                MonthsUntil(factor, scenario.Workload.GrowthPerYear.Base)
            );
            if (more.MostMachines is { } most && all > most)
            {
                stages.Add(
                    Stage(
                        plan,
                        factor,
                        "look for more than the machines there are: see the other options",
                        plan.CostPerMonth,
                        exit,
                        more
                    )
                );
                break;
            }
            stages.Add(
                Stage(
                    plan,
                    factor,
                    $"{(more.Way == Way.Rent ? "rent" : "buy")} {all - before} more of {more.Instance ?? $"{more.Count}x:{more.Accelerator.Id}"}, {all} in all",
                    hybrid is null
                        ? costs.Machines.Monthly(plan.Supply, all, plan.MachinesPerReplica)
                        : costs.Hybrid.Monthly(hybrid, all),
                    exit,
                    more
                )
            );
            machines += added;
        }
        return stages.ToImmutable();
    }

    private static (MachineSupply Supply, int Machines)[] PartsOf(SizedPlan plan, int machines, HybridPlan? hybrid) =>
        hybrid is null
            ? [(plan.Supply, machines)]
            : [(plan.Supply, hybrid.BaseMachines), (hybrid.Rest!, Math.Max(0, machines - hybrid.BaseMachines))];

    /// <summary>A hosted model is outgrown when machines become cheaper.</summary>
    private ImmutableArray<RoadmapStage> OfApi(ApiPlan api)
    {
        var machines = context.Choice.Alternatives.OfType<SizedPlan>().FirstOrDefault();
        if (machines is null || Volumes.CrossingOf(api, machines, costs) is not { } factor)
            return [];
        return
        [
            Stage(
                machines,
                factor,
                $"move from {api.Api.Provider} to {OptionNames.Of(machines)}; until then no machine pays",
                costs.Machines.Monthly(
                    machines.Supply,
                    costs.MachinesAt(machines, factor),
                    machines.MachinesPerReplica
                ),
                Estimate.Exact(0, Evidence.Assumed),
                machines.Supply,
                isMigration: true
            ),
            .. OfMachines(machines, factor),
        ];
    }

    private RoadmapStage Stage(
        SizedPlan plan,
        double factor,
        string action,
        double cost,
        Estimate exit,
        MachineSupply more,
        bool isMigration = false
    )
    {
        var growth = scenario.Workload.GrowthPerYear;
        var load = demand.ActiveUsers is { } active
            ? $"{Significant.Three(active.Value * factor)} people active (now {Significant.Three(active.Value)})"
            : $"{Significant.Three(demand.PeakRequestsPerSecond.Value * factor)} requests/s at peak (now {Significant.Three(demand.PeakRequestsPerSecond.Value)})";
        return new RoadmapStage
        {
            Trigger = isMigration ? load : load + WhatPasses(plan),
            RequestsPerSecond = demand.PeakRequestsPerSecond.Value * factor,
            MonthsAtLowGrowth = MonthsUntil(factor, growth.Low),
            MonthsAtBaseGrowth = MonthsUntil(factor, growth.Base),
            MonthsAtHighGrowth = MonthsUntil(factor, growth.High),
            DateAtLowGrowth = DateOf(MonthsUntil(factor, growth.Low)),
            DateAtBaseGrowth = DateOf(MonthsUntil(factor, growth.Base)),
            DateAtHighGrowth = DateOf(MonthsUntil(factor, growth.High)),
            Action = action,
            CostPerMonthUsd = Estimate.WithinFactor(cost, MachineCosts.PriceSpread, Evidence.Assumed),
            ExitCostUsd = exit,
            LeadTimeWeeks = more.LeadTimeWeeks,
        };
    }

    /// <summary>The objective that gives way first, which is what one would see.</summary>
    private static string WhatPasses(SizedPlan plan)
    {
        if (plan.Missed is { } missed)
            return $", when {missed.What} may pass {missed.Limit}";
        var design = plan.Sized.Design;
        var replica = plan.Sized.Replica;
        return
            replica.At(plan.Sized.MaximumRate * design.LoadFactor, design.Slowdown) is { } latencies
            && replica.Tightest(latencies, design.Slowdown) is { Ratio: >= 0.9 } tightest
            ? $", when {tightest.What} may pass {tightest.Limit}"
            : ", when machines no longer keep up";
    }

    /// <summary>What is lost by leaving after some months: the rest of a commitment, or what the books say over the market.</summary>
    private Estimate ExitCostOf((MachineSupply Supply, int Machines)[] parts, double? months)
    {
        var after = months ?? scenario.Budget.HorizonMonths;
        return parts
            .Select(part => ExitCostOf(part.Supply, part.Machines, after))
            .Aggregate((one, other) => one + other);
    }

    private Estimate ExitCostOf(MachineSupply supply, int machines, double after)
    {
        if (SupplyBook.MonthsOf(supply.Terms) is { } term)
        {
            // At the very end of a term one is free to go.
            var left = after > 0 ? (term - after % term) % term : term;
            return supply.PerHour!.Value * (left * (double)Money.HoursPerMonth * machines);
        }
        if (supply.Price is null)
            return Estimate.Exact(0, Evidence.Assumed);
        var capital = costs.Machines.Capital(supply, machines);
        var books = Math.Max(0, 1 - after / costs.Factors.DepreciationMonths);
        var market = costs.Factors.ResidualAfter(after);
        return new Estimate(
            capital.Value * Math.Max(0, books - market.Value),
            capital.Low * Math.Max(0, books - market.High),
            capital.High * Math.Max(0, books - market.Low),
            Evidence.Assumed
        );
    }

    private string? DateOf(double? months) =>
        months is { } known
            ? context.Start.AddMonths((int)Math.Floor(known)).ToString("yyyy-MM", CultureInfo.InvariantCulture)
            : null;

    /// <summary>Months until the load has grown by a factor; null when that is not within the horizon.</summary>
    private double? MonthsUntil(double factor, double growthPerYear)
    {
        if (growthPerYear <= 1)
            return factor <= 1 ? 0 : null;
        var months = Math.Max(0, CostFactors.MonthsPerYear * Math.Log(factor) / Math.Log(growthPerYear));
        return months <= scenario.Budget.HorizonMonths ? months : null;
    }
}
