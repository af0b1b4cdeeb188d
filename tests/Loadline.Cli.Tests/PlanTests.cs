using System.Text.Json;
using Loadline.Catalog;
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

    [Theory]
    [InlineData("--maximum-monthly", "5 USD")]
    [InlineData("--data", "own-hardware-only")]
    [InlineData("--wait", "1 us")]
    public void A_no_has_every_field_that_a_yes_has(string flag, string value)
    {
        var yes = Run.Of("plan", Example, "--json").Json;
        var no = Run.Of("plan", Example, flag, value, "--json").Json;

        no.EnumerateObject().Select(field => field.Name).ShouldBe(yes.EnumerateObject().Select(field => field.Name));
        no.GetProperty("recommended").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public void What_nothing_meets_is_answered_with_the_nearest_and_by_how_much() =>
        Run.Of("plan", Example, "--wait", "1 us").Output.ShouldContain("where 1.00 us is asked");

    [Fact]
    public void A_cost_is_the_hourly_price_times_730_and_a_half_hours_times_machines()
    {
        var catalog = new CatalogReader();
        foreach (var candidate in Candidates(Run.Of("plan", "--people", "40000", "--json").Json))
        {
            var offer = catalog.Offers.Find(candidate.GetProperty("offer").GetString()!);
            var machines = candidate.GetProperty("machines").GetInt32();

            Cost(candidate).ShouldBe((double)offer.OnDemandPerHour!.Value.Usd * 730.5 * machines, 0.01);
            candidate.GetProperty("hardware").GetString().ShouldBe($"{offer.Count * machines}x:{offer.Accelerator}");
        }
    }

    [Fact]
    public void Nothing_on_the_front_is_beaten_and_the_recommended_is_on_it()
    {
        var plan = Run.Of("plan", "--people", "40000", "--task", "rag", "--json").Json;
        var front = plan.GetProperty("pareto").EnumerateArray().Select(Scores).ToList();

        front.ShouldContain(Scores(plan.GetProperty("recommended")));
        foreach (var point in front)
            front.Any(other => Beats(other, point)).ShouldBeFalse($"{point}");

        static (double Cost, double Wait, double Loss) Scores(JsonElement candidate) =>
            (Cost(candidate), Value(candidate, "endToEndSeconds"), Value(candidate, "qualityLoss"));

        static bool Beats((double Cost, double Wait, double Loss) a, (double Cost, double Wait, double Loss) b) =>
            a != b && a.Cost <= b.Cost && a.Wait <= b.Wait && a.Loss <= b.Loss;
    }

    [Fact]
    public void A_roadmap_says_when_compound_growth_fills_what_is_there()
    {
        var plan = Run.Of("plan", Example, "--json").Json;
        var stage = plan.GetProperty("roadmap")[0];

        // 0.4 requests/s now; at 2.5 times a year full after 12 ln(full / 0.4) / ln 2.5 months.
        var full = stage.GetProperty("requestsPerSecond").GetDouble();
        full.ShouldBe(plan.GetProperty("recommended").GetProperty("maximumRequestsPerSecond").GetDouble(), 1e-9);
        stage.GetProperty("monthsAtHighGrowth").GetDouble().ShouldBe(12 * Math.Log(full / 0.4) / Math.Log(2.5), 1e-6);
    }

    [Fact]
    public void A_fleet_grows_by_a_quarter_and_not_by_one_machine()
    {
        var plan = Run.Of("plan", "--people", "4000000", "--task", "coding", "--json").Json;
        var machines = plan.GetProperty("recommended").GetProperty("machines").GetInt32();

        plan.GetProperty("roadmap")[0].GetProperty("action").GetString()!.ShouldContain($"rent {machines / 4} more");
    }

    [Fact]
    public void More_machines_than_anybody_has_are_no_plan()
    {
        var run = Run.Of("plan", "--rate", "1e9", "--json");

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("rejected").EnumerateArray().ShouldContain(item => Text(item, "kind") == "size");
        Text(run.Json, "verdict").ShouldContain("more than a million machines");
    }

    [Fact]
    public void A_model_is_not_offered_for_prompts_longer_than_it_reads()
    {
        // GPT-2 reads 1,024 tokens; the preset's p95 prompt has 4,000.
        var run = Run.Of("plan", "--people", "40", "--task", "customer-support", "--model", "gpt2", "--json");

        run.ExitCode.ShouldBe(1);
        Text(run.Json.GetProperty("rejected").EnumerateArray().Last(), "why").ShouldContain("1,024");
    }

    [Fact]
    public void A_limit_on_lost_quality_keeps_8_bit_weights_out()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllText(file, "workload: { people: 4000 }\nmodels: { maximumQualityLoss: 1 % }");
        try
        {
            foreach (var candidate in Candidates(Run.Of("plan", file, "--json").Json))
                Value(candidate, "qualityLoss").ShouldBe(0);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Flags_replace_what_the_scenario_says()
    {
        var plan = Run.Of("plan", Example, "--rate", "3", "--json").Json;
        plan.GetProperty("demand").GetProperty("people").ValueKind.ShouldBe(JsonValueKind.Null);
        plan.GetProperty("demand").GetProperty("peakRequestsPerSecond").GetProperty("value").GetDouble().ShouldBe(3);
    }

    [Fact]
    public void The_percentiles_on_the_page_are_those_asked_for()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllText(
            file,
            "workload: { people: 40 }\nobjectives: { ttft: { p50: 5 s }, endToEnd: { p99: 90 s } }"
        );
        try
        {
            var latency = Run.Of("plan", file).Output.Split('\n').First(line => line.StartsWith("Latency"));
            latency.ShouldContain("at p50, whole answer");
            latency.ShouldContain("at p99");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void The_page_looks_as_it_should() =>
        Golden.Matches("plan-support-assistant", Run.Of("plan", Example).Output);

    private static IEnumerable<JsonElement> Candidates(JsonElement plan) =>
        plan.GetProperty("alternatives")
            .EnumerateArray()
            .Concat(plan.GetProperty("pareto").EnumerateArray())
            .Append(plan.GetProperty("recommended"));

    private static double Cost(JsonElement candidate) => Value(candidate, "costPerMonthUsd");

    private static double Value(JsonElement candidate, string name) =>
        candidate.GetProperty(name).GetProperty("value").GetDouble();

    private static string Text(JsonElement item, string name) => item.GetProperty(name).GetString()!;
}
