using Loadline.Planning;
using Loadline.Quantities;
using Loadline.Tests.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class MachineCostTests
{
    private const string Week = "Mon-Fri 08-18";
    private const double Busy = 50.0 / 168;

    private static MachineCosts Of(Scenario scenario) => Fleets.Costs(scenario).Machines;

    [Fact]
    public void Rent_on_demand_stops_outside_of_working_hours_but_for_what_is_needed()
    {
        var costs = Of(Fleets.Scenario(hours: Week, outside: 0.05));

        // Ten machines for 50 hours of the week, one (5 % of ten, rounded up) for the other 118.
        var hours = Fleets.Hours * (10 * 50 + 1 * 118) / 168;
        costs.Monthly(Fleets.Rented(2), 10).ShouldBe(2 * hours, 1e-9);
        costs.Monthly(Fleets.Rented(2, RentalTerms.Spot), 10).ShouldBe(2 * hours, 1e-9);
    }

    [Theory]
    [InlineData(RentalTerms.OneYear)]
    [InlineData(RentalTerms.ThreeYears)]
    public void A_commitment_is_paid_for_at_all_hours(RentalTerms terms) =>
        Of(Fleets.Scenario(hours: Week, outside: 0.05))
            .Monthly(Fleets.Rented(2, terms), 10)
            .ShouldBe(2 * 10 * 730.5, 1e-9);

    [Fact]
    public void Without_load_outside_all_machines_are_off() =>
        Of(Fleets.Scenario(hours: Week)).Monthly(Fleets.Rented(2), 10).ShouldBe(2 * 10 * 730.5 * Busy, 1e-9);

    /// <summary>One machine alone is there 99.5 % of the time, at night as well.</summary>
    [Fact]
    public void Availability_holds_outside_of_working_hours_too() =>
        Of(Fleets.Scenario(hours: Week, outside: 0.05, availability: 0.999))
            .HoursBilled(Fleets.Rented(), 12)
            .ShouldBe(730.5 * (12 * 50 + 2 * 118) / 168, 1e-9);

    [Fact]
    public void A_replica_over_two_machines_keeps_both_outside() =>
        Of(Fleets.Scenario(hours: Week, outside: 0.05))
            .HoursBilled(Fleets.Rented(), 8, perReplica: 2)
            .ShouldBe(730.5 * (8 * 50 + 2 * 118) / 168, 1e-9);

    /// <summary>Four H100 servers for 30,000 USD each, 0.1 USD/kWh, PUE 1.5, 200 USD/kW, half a person for 120,000 USD.</summary>
    [Fact]
    public void A_purchase_is_its_lines_worked_out_by_hand()
    {
        var lines = Of(Fleets.Scenario(budget: Fleets.Everything, hours: Week, outside: 0.05))
            .Lines(Fleets.Bought(), 4)
            .ToDictionary(line => line.What, line => line.PerMonthUsd.Value);

        // Network: 15 % on top. After 36 of 60 months 30 % is left.
        var capital = 4 * 30_000 * 1.15;
        // At work for 50 of 168 hours and 5 % of the others; idle it draws 30 % of its power.
        var utilisation = Busy + (1 - Busy) * 0.05;
        lines["purchase, spread over its use"].ShouldBe(capital * 0.7 / 36, 1e-9);
        lines["cost of capital"].ShouldBe(capital * (1 + 0.3) / 2 * 0.08 / 12, 1e-9);
        lines["support and spare parts"].ShouldBe(capital * 0.05 / 12, 1e-9);
        lines["electricity"].ShouldBe(4 * (0.3 + 0.7 * utilisation) * 730.5 * 1.5 * 0.1, 1e-9);
        lines["place in a data centre"].ShouldBe(4 * 200, 1e-9);
        lines["people who run it"].ShouldBe(0.5 * 120_000 / 12, 1e-9);
        lines.Count.ShouldBe(6);
    }

    [Fact]
    public void Lines_sum_to_what_options_are_ranked_by()
    {
        var costs = Of(Fleets.Scenario(budget: Fleets.Everything, hours: Week, outside: 0.05, availability: 0.999));

        foreach (
            var supply in new[]
            {
                Fleets.Bought(),
                Fleets.Own(9),
                Fleets.Rented(2),
                Fleets.Rented(2, RentalTerms.OneYear),
            }
        )
        {
            foreach (var machines in (int[])[1, 2, 7])
            {
                var lines = costs.Lines(supply, machines);
                lines.Sum(line => line.PerMonthUsd.Value).ShouldBe(costs.Monthly(supply, machines), 1e-9);
                lines.ShouldAllBe(line =>
                    line.PerMonthUsd.Low <= line.PerMonthUsd.Value && line.PerMonthUsd.Value <= line.PerMonthUsd.High
                );
            }
        }
    }

    [Fact]
    public void Own_machines_cost_no_purchase_and_no_interest() =>
        Of(Fleets.Scenario(budget: Fleets.Everything))
            .Lines(Fleets.Own(2), 2)
            .Select(line => line.What)
            .ShouldBe(["electricity", "place in a data centre", "people who run it"]);

    [Fact]
    public void One_machine_needs_no_network() =>
        Of(Fleets.Scenario()).Capital(Fleets.Bought(), 1).Value.ShouldBe(30_000);

    [Fact]
    public void A_machine_beside_others_needs_the_network_they_share()
    {
        var costs = Of(Fleets.Scenario());

        (
            costs.Capital(Fleets.Bought(), 1, beside: 3).Value + costs.Capital(Fleets.Bought(), 3, beside: 1).Value
        ).ShouldBe(costs.Capital(Fleets.Bought(), 4).Value, 1e-9);
    }

    /// <summary>A room of one's own takes 3 kW; what the catalog asks for more is 195 USD/kW.</summary>
    [Fact]
    public void Three_kilowatts_stand_in_a_room_and_four_in_a_data_centre()
    {
        var costs = Of(Fleets.Scenario(budget: Fleets.OnlyMachines with { ColocationPerKilowattMonth = null }));

        costs.RunningPerMonth(Fleets.Own(9), 3).ShouldBe(0);
        costs.RunningPerMonth(Fleets.Own(9), 4).ShouldBe(4 * 195, 1e-9);
        // Two beside two others are four in one place.
        costs.RunningPerMonth(Fleets.Own(9), 2, beside: 2).ShouldBe(2 * 195, 1e-9);
    }

    /// <summary>One person for 100 accelerators and 180,000 USD, but never less than a tenth of one.</summary>
    [Theory]
    [InlineData(1, 0.1)]
    [InlineData(10, 0.1)]
    [InlineData(11, 0.11)]
    [InlineData(400, 4)]
    public void People_come_by_the_hundred_accelerators(int accelerators, double people)
    {
        var budget = Fleets.OnlyMachines with { OperatorFte = null, OperatorCostPerYear = null };

        new CostFactors(Deployments.Catalog, Fleets.Scenario(budget: budget))
            .OperatorsPerMonth(accelerators)
            .Value.ShouldBe(people * 180_000 / 12, 1e-9);
    }

    /// <summary>A server is a third on top of its accelerators, or 2,000 USD.</summary>
    [Theory]
    [InlineData(3_000, 2_000)]
    [InlineData(240_000, 80_000)]
    public void A_server_is_a_third_of_its_accelerators_or_a_workstation(double cards, double server) =>
        new CostFactors(Deployments.Catalog, Fleets.Scenario()).ServerFor(cards).Value.ShouldBe(server, 1e-6);

    /// <summary>30 % after 36 months, geometrically, and never more than five years of depreciation leave.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(12, 0.6694329500821695)]
    [InlineData(36, 0.3)]
    [InlineData(54, 0.1)]
    [InlineData(60, 0)]
    [InlineData(70, 0)]
    public void What_is_left_follows_the_market_and_then_the_books(double months, double share)
    {
        var left = new CostFactors(Deployments.Catalog, Fleets.Scenario()).ResidualAfter(months);

        left.Value.ShouldBe(share, 1e-9);
        left.Low.ShouldBeLessThanOrEqualTo(left.Value);
        left.High.ShouldBeGreaterThanOrEqualTo(left.Value);
    }

    [Fact]
    public void A_month_more_of_depreciation_does_not_make_a_third_of_the_price()
    {
        var budget = Fleets.OnlyMachines with { DepreciationYears = 37 / 12.0 };

        // Of 37 months one is left to write off.
        new CostFactors(Deployments.Catalog, Fleets.Scenario(budget: budget))
            .ResidualAfter(36)
            .Value.ShouldBe(1 / 37.0, 1e-9);
    }
}
