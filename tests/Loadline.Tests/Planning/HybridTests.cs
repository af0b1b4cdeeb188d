using Loadline.Planning;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

/// <summary>A base of one's own and a rest that is rented, bought or hosted by somebody else.</summary>
public sealed class HybridTests
{
    private static readonly Budget People = Fleets.OnlyMachines with { OperatorFte = null, OperatorCostPerYear = null };

    private static (Scenario Scenario, PlanCosts Costs, SizedPlan Whole) Fleet(
        Budget budget,
        MachineSupply supply,
        double rate = 4.5,
        double? availability = null,
        string hours = "always",
        double outside = 0,
        double growth = 1
    )
    {
        var scenario = Fleets.Scenario(rate, budget, growth, hours, outside, availability);
        var costs = Fleets.Costs(scenario);
        return (scenario, costs, costs.PlanOf(Fleets.Sized(scenario), supply, rate)!);
    }

    private static Candidate Told(Scenario scenario, PlanOption option) =>
        new CandidateBuilder(scenario, Fleets.Found(scenario, option)).Build(option);

    [Fact]
    public void A_rented_rest_costs_its_hours_and_one_team_runs_all()
    {
        // 20 machines of 8: 160 accelerators take 1.6 people for 180,000 USD a year each.
        var scenario = Fleets.Scenario(159.5, People);
        var costs = Fleets.Costs(scenario);
        var whole = costs.PlanOf(Fleets.Sized(scenario), Fleets.Bought(360_000, 8), 159.5)!;
        var hybrid = Fleets.Split(scenario, whole, 12, Fleets.Rented(10, count: 8));

        whole.Machines.ShouldBe(20);
        var purchase = 12 * 360_000 * 1.15 * 0.7 / 36;
        hybrid.CostPerMonth.ShouldBe(purchase + 8 * 10 * 730.5 + 1.6 * 180_000 / 12, 1e-6);
        hybrid.Capital.ShouldBe(12 * 360_000 * 1.15, 1e-6);
    }

    [Fact]
    public void At_night_the_base_works_first()
    {
        var (scenario, _, whole) = Fleet(
            Fleets.OnlyMachines,
            Fleets.Bought(36_000),
            hours: "Mon-Fri 08-18",
            outside: 0.5
        );
        var hybrid = Fleets.Split(scenario, whole, 2, Fleets.Rented());

        // Of five machines three are needed at night, two of which are there.
        hybrid.CostPerMonth.ShouldBe(2 * 36_000 * 1.15 * 0.7 / 36 + 730.5 * (3 * 50 + 1 * 118) / 168, 1e-6);
    }

    [Fact]
    public void Own_machines_and_bought_ones_are_one_fleet()
    {
        var budget = Fleets.Everything with { ColocationPerKilowattMonth = null };
        var (scenario, costs, whole) = Fleet(budget, Fleets.Own(9), availability: 0.999);
        var hybrid = Fleets.Split(scenario, whole, 5, Fleets.Bought());

        // Five for the load and one spare, which is the one that is bought, with its part of the network.
        (hybrid.BaseMachines + hybrid.RestMachines).ShouldBe(6);
        whole.SpareMachines.ShouldBe(1);
        hybrid.Capital.ShouldBe(30_000 * 1.15, 1e-9);
        var electricity = 6 * 730.5 * 1.5 * 0.1;
        var place = 6 * 195;
        var price = 34_500;
        hybrid.CostPerMonth.ShouldBe(
            electricity + place + 5_000 + price * 0.7 / 36 + price * 0.65 * 0.08 / 12 + price * 0.05 / 12,
            1e-6
        );
    }

