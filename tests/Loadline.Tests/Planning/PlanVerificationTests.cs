using Loadline.Planning;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class PlanVerificationTests
{
    private static readonly Scenario Busy = Scenarios.Of(
        people: 20_000,
        ttft: Scenarios.P95(1.5),
        tpot: Scenarios.P95(0.05),
        endToEnd: Scenarios.P95(30)
    );

    private static Plan Verified(Scenario scenario) =>
        Scenarios.Verifying.Plan(scenario, TestContext.Current.CancellationToken);

    private static Plan Searched(Scenario scenario) =>
        Scenarios.Planner.Plan(scenario, TestContext.Current.CancellationToken);

    [Fact]
    public void Every_option_that_is_shown_has_been_simulated()
    {
        var plan = Verified(Busy);

        plan.Alternatives.Add(plan.Recommended!)
            .Concat(plan.Pareto)
            .ShouldAllBe(candidate => candidate.SimulatedRequests >= 800);
        plan.Recommended!.TtftSeconds!.Value.Evidence.ShouldNotBe(Evidence.Assumed);
    }

    [Fact]
    public void Without_verification_the_same_options_are_closed_forms() =>
        Searched(Busy).Recommended!.SimulatedRequests.ShouldBeNull();

    [Fact]
    public void Simulated_percentiles_keep_the_objectives()
    {
        var plan = Verified(Busy);

        foreach (var candidate in plan.Alternatives.Add(plan.Recommended!))
        {
            candidate.TtftSeconds!.Value.Value.ShouldBeLessThan(1.5);
            candidate.TpotSeconds!.Value.Value.ShouldBeLessThan(0.05);
            candidate.EndToEndSeconds!.Value.Value.ShouldBeLessThan(30);
        }
    }

    [Fact]
    public void Simulation_never_makes_a_plan_cheaper_than_the_search_found_it()
    {
        var searched = Searched(Busy).Recommended!;
        var verified = Verified(Busy).Recommended!;

        verified.CostPerMonthUsd.Value.ShouldBeGreaterThanOrEqualTo(searched.CostPerMonthUsd.Value);
    }

    [Fact]
    public void The_same_scenario_gives_the_same_figures_every_time() =>
        Verified(Busy).Recommended!.TtftSeconds.ShouldBe(Verified(Busy).Recommended!.TtftSeconds);

    /// <summary>
    /// A light load meets no queue: what is simulated and the closed form differ by the requests that were drawn and by how
    /// a percentile of a sum is put together, not by a factor.
    /// </summary>
    [Fact]
    public void At_a_light_load_simulation_and_closed_form_agree()
    {
        var light = Scenarios.Of(people: 20, endToEnd: Scenarios.P95(60));
        var simulated = Verified(light).Recommended!;
        var closed = Searched(light).Recommended!;

        (simulated.TpotSeconds!.Value.Value / closed.TpotSeconds!.Value.Value).ShouldBeInRange(0.8, 1.25);
        (simulated.EndToEndSeconds!.Value.Value / closed.EndToEndSeconds!.Value.Value).ShouldBeInRange(0.8, 1.25);
    }

    /// <summary>
    /// A fleet that is enlarged by simulation may be cheaper on other terms than those it was found with: all that are on
    /// offer for these machines are priced here one by one.
    /// </summary>
    [Fact]
    public void No_other_terms_for_the_same_machines_are_cheaper_over_the_horizon()
    {
        var found = Scenarios.Verifying.Searched(Busy, TestContext.Current.CancellationToken);
        var verification = new PlanVerification(Busy, found.Search, found.Costs, TestContext.Current.CancellationToken);

        foreach (var plan in PlanChoice.Of(found, verification).Alternatives.OfType<SizedPlan>())
        {
            var others = found.Search.Supplies.Where(supply =>
                supply.Count == plan.Supply.Count && supply.Accelerator.Id == plan.Supply.Accelerator.Id
            );
            foreach (var other in others)
                found.Costs.PlanOn(other, plan).RankCost.ShouldBeGreaterThanOrEqualTo(plan.RankCost);
        }
    }
}
