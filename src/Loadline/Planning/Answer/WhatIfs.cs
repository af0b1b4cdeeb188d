using System.Collections.Immutable;
using System.Globalization;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Plans the scenario again with one thing changed: what a knob is worth, and whether the winner is a lucky one.</summary>
internal sealed class WhatIfs(PlanContext context, CancellationToken cancellation)
{
    /// <summary>A knob is turned by as much.</summary>
    private const double Turn = 1.25;

    private readonly Scenario scenario = context.Scenario;

    /// <summary>The cheapest on machines today: it bounds the searches.</summary>
    private readonly SizedPlan? hint = context
        .Choice.Alternatives.Append(context.Choice.Winner)
        .OfType<SizedPlan>()
        .MinBy(plan => plan.RankCost);

    private PlanOption? Best(Scenario changed) => context.Planner.Best(changed, hint, Slack, cancellation);

    /// <summary>What simulation added to the hint: a search that has it cheaper must not leave out what is so dear in the end.</summary>
    private double Slack =>
        // A mixture is made of a fleet that alone may be dearer than others.
        context.Choice.Winner is HybridPlan
            ? PlanChoice.DearestFactor
        : hint is not null
        && ReplicaSizing.Of(hint.Sized.Replica, context.Found.Search.Load, scenario.Objectives.Confidence)
            is var (rate, _)
        && context.Found.Costs.PlanOf(
            hint.Sized with
            {
                MaximumRate = rate,
            },
            hint.Supply,
            context.Found.Search.Load.NominalRate
        )
            is { } searched
            ? Math.Max(1, hint.RankCost / searched.RankCost)
        : 1;

    public ImmutableArray<MarginalValue> MarginalValues()
    {
        var values = new List<MarginalValue>();
        var objectives = scenario.Objectives;
        if (objectives.Ttft is { } ttft)
            Add(
                $"time to first token {ttft.Percentile}",
                $"{ttft.Limit} to {ttft.Limit * Turn}",
                With(objectives with { Ttft = ttft with { Limit = ttft.Limit * Turn } })
            );
        if (objectives.Tpot is { } tpot)
            Add(
                $"time per output token {tpot.Percentile}",
                $"{tpot.Limit} to {tpot.Limit * Turn}",
                With(objectives with { Tpot = tpot with { Limit = tpot.Limit * Turn } })
            );
        if (objectives.EndToEnd is { } whole)
            Add(
                $"whole answer {whole.Percentile}",
                $"{whole.Limit} to {whole.Limit * Turn}",
                With(objectives with { EndToEnd = whole with { Limit = whole.Limit * Turn } })
            );
        var lower = Math.Max(0.5, objectives.Confidence - 0.1);
        if (lower < objectives.Confidence)
            Add(
                "confidence",
                $"{Percent(objectives.Confidence)} to {Percent(lower)}",
                With(objectives with { Confidence = lower })
            );
        if (objectives.Availability is not null)
            Add(
                "availability",
                $"{Percent(objectives.Availability.Value)} to none",
                With(objectives with { Availability = null })
            );
        var loss = scenario.Models.MaximumQualityLoss ?? PlacementGrid.UsualMaximumLoss;
        Add(
            "largest loss of quality",
            $"{Percent(loss)} to {Percent(loss + 0.02)}",
            scenario with
            {
                Models = scenario.Models with { MaximumQualityLoss = loss + 0.02 },
            }
        );
        Add("load", "10 % more", WithLoad(1.1));
        return [.. values];

        void Add(string knob, string change, Scenario changed)
        {
            if (context.Choice.Winner is not { } now)
                return;
            var then = Best(changed);
            var difference = then?.CostPerMonth - now.CostPerMonth;
            values.Add(
                new MarginalValue(
                    knob,
                    change,
                    then?.CostPerMonth,
                    difference,
                    then is null ? "no plan"
                        : Math.Abs(difference!.Value) < 0.005 * now.CostPerMonth ? "changes nothing"
                        : $"{(difference < 0 ? "saves" : "costs")} {Significant.Three(Math.Abs(difference.Value))} USD a month{(OptionNames.Of(then) == OptionNames.Of(now) ? "" : $": {OptionNames.Of(then)}")}"
                )
            );
        }
    }

