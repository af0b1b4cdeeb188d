using Loadline.Planning;
using Loadline.Tests.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

/// <summary>When a plan is full, what comes then, and what leaving it costs.</summary>
public sealed class RoadmapTests
{
    private static PlanContext Context(Scenario scenario, PlanOption winner, params PlanOption[] others) =>
        new(
            Deployments.Catalog,
            Scenarios.Planner,
            scenario,
            Fleets.Found(scenario, [winner, .. others]),
            new PlanChoice(winner, [.. others], []),
            new DateOnly(2026, 1, 15)
        );

    private static List<RoadmapStage> Of(Scenario scenario, PlanOption winner, params PlanOption[] others) =>
        [.. new Roadmap(Context(scenario, winner, others)).Of(winner)];

    /// <summary>Four machines at 3.2 requests a second; at twice a year 4 are full in 12 log2(1.25) = 3.86 months.</summary>
    private static Scenario Doubling(double? availability = null) =>
        Fleets.Scenario(3.2, growth: 2, availability: availability);

    private static SizedPlan Plan(Scenario scenario, MachineSupply supply) =>
        Fleets.Costs(scenario).PlanOf(Fleets.Sized(scenario), supply, scenario.Workload.PeakRate)!;

    [Fact]
    public void Machines_are_added_by_a_quarter_when_those_there_are_full()
    {
        var scenario = Doubling();
        var stages = Of(scenario, Plan(scenario, Fleets.Rented(2)));

        stages.Select(stage => Math.Round(stage.RequestsPerSecond, 9)).ShouldBe([4, 5, 6, 7]);
        stages[0].MonthsAtBaseGrowth!.Value.ShouldBe(12 * Math.Log2(4 / 3.2), 1e-9);
        // 3.86 months from 2026-01-15.
        stages[0].DateAtBaseGrowth.ShouldBe("2026-04");
        stages[0].Action.ShouldBe("rent 1 more of one, 5 in all");
        stages[0].CostPerMonthUsd.Value.ShouldBe(5 * 2 * 730.5, 1e-9);
        stages[3].CostPerMonthUsd.Value.ShouldBe(8 * 2 * 730.5, 1e-9);
    }

    /// <summary>12, 15, 18 and 22 machines have two spares each at 99.9 %, by the binomial.</summary>
    [Fact]
    public void Spares_come_with_the_machines_that_need_them()
    {
        var scenario = Fleets.Scenario(9.5, growth: 2, availability: 0.999);
        var plan = Plan(scenario, Fleets.Rented());

        plan.Machines.ShouldBe(12);
        foreach (var (stage, all) in Of(scenario, plan).Zip([14, 17, 20, 24]))
            stage.CostPerMonthUsd.Value.ShouldBe(all * 730.5, 1e-9, stage.Action);
    }

    [Fact]
    public void A_move_from_a_hosted_model_begins_with_the_machines_of_that_day()
    {
        var scenario = Fleets.Scenario(0.5, growth: 16);
        var machines = Plan(scenario, Fleets.Rented());
        // Two machines of 730.50 USD cost less than 600 times the load from 2.435 on, and one no more beyond twice.
        var api = Fleets.Costs(scenario).PlanOf(Fleets.Option(), Fleets.Api(), null) with
        {
            CostPerMonth = 600,
        };

        var stages = Of(scenario, api, machines);

        stages[0].RequestsPerSecond.ShouldBeInRange(0.5 * 2.435, 0.5 * 2.435 * 1.05);
        stages[0].CostPerMonthUsd.Value.ShouldBe(2 * 730.5, 1e-9);
        // Two machines are full at two requests a second.
        stages.Skip(1).Select(stage => Math.Round(stage.RequestsPerSecond, 9)).ShouldBe([2, 3, 4, 5]);
        stages[1].CostPerMonthUsd.Value.ShouldBe(3 * 730.5, 1e-9);
    }

    [Fact]
    public void What_a_base_does_not_hold_is_had_as_the_rest_is()
    {
        var scenario = Doubling();
        var whole = Plan(scenario, Fleets.Bought(36_000));
        var stages = Of(scenario, Fleets.Split(scenario, whole, 2, Fleets.Rented()));

        stages[0].Action.ShouldBe("rent 1 more of one, 5 in all");
        stages[0].CostPerMonthUsd.Value.ShouldBe(2 * 36_000 * 1.15 * 0.7 / 36 + 3 * 730.5, 1e-6);
    }

    [Fact]
    public void A_commitment_is_paid_to_the_end_of_its_term()
    {
        var scenario = Doubling();
        var left = 12 - 12 * Math.Log2(4 / 3.2);

        Of(scenario, Plan(scenario, Fleets.Rented(2, RentalTerms.OneYear)))[0]
            .ExitCostUsd!.Value.Value.ShouldBe(4 * 2 * 730.5 * left, 1e-6);
    }

    /// <summary>Without growth one leaves at the horizon, and three years are three terms to the day.</summary>
    [Fact]
    public void At_the_end_of_a_term_one_is_free_to_go()
    {
        var scenario = Fleets.Scenario(3.2);

        Of(scenario, Plan(scenario, Fleets.Rented(2, RentalTerms.OneYear)))[0]
            .ExitCostUsd!.Value.Value.ShouldBe(0, 1e-9);
    }

    [Fact]
    public void Leaving_bought_machines_costs_what_the_books_say_over_the_market()
    {
        var scenario = Doubling();
        var months = 12 * Math.Log2(4 / 3.2);

        Of(scenario, Plan(scenario, Fleets.Bought(30_000)))[0]
            .ExitCostUsd!.Value.Value.ShouldBe(
                4 * 30_000 * 1.15 * (1 - months / 60 - Math.Pow(0.3, months / 36)),
                1e-6
            );
    }

    [Fact]
    public void Own_machines_end_where_they_are_all_in_use()
    {
        var scenario = Doubling();

        Of(scenario, Plan(scenario, Fleets.Own(4)))
            .Single()
            .Action.ShouldBe("look for more than the machines there are: see the other options");
    }

    /// <summary>Two of one's own for nothing and the rest rented: fewer machines save the rent of those.</summary>
    [Fact]
    public void Sizes_of_a_split_fleet_cost_what_the_split_costs()
    {
        var scenario = Doubling();
        var whole = Plan(scenario, Fleets.Own(2) with { MostMachines = null });
        var hybrid = Fleets.Split(scenario, whole, 2, Fleets.Rented(10));

        var sizing = SizingBuilder.Of(whole, Context(scenario, hybrid));

        foreach (var size in sizing.Sizes)
            size.CostPerMonthUsd!.Value.ShouldBe(Math.Max(0, size.Machines!.Value - 2) * 10 * 730.5, 1e-6);
        sizing.Inputs.ShouldAllBe(input => input.SavedPerMonthUsd <= 2 * 10 * 730.5 + 1e-6);
    }
}
