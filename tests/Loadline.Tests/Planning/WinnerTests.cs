using Loadline.Planning;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class WinnerTests
{
    private static readonly Scenario Usual = Fleets.Scenario(0.5);

    private static SizedPlan Plan(MachineSupply supply, double rank, double capital = 0, CapabilityGrade? grade = null)
    {
        var plan = Fleets.Costs(Usual).PlanOf(Fleets.Sized(Usual), supply, 0.5)!;
        return plan with { RankCost = rank, CostPerMonth = rank, Capital = capital, For = Fleets.Option(grade) };
    }

    private static ApiPlan Api(double rank, double? seconds = null) =>
        Fleets
            .Costs(Usual)
            .PlanOf(
                Fleets.Option(),
                Fleets.Api(),
                seconds is { } known ? new ApiLatency("host/model", null, null, new Duration(known)) : null
            ) with
        {
            RankCost = rank,
            CostPerMonth = rank,
        };

    private static PlanOption? Winner(Scenario scenario, params PlanOption[] options) =>
        PlanChoice.Of(Fleets.Found(scenario, options), null).Winner;

    [Theory]
    [InlineData(101.9, true)]
    [InlineData(102.1, false)]
    public void Nobody_buys_to_save_a_hundredth(double rent, bool isRented)
    {
        var bought = Plan(Fleets.Bought(), 100, 30_000);
        var rented = Plan(Fleets.Rented(), rent);

        Winner(Usual, bought, rented).ShouldBe(isRented ? rented : bought);
    }

    [Fact]
    public void What_is_not_known_to_be_capable_is_never_recommended()
    {
        var unknown = Plan(Fleets.Rented(), 10, grade: CapabilityGrade.Unknown);
        var known = Plan(Fleets.Bought(), 100, grade: CapabilityGrade.Meets);

        Winner(Usual, unknown, known).ShouldBe(known);
        Winner(Usual, unknown).ShouldBeNull();
    }

    [Fact]
    public void A_hosted_model_that_nobody_measured_wins_by_its_price_and_loses_by_it()
    {
        var rented = Plan(Fleets.Rented(), 100);

        Winner(Usual, Api(90), rented).ShouldBeOfType<ApiPlan>();
        Winner(Usual, Api(110), rented).ShouldBe(rented);
    }

    [Fact]
    public void Money_at_once_and_a_month_and_power_are_limits_of_every_way()
    {
        var bought = Plan(Fleets.Bought(), 100, 30_000);
        var rented = Plan(Fleets.Rented(), 300);

        Winner(Usual with { Budget = Usual.Budget with { MaximumCapital = Fleets.Usd(30_000) } }, bought, rented)
            .ShouldBe(bought);
        Winner(Usual with { Budget = Usual.Budget with { MaximumCapital = Fleets.Usd(29_999) } }, bought, rented)
            .ShouldBe(rented);
        Winner(Usual with { Budget = Usual.Budget with { MaximumMonthly = Fleets.Usd(299) } }, rented).ShouldBeNull();
        // One H100 server is 1 kW.
        Winner(Powered(1), bought, rented).ShouldBe(bought);
        Winner(Powered(0.99), bought, rented).ShouldBe(rented);
    }

    private static Scenario Powered(double kilowatts) =>
        Usual with
        {
            Deployment = Usual.Deployment with { MaximumKilowatts = kilowatts },
        };

    [Theory]
    [InlineData(3, true)]
    [InlineData(2.99, false)]
    public void The_base_of_a_hybrid_needs_its_power(double kilowatts, bool isThere)
    {
        var scenario = Fleets.Scenario(4.5);
        scenario = scenario with { Deployment = scenario.Deployment with { MaximumKilowatts = kilowatts } };
        var costs = Fleets.Costs(scenario);
        var whole = costs.PlanOf(Fleets.Sized(scenario), Fleets.Bought(), 4.5)!;
        var hybrid = Fleets.Split(scenario, whole, 3, Fleets.Rented());

        (Winner(scenario, hybrid) is not null).ShouldBe(isThere);
    }

    [Fact]
    public void Nothing_on_the_front_is_beaten_by_anything_on_it()
    {
        var usual = Scenarios.Of(people: 4000, endToEnd: Scenarios.P95(30));
        var scenario = usual with
        {
            Models = usual.Models with { WeightFormats = [] },
            Deployment = usual.Deployment with { Allow = ["api", "rent", "buy"], Data = null },
        };
        var plan = Scenarios.Planner.Plan(scenario, TestContext.Current.CancellationToken);

        // Hosted models say neither how fast they are nor what their format costs.
        var front = plan.Pareto.Where(option => option.Way != Way.Api).ToList();
        front.Count.ShouldBeGreaterThan(1);
        foreach (var option in front)
            front.ShouldNotContain(other =>
                other != option
                && other.CostOverHorizonUsd.Value < option.CostOverHorizonUsd.Value
                && other.CapitalUsd.Value <= option.CapitalUsd.Value
                && other.QualityLoss!.Value.Value <= option.QualityLoss!.Value.Value
                && other.EndToEndSeconds!.Value.Value <= 0.99 * option.EndToEndSeconds!.Value.Value
            );
    }

    /// <summary>The peak in replicas, the accelerators in a machine, and machines that hold them.</summary>
    [Theory]
    [InlineData(8, 8, 1)]
    [InlineData(8, 1, 8)]
    [InlineData(8.01, 8, 2)]
    [InlineData(8.01, 1, 9)]
    public void Eight_that_suffice_are_eight(double replicas, int count, int machines)
    {
        var scenario = Fleets.Scenario(replicas * 0.9999);
        var plan = Fleets
            .Costs(scenario)
            .PlanOf(Fleets.Sized(scenario), Fleets.Rented(count: count), replicas * 0.9999)!;

        (plan.Machines, plan.Machines * count).ShouldBe((machines, machines * count));
    }

    [Fact]
    public void Ten_times_the_people_are_never_cheaper()
    {
        var costs = new[] { 10L, 100, 1000, 10_000, 100_000 }
            .Select(people =>
            {
                var usual = Scenarios.Of(people, tpot: Scenarios.P95(0.05));
                return Scenarios.CostOf(
                    usual with
                    {
                        Deployment = usual.Deployment with { Allow = ["rent", "buy"] },
                        Objectives = usual.Objectives with { Availability = 0.999 },
                    }
                );
            })
            .ToList();

        costs.ShouldBeInOrder();
        costs[^1].ShouldBeGreaterThan(costs[0]);
    }
}