    public ImmutableArray<SensitivityCase> Sensitivity()
    {
        var cases = new List<SensitivityCase>();
        var spread = context.Found.Demand.Spread;
        Add(
            "load",
            $"a factor {spread:0.##} less",
            $"a factor {spread:0.##} more",
            WithLoad(1 / spread),
            WithLoad(spread)
        );
        var growth = scenario.Workload.GrowthPerYear;
        if (growth.High > growth.Low)
            Add(
                "growth per year",
                $"x{growth.Low:0.##}",
                $"x{growth.High:0.##}",
                WithGrowth(growth.Low),
                WithGrowth(growth.High)
            );
        var price = MachineCosts.PriceSpread;
        var less = $"{(1 - 1 / price) * 100:0} % lower";
        var more = $"{(price - 1) * 100:0} % higher";
        if (Allows("rent"))
            Add("rental prices", less, more, With(new PriceShift(1 / price, 1, 1)), With(new PriceShift(price, 1, 1)));
        if (Allows("api"))
            Add("token prices", less, more, With(new PriceShift(1, 1 / price, 1)), With(new PriceShift(1, price, 1)));
        if (Allows("buy"))
            Add(
                "purchase prices",
                less,
                more,
                With(new PriceShift(1, 1, 1 / price)),
                With(new PriceShift(1, 1, price))
            );
        var trend = scenario.Budget.PriceTrendPerYear;
        if (trend.High > trend.Low)
            Add(
                "price trend per year",
                $"x{trend.Low:0.##}",
                $"x{trend.High:0.##} (a shock of supply)",
                WithTrend(trend.Low),
                WithTrend(trend.High)
            );
        return [.. cases];

        void Add(string input, string low, string high, Scenario atLow, Scenario atHigh)
        {
            var now = context.Choice.Winner;
            var one = Best(atLow);
            var other = Best(atHigh);
            cases.Add(
                new SensitivityCase(
                    input,
                    low,
                    high,
                    one is null ? null : OptionNames.Of(one),
                    other is null ? null : OptionNames.Of(other),
                    one?.CostPerMonth,
                    other?.CostPerMonth,
                    Kind(one) != Kind(now) || Kind(other) != Kind(now)
                )
            );
        }
    }

    private bool Allows(string way) => scenario.Deployment.Allow.Contains(way);

    private Scenario With(Objectives objectives) => scenario with { Objectives = objectives };

    private Scenario With(PriceShift shift) => scenario with { Budget = scenario.Budget with { Shift = shift } };

    private Scenario WithTrend(double trend) =>
        scenario with
        {
            Budget = scenario.Budget with { PriceTrendPerYear = PlanningRange.Single(trend) },
        };

    private Scenario WithGrowth(double growth) =>
        scenario with
        {
            Streams =
            [
                .. scenario.Streams.Select(stream => stream with { GrowthPerYear = PlanningRange.Single(growth) }),
            ],
        };

    /// <summary>All rates multiplied; people and their habits become a rate then, with the range they had.</summary>
    private Scenario WithLoad(double factor) =>
        scenario with
        {
            Streams =
            [
                .. scenario.Streams.Select(stream =>
                    stream.People is null
                        ? stream with
                        {
                            RequestsPerSecond = stream.RequestsPerSecond * factor,
                        }
                        : stream with
                        {
                            RequestsPerActiveUserPerHour = stream.RequestsPerActiveUserPerHour * factor,
                        }
                ),
            ],
        };

    private static (string?, string?, string?, Way?) Kind(PlanOption? option) =>
        option switch
        {
            SizedPlan plan => (
                plan.For.Id,
                plan.Sized.Replica.Deployment.Weights.Name,
                plan.Supply.Accelerator.Id,
                plan.Way
            ),
            null => (null, null, null, null),
            _ => (option.For.Id, null, option is ApiPlan api ? api.Api.Provider : null, option.Way),
        };

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##} %");
}
