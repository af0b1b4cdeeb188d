using CsCheck;
using Loadline.Planning;
using Loadline.Prediction;
using Loadline.Quantities;
using Loadline.Tests.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

/// <summary>What must hold of every plan, whatever the constants behind it are.</summary>
public sealed class PlannerLaws
{
    private const int Plans = 30;

    private static readonly Gen<long> People = Gen.Double[0, 6.5].Select(exponent => (long)Math.Pow(10, exponent));

    private static readonly Gen<double> More = Gen.Double[1, 30];

    /// <summary>Limits around what the hardware can do, some of which nothing meets.</summary>
    private static readonly Gen<(double Ttft, double Tpot, double EndToEnd)> Limits = Gen.Select(
        Gen.Double[0.02, 5],
        Gen.Double[0.003, 0.1],
        Gen.Double[1, 60]
    );

    [Fact]
    public void More_people_are_never_cheaper() =>
        Gen.Select(People, More, Limits)
            .Sample(
                (people, more, limits) =>
                    CostOf(people, 0.9, limits) <= CostOf((long)Math.Ceiling(people * more), 0.9, limits),
                iter: Plans
            );

    [Fact]
    public void More_confidence_is_never_cheaper() =>
        Gen.Select(People, Gen.Double[0.05, 0.98], Gen.Double[0, 1], Limits)
            .Sample(
                (people, confidence, step, limits) =>
                    CostOf(people, confidence, limits)
                    <= CostOf(people, confidence + step * (0.995 - confidence), limits),
                iter: Plans
            );

    [Fact]
    public void More_patience_is_never_dearer() =>
        Gen.Select(People, Limits, More, Gen.Int[0, 2])
            .Sample(
                (people, limits, more, which) =>
                {
                    var looser = which switch
                    {
                        0 => limits with { Ttft = limits.Ttft * more },
                        1 => limits with { Tpot = limits.Tpot * more },
                        _ => limits with { EndToEnd = limits.EndToEnd * more },
                    };
                    return CostOf(people, 0.9, looser) <= CostOf(people, 0.9, limits);
                },
                iter: Plans
            );

    [Fact]
    public void A_lower_percentile_of_the_same_limit_is_never_dearer() =>
        Gen.Select(People, Limits, Gen.OneOf(0.5, 0.9, 0.95))
            .Sample(
                (people, limits, lower) =>
                {
                    var limit = new Duration(limits.Ttft);
                    return Scenarios.CostOf(Scenarios.Of(people, ttft: new LatencyObjective(lower, limit)))
                        <= Scenarios.CostOf(Scenarios.Of(people, ttft: new LatencyObjective(0.99, limit)));
                },
                iter: Plans
            );

    [Fact]
    public void What_is_planned_carries_the_peak_with_the_confidence_asked_for() =>
        Gen.Select(People, Gen.Double[0.1, 0.99], Limits)
            .Sample(
                (people, confidence, limits) =>
                {
                    var plan = Scenarios.Verifying.Plan(ScenarioOf(people, confidence, limits));
                    return plan
                        .Alternatives.Append(plan.Recommended)
                        .OfType<Candidate>()
                        .All(candidate =>
                            candidate.MaximumRequestsPerSecond >= plan.Demand.PeakRequestsPerSecond.Value * (1 - 1e-12)
                            && candidate.Confidence >= confidence - 1e-3
                            && IsOrdered(candidate.TtftSeconds!.Value)
                            && IsOrdered(candidate.EndToEndSeconds!.Value)
                        );
                },
                iter: Plans
            );

    private static bool IsOrdered(Estimate estimate) =>
        estimate.Low <= estimate.Value && estimate.Value <= estimate.High;

    [Fact]
    public void Nothing_on_offer_is_cheaper_than_what_is_recommended() =>
        Gen.Select(People, Limits)
            .Sample(
                (people, limits) =>
                {
                    var scenario = Reduced(ScenarioOf(people, 0.5, limits));
                    return IsNear(Cheapest(scenario), Scenarios.CostOf(scenario));
                },
                iter: 10
            );

    /// <summary>On demand, one engine, two formats; at even odds a plan is sized for the middle, which is quickly said.</summary>
    private static Scenario Reduced(Scenario scenario) =>
        scenario with
        {
            Models = scenario.Models with { WeightFormats = ["fp8"], MaximumQualityLoss = 1 },
            Deployment = scenario.Deployment with { Terms = [RentalTerms.OnDemand], Engines = ["vllm"] },
            Budget = new Budget { OperatorFte = 0, OperatorCostPerYear = 1 },
        };

