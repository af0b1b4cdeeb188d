using Loadline.Planning;
using Loadline.Quantities;
using Loadline.Simulation;
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

    /// <summary>Prompts of 6,000 tokens stop answers for longer than 40 ms on the devices that decode them.</summary>
    private static Scenario LongPrompts(double tpotSeconds) =>
        Scenarios.Of(confidence: 0.8, tpot: Scenarios.P95(tpotSeconds)) with
        {
            Streams =
            [
                new Workload
                {
                    RequestsPerSecond = 20,
                    Hours = WorkingHours.Always,
                    PromptTokens = new TokenLengths(6_000, 12_000),
                    OutputTokens = new TokenLengths(200, 400),
                    GrowthPerYear = PlanningRange.Single(1),
                },
            ],
            Models = new ModelChoice
            {
                Candidates = ["Qwen/Qwen2.5-Coder-32B-Instruct"],
                AreNamed = true,
                WeightFormats = ["fp8"],
            },
            Deployment = new DeploymentRules
            {
                Allow = ["rent"],
                Engines = ["vllm", "sglang"],
                Accelerators = ["nvidia-h100-sxm-80gb"],
            },
        };

    [Fact]
    public void Where_the_cheapest_shape_is_too_slow_as_simulated_another_takes_its_place()
    {
        var searched = Searched(LongPrompts(0.04)).Recommended!;
        var plan = Verified(LongPrompts(0.04));

        searched.Parallelism.Devices.ShouldBe(1);
        plan.Rejected.ShouldContain(rejected => rejected.Why.StartsWith("simulated, time per output token"));
        plan.Recommended!.TpotSeconds!.Value.Value.ShouldBeLessThanOrEqualTo(0.04);
    }

    [Fact]
    public void Long_prompts_are_computed_apart_where_answers_must_not_wait_for_them()
    {
        var plan = Verified(LongPrompts(0.03)).Recommended!;

        var pools = plan.Pools.ShouldNotBeNull();
        plan.Replicas.ShouldBe(plan.Machines * pools.Replicas);
        (pools.Replicas * plan.Parallelism.Devices).ShouldBe(8);
        plan.TpotSeconds!.Value.Value.ShouldBeLessThanOrEqualTo(0.03);
        // 20 prompts a second of 6,000 tokens take four operations for every of 32.8 G parameters and two tokens, more than
        // the 1,979 TFLOP/s at fp8 of two devices.
        (pools.Prefill * plan.Parallelism.Devices * plan.Machines).ShouldBeGreaterThan(2);
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