    [Fact]
    public void What_is_above_the_base_costs_its_share_of_the_tokens()
    {
        var (scenario, costs, whole) = Fleet(
            Fleets.OnlyMachines,
            Fleets.Bought(36_000),
            5,
            hours: "Mon-Fri 08-18",
            outside: 0.1
        );
        var api = costs.PlanOf(Fleets.Option(), Fleets.Api(), null);
        var hybrid = Fleets.Split(scenario, whole, 2, api: api);

        // Two of five machines carry 40 % of the peak: 60 % of 50 busy hours goes elsewhere, of 118 quiet ones nothing.
        var share = 50 * 0.6 / (50 + 118 * 0.1);
        hybrid.OverflowShare.ShouldBe(share, 1e-12);
        hybrid.CostPerMonth.ShouldBe(2 * 36_000 * 1.15 * 0.7 / 36 + api.CostPerMonth * share, 1e-6);
        var told = Told(scenario, hybrid);
        (told.Machines, told.Replicas).ShouldBe((2, 2));
        told.MaximumRequestsPerSecond.ShouldBeNull();
    }

    [Fact]
    public void What_is_told_is_what_was_ranked()
    {
        var (scenario, costs, whole) = Fleet(
            Fleets.Everything with
            {
                OperatorFte = null,
                OperatorCostPerYear = null,
            },
            Fleets.Bought(),
            availability: 0.999,
            hours: "Mon-Fri 08-18",
            outside: 0.2
        );
        var api = costs.PlanOf(Fleets.Option(), Fleets.Api(), null);
        PlanOption[] options =
        [
            whole,
            costs.PlanOf(whole.Sized, Fleets.Rented(), 4.5)!,
            costs.PlanOf(whole.Sized, Fleets.Own(9), 4.5)!,
            api,
            Fleets.Split(scenario, whole, 3, Fleets.Rented()),
            Fleets.Split(scenario, costs.PlanOf(whole.Sized, Fleets.Own(9), 4.5)!, 3, Fleets.Bought()),
            Fleets.Split(scenario, whole, 3, api: api),
        ];

        foreach (var option in options)
        {
            var told = Told(scenario, option);
            told.CostPerMonthUsd.Value.ShouldBe(option.CostPerMonth, 1e-6);
            told.CostLines.Sum(line => line.PerMonthUsd.Value).ShouldBe(option.CostPerMonth, 1e-6);
            told.CostOverHorizonUsd.Value.ShouldBe(36 * option.RankCost, 1e-6);
            // Nothing grows and no price moves.
            option.RankCost.ShouldBe(option.CostPerMonth, 1e-6);
            told.CapitalUsd.Value.ShouldBe(option.Capital, 1e-6);
        }
    }

    /// <summary>All else alike, part of a fleet for nothing is cheaper by just that part.</summary>
    [Fact]
    public void A_hybrid_is_not_cheaper_than_its_parts()
    {
        var (scenario, costs, whole) = Fleet(Fleets.Everything, Fleets.Bought(), 7.5);
        var rented = costs.PlanOf(whole.Sized, Fleets.Rented(2), 7.5)!;
        for (var inBase = 2; inBase < 8; inBase++)
        {
            var hybrid = Fleets.Split(scenario, whole, inBase, rented.Supply);
            var people = 5_000;
            var expected =
                people + (whole.CostPerMonth - people) * inBase / 8 + (rented.CostPerMonth - people) * (8 - inBase) / 8;
            hybrid.CostPerMonth.ShouldBe(expected, 1e-6);
        }
    }

    [Fact]
    public void Growth_rents_more_and_keeps_the_base()
    {
        var (_, _, whole) = Fleet(Fleets.OnlyMachines with { HorizonMonths = 12 }, Fleets.Bought(1200), 1.5);
        var scenario = Fleets.Scenario(1.5, Fleets.OnlyMachines with { HorizonMonths = 12 }, 2);
        var hybrid = Fleets.Split(scenario, whole, 1, Fleets.Rented());

        // 1.5 x 2^((m + 0.5) / 12) passes 2 in month 4.98: two machines for months 0 to 4, three from then on.
        var rent = 730.5 * (5 * 1 + 7 * 2);
        Fleets.Costs(scenario).OverHorizon(hybrid, 2, 1).ShouldBe(1200 * (1 - Math.Pow(0.3, 1 / 3.0)) + rent, 1e-6);
    }
}