    private static bool IsNear(double one, double other) =>
        one.Equals(other) || Math.Abs(one - other) <= 1e-9 * Math.Max(one, other);

    /// <summary>Every offer in the EU with every layout and format, one by one and without the planner.</summary>
    private static double Cheapest(Scenario scenario)
    {
        var cheapest = double.PositiveInfinity;
        var builder = new DeploymentBuilder(Deployments.Catalog);
        var peak = scenario.Streams[0].People!.Value * 0.3 * 12 / 3600;
        Parallelism[] layouts =
        [
            .. new[] { 1, 2, 4, 8 }.Select(degree => new Parallelism(degree)),
            .. new[] { 2, 4, 8 }.Select(degree => new Parallelism(Pipeline: degree)),
        ];
        foreach (var offer in Deployments.Catalog.Offers.All)
        {
            if (offer.Jurisdiction != "EU" || offer.OnDemandPerHour is not { } price)
                continue;
            foreach (var layout in layouts.Where(layout => layout.Devices <= offer.Count))
            {
                foreach (var weights in (string[])["as-stored", "fp8"])
                {
                    foreach (var cache in (string?[])[null, "fp8"])
                    {
                        if (RateOf(scenario, builder, offer.Accelerator, layout, weights, cache) is not { } rate)
                            continue;
                        var replicas = Math.Max(1, Math.Ceiling(peak / rate));
                        var machines = Math.Ceiling(replicas / (offer.Count / layout.Devices));
                        cheapest = Math.Min(cheapest, (double)price.Usd * machines * 730.5);
                    }
                }
            }
        }
        return cheapest;
    }

    private static double? RateOf(
        Scenario scenario,
        DeploymentBuilder builder,
        string accelerator,
        Parallelism layout,
        string weights,
        string? cache
    )
    {
        var request = new DeploymentRequest
        {
            Model = Deployments.Model(Scenarios.Model),
            Accelerator = Deployments.Catalog.Accelerators.Find(accelerator),
            Weights = weights,
            KvCache = cache,
            Engine = "vllm",
            Parallelism = layout,
        };
        if (request.Accelerator.MemoryBandwidth is null || builder.TryBuild(request, out _) is not { } built)
            return null;
        if (layout.Devices > 1 && request.Accelerator.Link?.BandwidthPerDirection is null)
            return null;
        var memory = new ServingMemory(built.Deployment);
        if (memory.CachePool.Low <= 0)
            return null;
        var replica = new ReplicaUnderLoad(built.Deployment, memory, scenario.Workload, scenario.Objectives);
        return replica.LongestRequestFits && replica.MaximumRate(1) is > 0 and var rate
            ? replica.KeptUp(rate, replica.Error.Factor)
            : null;
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.99)]
    public void The_time_to_the_end_does_not_depend_on_the_percentile_of_the_first_token(double probability)
    {
        var limit = new Duration(10);
        var usual = At(new LatencyObjective(0.95, limit));

        At(new LatencyObjective(probability, limit)).EndToEnd.ShouldBe(usual.EndToEnd, 1e-12);

        static LatencyPercentiles At(LatencyObjective ttft)
        {
            var deployment = Deployments.Of(Scenarios.Model);
            var scenario = Scenarios.Of(ttft: ttft, endToEnd: new LatencyObjective(0.95, new Duration(60)));
            return new ReplicaUnderLoad(
                deployment,
                new ServingMemory(deployment),
                scenario.Workload,
                scenario.Objectives
            )
                .At(2, 1)!
                .Value;
        }
    }

    private static Scenario ScenarioOf(
        long people,
        double confidence,
        (double Ttft, double Tpot, double EndToEnd) limits
    ) =>
        Scenarios.Of(
            people,
            confidence,
            Scenarios.P95(limits.Ttft),
            Scenarios.P95(limits.Tpot),
            Scenarios.P95(limits.EndToEnd)
        );

    private static double CostOf(long people, double confidence, (double Ttft, double Tpot, double EndToEnd) limits) =>
        Scenarios.CostOf(ScenarioOf(people, confidence, limits));
}
