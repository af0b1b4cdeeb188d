using Loadline.Planning;
using Loadline.Prediction;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

/// <summary>A plan sized by the first-order reliability method, against draws of everything together.</summary>
public sealed class DesignPointTests
{
    /// <summary>A preset's habits (a factor of two), growth by a factor of 1.1 to 2.5 a year, planned half a year ahead.</summary>
    private static Scenario Uncertain(double confidence, double rate = 1, int months = 6)
    {
        var usual = Fleets.Scenario(rate);
        return usual with
        {
            Streams =
            [
                usual.Streams[0] with
                {
                    HabitsArePreset = true,
                    GrowthPerYear = new PlanningRange(1.1, 1.6, 2.5),
                },
            ],
            Objectives = usual.Objectives with
            {
                Confidence = confidence,
                Tpot = Scenarios.P95(0.03),
                EndToEnd = Scenarios.P95(15),
            },
            Deployment = usual.Deployment with { PlanAheadMonths = months },
        };
    }

    private static LoadUncertainty LoadOf(Scenario scenario) => LoadUncertainty.Of(scenario, Demand.Of(scenario));

    [Fact]
    public void What_is_uncertain_about_the_load_by_hand()
    {
        var load = LoadOf(Uncertain(0.9));

        // Half-widths of 90 %: a factor of 2, and half a year of ln(2.5 / 1.1) over twice 1.645.
        load.HabitSigma.ShouldBe(Math.Log(2) / 1.6448536269514722, 1e-9);
        load.GrowthSigma.ShouldBe(0.5 * Math.Log(2.5 / 1.1) / (2 * 1.6448536269514722), 1e-9);
        load.GrowthMedian.ShouldBe(Math.Sqrt(1.6), 1e-12);
    }

    /// <summary>Three parts in the load and four in the capacity are five together, and each has its share of them.</summary>
    [Fact]
    public void The_point_of_failure_is_divided_by_variance()
    {
        var load = LoadOf(Uncertain(0.9, months: 0));
        var error = Fleets.Replica(Uncertain(0.9)).Error;
        var capacity = load.Sigma * 4 / 3;

        var point = DesignPoint.Of(load, error, capacity, 0.9);

        // z(0.9) = 1.2816, of which 3/5 are in the load and 4/5 in the steps.
        point.LoadFactor.ShouldBe(Math.Exp(1.2815515655446004 * 0.6 * load.Sigma), 1e-9);
        point.Slowdown.ShouldBe(Math.Exp(1.2815515655446004 * 0.8 * error.Sigma), 1e-9);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.8)]
    [InlineData(0.9)]
    [InlineData(0.95)]
    [InlineData(0.99)]
    public void A_plan_for_a_confidence_has_it_in_the_draws(double confidence)
    {
        var (sized, load) = SizedFor(confidence);
        var scenario = Uncertain(confidence, 7 * sized.MaximumRate);
        load = LoadOf(scenario);
        var plan = Fleets.Costs(scenario).PlanOf(sized, Fleets.Rented(), load.NominalRate)!;

        plan.Replicas.ShouldBe(7);
        // The closed form may be up to two points off; more certainty than asked comes of having to keep up.
        new PlanDraws(load)
            .ConfidenceOf(plan, Estimate.Exact(1), null)
            .ShouldBeGreaterThanOrEqualTo(confidence - 0.02);
    }

    private static (SizedReplica Sized, LoadUncertainty Load) SizedFor(double confidence)
    {
        var scenario = Uncertain(confidence);
        var load = LoadOf(scenario);
        var replica = Fleets.Replica(scenario);
        var (rate, design) = ReplicaSizing.Of(replica, load, confidence)!.Value;
        return (Fleets.Sized(scenario) with { Replica = replica, MaximumRate = rate, Design = design }, load);
    }

    [Fact]
    public void Half_of_the_draws_cost_more_than_the_middle()
    {
        var (sized, load) = SizedFor(0.9);
        var draws = new PlanDraws(load);
        var plan = Fleets.Costs(Uncertain(0.9)).PlanOf(sized, Fleets.Rented(), load.NominalRate)! with
        {
            Replicas = 1_000_000,
        };
        var cost = Estimate.WithinFactor(100, 1.25, Evidence.Assumed);

        // Stratified: each twentieth of the prices holds a twentieth of the draws, to one draw.
        draws.ConfidenceOf(plan, cost, 100).ShouldBe(0.5, 1e-3);
        draws.ConfidenceOf(plan, cost, 125).ShouldBe(0.95, 1e-3);
        draws.ConfidenceOf(plan, cost, 80).ShouldBe(0.05, 1e-3);
        draws.ConfidenceOf(plan, cost, null).ShouldBe(1);
    }

    [Fact]
    public void The_same_question_draws_the_same()
    {
        var (sized, load) = SizedFor(0.9);

        foreach (var confidence in (double[])[0.5, 0.9, 0.99])
            new PlanDraws(load)
                .ReplicasFor(sized, confidence)
                .ShouldBe(new PlanDraws(LoadOf(Uncertain(0.9))).ReplicasFor(sized, confidence));
    }

    [Fact]
    public void Shares_of_the_variance_sum_to_one_and_are_those_of_the_inputs()
    {
        var (sized, load) = SizedFor(0.9);

        var shares = new PlanDraws(load)
            .SharesOf(sized, 0.9, _ => 0)
            .ToDictionary(share => share.Input, share => share.Share);

        shares.Values.Sum().ShouldBe(1, 1e-9);
        // Every input is drawn evenly, so that their ratio is that of the squares and no luck.
        (shares["how fast it grows"] / shares["how many ask, and how often"]).ShouldBe(
            load.GrowthSigma * load.GrowthSigma / (load.HabitSigma * load.HabitSigma),
            1e-9
        );
    }

    [Fact]
    public void More_certainty_never_takes_fewer_replicas()
    {
        var (sized, load) = SizedFor(0.9);
        var draws = new PlanDraws(LoadOf(Uncertain(0.9, 20 * sized.MaximumRate)));

        new[] { 0.05, 0.5, 0.9, 0.95, 0.99, 0.999 }
            .Select(confidence => draws.ReplicasFor(sized, confidence)!.Value)
            .ShouldBeInOrder();
        load.NominalRate.ShouldBe(1);
    }
}
