using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>When the load outgrows a plan, and what to rent then.</summary>
internal static class Roadmap
{
    private const int MostStages = 3;
    private const double MonthsPerYear = 12;

    /// <summary>Machines are added by a quarter of what is there: nobody orders a thousand one by one.</summary>
    private const int SharePerStage = 4;

    public static ImmutableArray<RoadmapStage> Of(SizedPlan plan, Scenario scenario, Demand demand)
    {
        var stages = ImmutableArray.CreateBuilder<RoadmapStage>();
        var perMachine = plan.Replicas / plan.Machines;
        var growth = scenario.Workload.GrowthPerYear;
        var machines = plan.Machines;
        for (var stage = 0; stage < MostStages; stage++)
        {
            var more = Math.Max(1, machines / SharePerStage);
            var full = plan.Sized.MaximumRate * perMachine * machines;
            var factor = full / demand.PeakRequestsPerSecond.Value;
            var soonest = MonthsUntil(factor, growth.High, scenario.HorizonMonths);
            // The first trigger is always worth knowing; later ones only if they can come within the horizon.
            if (stage > 0 && soonest is null)
                break;
            var next = SizedPlan.MonthlyCost(plan.Offer, machines + more);
            stages.Add(
                new RoadmapStage
                {
                    Trigger = demand.ActiveUsers is { } active
                        ? $"{Significant.Three(active.Value * factor)} people active (now {Significant.Three(active.Value)})"
                        : $"{Significant.Three(full)} requests/s at peak (now {Significant.Three(demand.PeakRequestsPerSecond.Value)})",
                    RequestsPerSecond = full,
                    MonthsAtLowGrowth = MonthsUntil(factor, growth.Low, scenario.HorizonMonths),
                    MonthsAtBaseGrowth = MonthsUntil(factor, growth.Base, scenario.HorizonMonths),
                    MonthsAtHighGrowth = soonest,
                    Action = $"rent {more} more of {plan.Offer.Instance}, {machines + more} in all",
                    CostPerMonthUsd = Estimate.WithinFactor(
                        (double)next.Usd,
                        CandidateBuilder.PriceSpread,
                        Evidence.Assumed
                    ),
                }
            );
            machines += more;
        }
        return stages.ToImmutable();
    }

    /// <summary>Months until the load has grown by a factor; null when that is not within the horizon.</summary>
    private static double? MonthsUntil(double factor, double growthPerYear, int horizonMonths)
    {
        if (growthPerYear <= 1)
            return null;
        var months = MonthsPerYear * Math.Log(factor) / Math.Log(growthPerYear);
        return months <= horizonMonths ? months : null;
    }
}
