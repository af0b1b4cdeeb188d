using Loadline.Planning;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class HorizonTests
{
    private static readonly Budget Year = Fleets.OnlyMachines with { HorizonMonths = 12 };

    /// <summary>0.6 requests a second of 1 that a machine is good for; at twice a year it is full in month 8.84.</summary>
    private static (PlanCosts Costs, SizedPlan Plan) Growing(MachineSupply supply, double growth = 2)
    {
        var scenario = Fleets.Scenario(0.6, Year, growth);
        var costs = Fleets.Costs(scenario);
        return (costs, costs.PlanOf(Fleets.Sized(scenario), supply, 0.6)!);
    }

    [Fact]
    public void Without_growth_the_horizon_is_its_months_times_the_month()
    {
        var scenario = Fleets.Scenario(2.5, Fleets.Everything, hours: "Mon-Fri 08-18", outside: 0.05);
        var costs = Fleets.Costs(scenario);
        var sized = Fleets.Sized(scenario);
        foreach (
            var supply in new[]
            {
                Fleets.Rented(),
                Fleets.Rented(2, RentalTerms.OneYear),
                Fleets.Bought(),
                Fleets.Own(3),
            }
        )
        {
            var plan = costs.PlanOf(sized, supply, 2.5)!;

            plan.Machines.ShouldBe(3);
            costs.OverHorizon(plan, 1, 1).ShouldBe(36 * plan.CostPerMonth, 1e-6);
            plan.RankCost.ShouldBe(plan.CostPerMonth, 1e-6);
        }
    }

    [Fact]
    public void Rent_follows_the_load_month_by_month()
    {
        var (costs, plan) = Growing(Fleets.Rented(2));

        // Months 0 to 8 on one machine, 9 to 11 on two.
        costs.OverHorizon(plan, 2, 1).ShouldBe((9 * 1 + 3 * 2) * 730.5 * 2, 1e-6);
    }

    [Fact]
    public void Machines_are_bought_when_the_load_needs_them_and_credited_for_what_they_fetch()
    {
        var (costs, plan) = Growing(Fleets.Bought(1000));

        var paid = costs.Cumulative(plan, 2, 1);
        paid.Take(10).ShouldAllBe(value => Math.Abs(value - 1000) < 1e-9);
        // The second, and a network of 15 % for both.
        paid[10].ShouldBe(2 * 1000 * 1.15, 1e-9);
        var left = 1000 * Math.Pow(0.3, 12 / 36.0) + 1300 * Math.Pow(0.3, 3 / 36.0);
        costs.OverHorizon(plan, 2, 1).ShouldBe(2300 - left, 1e-6);
    }

    /// <summary>Three years of use in six years: bought twice, each time to the end.</summary>
    [Fact]
    public void What_is_written_off_is_bought_again()
    {
        var scenario = Fleets.Scenario(0.5, Fleets.OnlyMachines with { HorizonMonths = 72, DepreciationYears = 3 });
        var costs = Fleets.Costs(scenario);
        var plan = costs.PlanOf(Fleets.Sized(scenario), Fleets.Bought(3600), 0.5)!;

        plan.CostPerMonth.ShouldBe(100, 1e-9);
        costs.Cumulative(plan, 1, 1)[36].ShouldBe(3600, 1e-9);
        costs.Cumulative(plan, 1, 1)[37].ShouldBe(7200, 1e-9);
        costs.OverHorizon(plan, 1, 1).ShouldBe(72 * 100, 1e-6);
    }

    [Fact]
    public void Rent_on_demand_follows_the_price_trend_and_a_commitment_holds_its_price()
    {
        var scenario = Fleets.Scenario(0.5, Fleets.OnlyMachines with { HorizonMonths = 24 });
        var costs = Fleets.Costs(scenario);
        var sized = Fleets.Sized(scenario);
        double Over(RentalTerms terms) =>
            costs.OverHorizon(costs.PlanOf(sized, Fleets.Rented(1, terms), 0.5)!, 1, 0.75);

        Over(RentalTerms.OneYear).ShouldBe(730.5 * (12 + 12 * 0.75), 1e-6);
        Over(RentalTerms.ThreeYears).ShouldBe(730.5 * 24, 1e-6);
        Over(RentalTerms.OnDemand)
            .ShouldBe(730.5 * Enumerable.Range(0, 24).Sum(month => Math.Pow(0.75, (month + 0.5) / 12)), 1e-6);
    }

    [Fact]
    public void The_trend_of_prices_ranks_hosted_models_as_it_ranks_rent()
    {
        var scenario = Fleets.Scenario(budget: Year with { PriceTrendPerYear = PlanningRange.Single(0.5) });
        var costs = Fleets.Costs(scenario);
        var mean = Enumerable.Range(0, 12).Average(month => Math.Pow(0.5, (month + 0.5) / 12));

        var api = costs.PlanOf(Fleets.Option(), Fleets.Api(), null);
        var rent = costs.PlanOf(Fleets.Sized(scenario), Fleets.Rented(), 1)!;

        api.RankCost.ShouldBe(api.CostPerMonth * mean, 1e-6);
        rent.RankCost.ShouldBe(rent.CostPerMonth * mean, 1e-6);
    }

    [Fact]
    public void No_more_own_machines_run_than_there_are()
    {
        var scenario = Fleets.Scenario(0.6, Fleets.Everything with { HorizonMonths = 12 }, 2);
        var costs = Fleets.Costs(scenario);
        var plan = costs.PlanOf(Fleets.Sized(scenario), Fleets.Own(1), 0.6)!;

        costs.OverHorizon(plan, 2, 1).ShouldBe(12 * plan.CostPerMonth, 1e-6);
    }

    /// <summary>People are paid, whatever becomes of the price of machines.</summary>
    [Fact]
    public void Wages_do_not_follow_the_price_of_rent()
    {
        var scenario = Fleets.Scenario(0.5, Year with { OperatorFte = 1, OperatorCostPerYear = 12_000 });
        var costs = Fleets.Costs(scenario);
        var plan = costs.PlanOf(Fleets.Sized(scenario), Fleets.Rented(), 0.5)!;

        (costs.OverHorizon(plan, 1, 2) - costs.OverHorizon(plan, 1, 1)).ShouldBe(
            730.5 * Enumerable.Range(0, 12).Sum(month => Math.Pow(2, (month + 0.5) / 12) - 1),
            1e-6
        );
    }

    [Fact]
    public void A_machine_of_10_000_overtakes_rent_of_730_and_a_half_in_month_13_69()
    {
        var scenario = Fleets.Scenario(0.5);
        var costs = Fleets.Costs(scenario);
        var sized = Fleets.Sized(scenario);
        var bought = costs.PlanOf(sized, Fleets.Bought(10_000), 0.5)!;
        var rented = costs.PlanOf(sized, Fleets.Rented(), 0.5)!;

        CostOverTimeBuilder.MonthOf(bought, rented, 1, scenario, costs)!.Value.ShouldBe(10_000 / 730.5, 1e-9);
    }

    [Fact]
    public void A_machine_of_30_000_does_not_overtake_it_in_three_years()
    {
        var scenario = Fleets.Scenario(0.5);
        var costs = Fleets.Costs(scenario);
        var sized = Fleets.Sized(scenario);

        CostOverTimeBuilder
            .MonthOf(
                costs.PlanOf(sized, Fleets.Bought(30_000), 0.5)!,
                costs.PlanOf(sized, Fleets.Rented(), 0.5)!,
                1,
                scenario,
                costs
            )
            .ShouldBeNull();
    }

    /// <summary>Against one machine of 730.50 USD, good for twice the load of today.</summary>
    [Theory]
    [InlineData(1000, 0.7305)]
    // 300 x factor: three machines carry six times, the price of which passes 2,191.5 only at 7.3 times, where four are needed.
    [InlineData(300, null)]
    public void The_volume_at_which_machines_pay_is_where_the_bills_are_equal(double monthly, double? factor)
    {
        var scenario = Fleets.Scenario(0.5);
        var costs = Fleets.Costs(scenario);
        var machines = costs.PlanOf(Fleets.Sized(scenario), Fleets.Rented(), 0.5)!;
        var api = costs.PlanOf(Fleets.Option(), Fleets.Api(), null) with { CostPerMonth = monthly };

        var found = Volumes.CrossingOf(api, machines, costs);

        if (factor is { } expected)
            found!.Value.ShouldBeInRange(expected, expected * 1.05);
        else
            found.ShouldBeNull();
    }

    [Fact]
    public void More_machines_than_anybody_has_do_not_become_cheap()
    {
        // 5 a second on 5 machines: from 200,000 times on no more machines are counted.
        var scenario = Fleets.Scenario(5);
        var costs = Fleets.Costs(scenario);
        var machines = costs.PlanOf(Fleets.Sized(scenario), Fleets.Rented(), 5)!;
        var api = costs.PlanOf(Fleets.Option(), Fleets.Api(), null) with { CostPerMonth = 0.9 * 5 * 730.5 };

        Volumes.CrossingOf(api, machines, costs).ShouldBeNull();
    }
}
