using System.Collections.Immutable;
using System.Globalization;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>The cost of the best of each way, month by month, and where one overtakes another.</summary>
internal static class CostOverTimeBuilder
{
    public static CostOverTime? Of(PlanContext context, IEnumerable<PlanOption> shown)
    {
        var best = shown.GroupBy(option => option.Way).Select(group => group.First()).ToImmutableArray();
        if (best.IsEmpty)
            return null;
        var scenario = context.Scenario;
        var costs = context.Found.Costs;
        var builder = new CandidateBuilder(scenario, context.Found);
        var series = best.Select(option => SeriesOf(option, scenario, costs, builder)).ToImmutableArray();
        return new CostOverTime
        {
            Start = context.Start.ToString("yyyy-MM", CultureInfo.InvariantCulture),
            Series = series,
            BreakEvens = [.. BreakEvens(best, series, scenario, costs)],
            Volumes = [.. VolumesOf(best, context)],
        };
    }

    private static CostSeries SeriesOf(PlanOption option, Scenario scenario, PlanCosts costs, CandidateBuilder builder)
    {
        var growth = scenario.Workload.GrowthPerYear;
        var trend = scenario.Budget.PriceTrendPerYear;
        var cost = builder.Build(option).CostPerMonthUsd;
        var low = cost.Value > 0 ? cost.Low / cost.Value : 1;
        var high = cost.Value > 0 ? cost.High / cost.Value : 1;
        var middle = costs.Cumulative(option, growth.Base, trend.Base);
        var least = costs.Cumulative(option, growth.Low, trend.Low);
        var most = costs.Cumulative(option, growth.High, trend.High);
        return new CostSeries(
            OptionNames.Of(option),
            option.Way,
            [
                .. middle.Select(
                    (value, month) =>
                        new Estimate(
                            value,
                            Math.Min(value, least[month] * low),
                            Math.Max(value, most[month] * high),
                            Evidence.Assumed
                        )
                ),
            ]
        );
    }

    private static IEnumerable<BreakEven> BreakEvens(
        ImmutableArray<PlanOption> options,
        ImmutableArray<CostSeries> series,
        Scenario scenario,
        PlanCosts costs
    )
    {
        for (var i = 0; i < options.Length; i++)
        {
            for (var j = 0; j < options.Length; j++)
            {
                // The one that costs more at first and may cost less later.
                if (options[i].Capital <= options[j].Capital)
                    continue;
                var growth = scenario.Workload.GrowthPerYear;
                var month = MonthOf(options[i], options[j], growth.Base, scenario, costs);
                var ends = new[] { growth.Low, growth.High }
                    .Select(rate => MonthOf(options[i], options[j], rate, scenario, costs))
                    .OfType<double>()
                    .Append(month ?? double.NaN)
                    .Where(double.IsFinite)
                    .ToList();
                yield return new BreakEven(
                    series[i].Name,
                    series[j].Name,
                    month,
                    (month, ends.Count) switch
                    {
                        (null, 0) =>
                            $"{series[i].Name} does not overtake {series[j].Name} within {scenario.Budget.HorizonMonths} months",
                        (null, _) =>
                            $"{series[i].Name} overtakes {series[j].Name} in month {ends.Min():0} at the earliest, and not at base growth",
                        ({ } known, _) => $"{series[i].Name} has cost less than {series[j].Name} from month {known:0}"
                            + (ends.Max() - ends.Min() >= 1 ? $" ({ends.Min():0}-{ends.Max():0})" : ""),
                    }
                );
            }
        }
    }

    internal static double? MonthOf(PlanOption one, PlanOption other, double growth, Scenario scenario, PlanCosts costs)
    {
        var trend = scenario.Budget.PriceTrendPerYear.Base;
        var first = costs.Cumulative(one, growth, trend);
        var second = costs.Cumulative(other, growth, trend);
        for (var month = 1; month < first.Length; month++)
        {
            if (first[month] > second[month])
                continue;
            var before = first[month - 1] - second[month - 1];
            var after = second[month] - first[month];
            return before <= 0 ? 0 : month - 1 + before / (before + after);
        }
        return null;
    }

    private static IEnumerable<BreakEvenVolume> VolumesOf(ImmutableArray<PlanOption> options, PlanContext context)
    {
        var demand = context.Found.Demand;
        var tokens = demand.PromptTokensPerMonth.Value + demand.OutputTokensPerMonth.Value;
        foreach (var api in options.OfType<ApiPlan>())
        {
            foreach (var machines in options.OfType<SizedPlan>())
            {
                var factor = Volumes.CrossingOf(api, machines, context.Found.Costs);
                yield return new BreakEvenVolume(
                    OptionNames.Of(api),
                    OptionNames.Of(machines),
                    factor * tokens / 1e6,
                    factor * demand.PeakRequestsPerSecond.Value,
                    factor is { } known
                        ? $"Above {Significant.Three(known * tokens / 1e6)} million tokens a month ({Significant.Three(known)} times today) {OptionNames.Of(machines)} costs less than {OptionNames.Of(api)}"
                        : $"{OptionNames.Of(api)} stays cheaper than {OptionNames.Of(machines)} at any volume"
                );
            }
        }
    }
}
