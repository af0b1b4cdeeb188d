using Loadline.Planning;
using Loadline.Prediction;
using Loadline.Quantities;
using Loadline.Simulation;
using Loadline.Tests.Prediction;

namespace Loadline.Tests.Planning;

/// <summary>Scenarios for one model on machines in the EU, few enough to plan many times over.</summary>
internal static class Scenarios
{
    public const string Model = "meta-llama/Llama-3.1-8B-Instruct";

    /// <summary>The search alone: what it finds is exact, where simulated percentiles hang on what was drawn.</summary>
    public static readonly Planner Planner = new(Deployments.Catalog, Deployments.Model)
    {
        Verifies = false,
        AsksWhatIf = false,
    };

    /// <summary>The search, and its finalists simulated.</summary>
    public static readonly Planner Verifying = new(Deployments.Catalog, Deployments.Model) { AsksWhatIf = false };

    public static Scenario Of(
        long people = 400,
        double confidence = 0.9,
        LatencyObjective? ttft = null,
        LatencyObjective? tpot = null,
        LatencyObjective? endToEnd = null
    ) =>
        new()
        {
            Name = "test",
            Streams =
            [
                new Workload
                {
                    People = people,
                    ActiveAtPeak = 0.3,
                    RequestsPerActiveUserPerHour = 12,
                    Hours = WorkingHours.Always,
                    PromptTokens = new TokenLengths(1800, 4000),
                    OutputTokens = new TokenLengths(250, 600),
                    GrowthPerYear = PlanningRange.Single(1),
                },
            ],
            Objectives = new Objectives
            {
                Ttft = ttft,
                Tpot = tpot,
                EndToEnd = endToEnd,
                Confidence = confidence,
            },
            Models = new ModelChoice
            {
                Candidates = [Model],
                AreNamed = true,
                WeightFormats = ["fp8"],
            },
            Deployment = new DeploymentRules
            {
                Allow = ["rent"],
                Engines = ["vllm"],
                Data = Deployments.Catalog.DataClasses.Find("personal-eu"),
            },
            Budget = new Budget(),
        };

    public static LatencyObjective P95(double seconds) => new(0.95, new Duration(seconds));

    /// <summary>Monthly cost of what is recommended; infinite when nothing is.</summary>
    public static double CostOf(Scenario scenario) =>
        Planner.Plan(scenario).Recommended?.CostPerMonthUsd.Value ?? double.PositiveInfinity;
}
