using System.Text.Json;
using Loadline.Tests;
using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

public sealed class PlanTests
{
    private static readonly string Example = Path.Combine(Repository.Root, "examples", "support-assistant.yaml");

    [Fact]
    public void The_example_has_a_plan_in_the_EU()
    {
        var run = Run.Of("plan", Example, "--json");

        run.ExitCode.ShouldBe(0);
        foreach (var candidate in Candidates(run.Json))
            candidate
                .GetProperty("offer")
                .GetString()!
                .Split('/')[^1]
                .ShouldBeOneOf("westeurope", "swedencentral", "europe-west4", "eu-north1", "eu-west1");
    }

    [Fact]
    public void Every_field_of_the_contract_is_there()
    {
        var json = Run.Of("plan", Example, "--json").Json;

        foreach (
            var name in (string[])
                [
                    "verdict",
                    "demand",
                    "recommended",
                    "alternatives",
                    "pareto",
                    "rejected",
                    "roadmap",
                    "assumptions",
                    "openQuestions",
                ]
        )
            json.TryGetProperty(name, out _).ShouldBeTrue(name);
        foreach (var candidate in Candidates(json))
        {
            foreach (
                var name in (string[])
                    [
                        "model",
                        "weightFormat",
                        "kvFormat",
                        "engine",
                        "hardware",
                        "replicas",
                        "parallelism",
                        "perDevice",
                        "ttftSeconds",
                        "tpotSeconds",
                        "endToEndSeconds",
                        "qualityLoss",
                        "costPerMonthUsd",
                        "costOverHorizonUsd",
                        "confidence",
                        "bindingConstraint",
                    ]
            )
                candidate.TryGetProperty(name, out _).ShouldBeTrue(name);
            foreach (var name in (string[])["tensor", "pipeline", "expert", "data"])
                candidate.GetProperty("parallelism").TryGetProperty(name, out _).ShouldBeTrue(name);
        }
    }

    [Fact]
    public void The_recommended_plan_is_the_cheapest_and_sure_enough()
    {
        var json = Run.Of("plan", Example, "--json").Json;

        var recommended = json.GetProperty("recommended");
        recommended.GetProperty("confidence").GetDouble().ShouldBeGreaterThanOrEqualTo(0.9);
        foreach (var alternative in json.GetProperty("alternatives").EnumerateArray())
            Cost(alternative).ShouldBeGreaterThanOrEqualTo(Cost(recommended));
    }

    [Fact]
    public void Demand_goes_from_people_to_tokens()
    {
        var demand = Run.Of("plan", Example, "--json").Json.GetProperty("demand");

        // 400 people x 30 % = 120 active; x 12 / 3,600 s = 0.4 requests/s.
        Value("activeUsers").ShouldBe(120, 1e-9);
        Value("peakRequestsPerSecond").ShouldBe(0.4, 1e-9);
        // 50 of 168 hours at the peak, the others at 5 % of it.
        var mean = 0.4 * (50 + 118 * 0.05) / 168;
        Value("meanRequestsPerSecond").ShouldBe(mean, 1e-9);
        // x 730.5 hours x 1,800 tokens.
        Value("promptTokensPerMonth").ShouldBe(mean * 730.5 * 3600 * 1800, 1);

        double Value(string name) => demand.GetProperty(name).GetProperty("value").GetDouble();
    }

    [Fact]
    public void Flags_alone_make_a_plan()
    {
        var run = Run.Of("plan", "--people", "40", "--task", "customer-support", "--wait", "3s", "--json");

        run.ExitCode.ShouldBe(0);
        run.Json.GetProperty("assumptions").EnumerateArray().ShouldContain(item => item.GetString()!.Contains("30 %"));
    }

    [Fact]
    public void Ten_times_the_users_are_never_cheaper()
    {
        var previous = 0.0;
        foreach (var people in (string[])["40", "400", "4000", "40000"])
        {
            var plan = Run.Of("plan", "--people", people, "--task", "customer-support", "--wait", "3s", "--json").Json;
            var cost = Cost(plan.GetProperty("recommended"));
            cost.ShouldBeGreaterThanOrEqualTo(previous);
            previous = cost;
        }
    }

    [Fact]
    public void A_budget_below_everything_is_answered_no_with_the_nearest()
    {
        var run = Run.Of("plan", Example, "--maximum-monthly", "5 USD", "--json");

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("verdict").GetString()!.ShouldContain("not enough");
        run.Json.GetProperty("alternatives").GetArrayLength().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Data_that_may_not_leave_own_hardware_is_answered_no() =>
        Run.Of("plan", Example, "--data", "own-hardware-only", "--json").ExitCode.ShouldBe(1);

    [Fact]
    public void The_page_looks_as_it_should() =>
        Golden.Matches("plan-support-assistant", Run.Of("plan", Example).Output);

    private static IEnumerable<JsonElement> Candidates(JsonElement plan) =>
        plan.GetProperty("alternatives")
            .EnumerateArray()
            .Concat(plan.GetProperty("pareto").EnumerateArray())
            .Append(plan.GetProperty("recommended"));

    private static double Cost(JsonElement candidate) =>
        candidate.GetProperty("costPerMonthUsd").GetProperty("value").GetDouble();
}
