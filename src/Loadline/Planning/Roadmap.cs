using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>When the load outgrows a plan, and what to rent then.</summary>
internal static class Roadmap
{
    private const int MostStages = 3;
    private const double MonthsPerYear = 12;

    public static ImmutableArray<RoadmapStage> Of(SizedPlan plan, Scenario scenario, Demand demand)
    {
        var stages = ImmutableArray.CreateBuilder<RoadmapStage>();
        var perMachine = plan.Replicas / plan.Machines;
        var users = demand.ActiveUsers;
        for (var stage = 0; stage < MostStages; stage++)
        {
            var machines = plan.Machines + stage;
            var full = plan.Sized.MaximumRate * perMachine * machines;
            var growth = full / demand.PeakRequestsPerSecond.Value;
            var months = MonthsUntil(growth, scenario);
            if (stage > 0 && months is null)
                break;
            var trigger = users is { } active
                ? $"{Significant.Three(active.Value * growth)} people active in the busiest hour"
                : $"{Significant.Three(full)} requests per second in the busiest hour";
            var next = SizedPlan.MonthlyCost(plan.Offer, machines + 1);
            stages.Add(
                new RoadmapStage
                {
                    Trigger = trigger,
                    RequestsPerSecond = full,
                    MonthsFromNow = months,
                    Action =
                        $"rent machine number {machines + 1} ({plan.Offer.Count}x {plan.Offer.Accelerator}, {plan.Offer.Id})",
                    CostPerMonthUsd = Estimate.WithinFactor(
                        (double)next.Usd,
                        CandidateBuilder.PriceSpread,
                        Evidence.Assumed
                    ),
                }
            );
        }
        return stages.ToImmutable();
    }

    /// <summary>Months until the load has grown by a factor; null when base growth takes longer than the horizon.</summary>
    private static Estimate? MonthsUntil(double factor, Scenario scenario)
    {
        var growth = scenario.Workload.GrowthPerYear;
        if (growth.Base <= 1)
            return null;
        var months = Months(growth.Base);
        if (months > scenario.HorizonMonths)
            return null;
        // Slow growth may never get there; the range then ends at the horizon.
        var latest = growth.Low > 1 ? Math.Min(Months(growth.Low), scenario.HorizonMonths) : scenario.HorizonMonths;
        return new Estimate(months, Months(growth.High), Math.Max(months, latest), Evidence.Assumed);

        double Months(double perYear) => MonthsPerYear * Math.Log(factor) / Math.Log(perYear);
    }
}
