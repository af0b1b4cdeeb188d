using Loadline.Planning;
using Loadline.Quantities;
using Loadline.Tests.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class AdaptationLadderTests
{
    private static readonly AdaptationWish Wish = new()
    {
        Need = AdaptationNeed.Style,
        Prompt = new PromptParts(800, 400, 0, 300, 300),
        Examples = 2000,
        Hardware = "nvidia-h100-sxm-80gb",
    };

    private static AdaptationAnswer Decide(AdaptationWish wish) =>
        new AdaptationPlanner(Deployments.Catalog, Deployments.Model) { Start = new DateOnly(2026, 11, 24) }.Decide(
            Scenarios.Of() with
            {
                Adaptation = wish,
            }
        );

    private static AdaptationOption Option(AdaptationAnswer answer, string method) =>
        answer.Options.Single(option => option.Method == method);

    [Fact]
    public void A_prompt_that_is_not_known_to_fall_short_is_kept_and_cached()
    {
        var answer = Decide(Wish);

        answer.Recommended.ShouldBe("prompt-cache");
        Option(answer, "grpo").Feasible.ShouldBeFalse();
        Option(answer, "few-shot").Why.ShouldContain("already");
    }

    [Fact]
    public void What_fell_short_is_not_recommended_again_and_neither_is_what_comes_before_it()
    {
        var answer = Decide(Wish with { FellShort = ["few-shot"] });

        answer.Recommended.ShouldBe("lora");
        Option(answer, "prompt").Feasible.ShouldBeFalse();
        Option(answer, "prompt").Why.ShouldContain("fall short");
        // Ten days of work are two weeks.
        answer.ReadyOn.ShouldBe("2026-12-08");
    }

    [Fact]
    public void Facts_that_change_are_retrieved_and_not_trained()
    {
        var answer = Decide(Wish with { Need = AdaptationNeed.Knowledge, ChangesPerMonth = 4 });

        answer.Recommended.ShouldBe("rag");
        Option(answer, "lora").Feasible.ShouldBeFalse();
        Option(answer, "lora").Why.ShouldContain("4 times a month");
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Reinforcement_learning_needs_a_program_that_checks(bool verifiable, bool feasible)
    {
        var answer = Decide(
            Wish with
            {
                Need = AdaptationNeed.Reasoning,
                VerifiableReward = verifiable,
                Hardware = "8x:nvidia-h100-sxm-80gb",
            }
        );

        Option(answer, "grpo").Feasible.ShouldBe(feasible);
    }

    [Fact]
    public void Costs_are_the_sum_of_their_parts()
    {
        var option = Option(Decide(Wish), "lora");

        option.DataUsd!.Value.Value.ShouldBe(0);
        option.OneOffUsd!.Value.Value.ShouldBe(option.CostUsd!.Value.Value + option.LabourUsd!.Value.Value, 1e-6);
        // 36 months of serving, and two repetitions a year of the run with a fifth of the labour.
        var repeat = (option.CostUsd.Value.Value + 0.2 * option.LabourUsd.Value.Value) * 2 / 12;
        option.CostOverHorizonUsd!.Value.Value.ShouldBe(
            option.OneOffUsd.Value.Value + 36 * (option.ServingCostPerMonthUsd!.Value.Value + repeat),
            1e-6
        );
    }

    [Fact]
    public void Missing_examples_are_paid_for()
    {
        var plenty = Option(Decide(Wish), "lora");
        var none = Option(Decide(Wish with { Examples = 0, CostPerExampleUsd = PlanningRange.Single(3) }), "lora");

        // A thousand are planned with where there are none.
        none.DataUsd!.Value.Value.ShouldBe(3000);
        plenty.DataUsd!.Value.Value.ShouldBe(0);
    }

    [Fact]
    public void The_break_even_is_what_is_paid_more_over_what_a_request_saves()
    {
        var money = new AdaptationMoney(Deployments.Catalog, Scenarios.Of(), Wish);
        var before = Priced(oneOff: 1000, repeat: 0, marginal: 0.002);
        var after = Priced(oneOff: 8200, repeat: 100, marginal: 0.001);

        // 7,200 now and 36 x 100 for repeating, over 36 months of 0.001 saved on a request.
        money.BreakEven(after, before)!.Value.Value.ShouldBe((7200 + 3600) / (36 * 0.001), 1e-6);
        money.BreakEven(before, after).ShouldBeNull();

        static AdaptationOption Priced(double oneOff, double repeat, double marginal) =>
            new()
            {
                Method = "x",
                Name = "x",
                Step = 0,
                Feasible = true,
                Why = "",
                OneOffUsd = Estimate.Exact(oneOff),
                RepeatCostPerMonthUsd = Estimate.Exact(repeat),
                MarginalCostPerRequestUsd = marginal,
            };
    }

    [Fact]
    public void An_adapter_of_every_tenant_is_counted()
    {
        var one = Option(Decide(Wish), "lora");
        var many = Option(Decide(Wish with { Adapters = 50 }), "lora");

        // 41,943,040 parameters of rank 16 beside all linear layers, two bytes each.
        one.AdapterBytes.ShouldBe(83_886_080);
        many.AdapterBytes.ShouldBe(50 * 83_886_080L);
    }
}
