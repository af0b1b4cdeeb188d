using System.Text.Json;
using Loadline.Catalog;
using Loadline.Tests;
using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

public sealed class PlanTests
{
    private static readonly string Example = Path.Combine(Repository.Root, "examples", "support-assistant.yaml");

    /// <summary>Rented machines under one engine, so that a plan takes a second.</summary>
    private const string Narrow = """
        task: customer-support
        workload:
          people: 400
          activeAtPeak: 30 %
          requestsPerActiveUserPerHour: 12
          hours: Mon-Fri 08-18
          promptTokens: { mean: 1800, p95: 4000 }
          sharedPrefixTokens: 1200
          outputTokens: { mean: 250, p95: 600 }
          growthPerYear: { low: 1.2, base: 1.6, high: 2.5 }
        objectives: { ttft: { p95: 1.5 s }, tpot: { p95: 50 ms }, endToEnd: { p95: 30 s }, confidence: 90 % }
        models: { candidates: [meta-llama/Llama-3.1-8B-Instruct], weightFormats: [fp8] }
        deployment: { allow: [rent], data: personal-eu, engines: [vllm], terms: [on-demand] }
        """;

    private static readonly Lazy<JsonElement> Planned = new(() => Of().Json);

    /// <summary>The whole example, with APIs, rent and purchase.</summary>
    private static readonly Lazy<JsonElement> Whole = new(() => Run.Of("plan", Example, "--json").Json);

    private static Run Of(params string[] arguments) => OfText(Narrow, ["--json", .. arguments]);

    private static Run OfText(string scenario, params string[] arguments)
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllText(file, scenario);
        try
        {
            return Run.Of(["plan", file, .. arguments]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Machines_for_data_of_people_in_the_EU_are_in_the_EU()
    {
        foreach (var candidate in Candidates(Planned.Value))
            candidate
                .GetProperty("offer")
                .GetString()!
                .Split('/')[^1]
                .ShouldBeOneOf("westeurope", "swedencentral", "europe-west4", "eu-north1", "eu-west1");
    }

    [Fact]
    public void Every_field_of_the_contract_is_there()
    {
        var json = Whole.Value;

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
        var json = Planned.Value;

        var recommended = json.GetProperty("recommended");
        recommended.GetProperty("confidence").GetDouble().ShouldBeGreaterThanOrEqualTo(0.9);
        foreach (var alternative in json.GetProperty("alternatives").EnumerateArray())
            Cost(alternative).ShouldBeGreaterThanOrEqualTo(Cost(recommended));
    }

    [Fact]
    public void Demand_goes_from_people_to_tokens()
    {
        var demand = Planned.Value.GetProperty("demand");

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
            var plan = Of("--people", people, "--wait", "3s").Json;
            var cost = Cost(plan.GetProperty("recommended"));
            cost.ShouldBeGreaterThanOrEqualTo(previous);
            previous = cost;
        }
    }

    [Fact]
    public void A_budget_below_everything_is_answered_no_with_the_nearest()
    {
        var run = Of("--maximum-monthly", "5 USD");

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("verdict").GetString()!.ShouldContain("not enough");
        run.Json.GetProperty("alternatives").GetArrayLength().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Data_that_may_not_leave_own_hardware_is_answered_no_where_only_rent_is_allowed()
    {
        var run = Of("--data", "own-hardware-only");

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("relaxations")
            .EnumerateArray()
            .ShouldContain(item => item.GetString()!.StartsWith("Allow hosted APIs, rent and purchase alike: buy: "));
    }

    [Theory]
    [InlineData("--maximum-monthly", "5 USD")]
    [InlineData("--data", "own-hardware-only")]
    [InlineData("--wait", "1 us")]
    public void A_no_has_every_field_that_a_yes_has(string flag, string value)
    {
        var yes = Planned.Value;
        var no = Of(flag, value).Json;

        no.EnumerateObject().Select(field => field.Name).ShouldBe(yes.EnumerateObject().Select(field => field.Name));
        no.GetProperty("recommended").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public void What_nothing_meets_is_answered_with_the_nearest_and_by_how_much() =>
        OfText(Narrow, "--wait", "1 us").Output.ReplaceLineEndings(" ").ShouldContain("where 1.00 us is asked");

    /// <summary>
    /// On demand the machines run in the 50 hours of work and, 5 % of them and at least one, in the other 118 of a week;
    /// people are 0.1 full-time at 180,000 USD a year, or 1 for each 100 accelerators.
    /// </summary>
    [Fact]
    public void A_rent_is_the_hourly_price_times_the_hours_that_machines_are_on()
    {
        var catalog = new CatalogReader();
        foreach (var candidate in Candidates(Of("--people", "40000").Json))
        {
            var offer = catalog.Offers.Find(candidate.GetProperty("offer").GetString()!);
            var machines = candidate.GetProperty("machines").GetInt32();
            var on = (machines * 50 + Math.Ceiling(machines * 0.05) * 118) / 168 * 730.5;
            var people = Math.Max(0.1, machines * offer.Count / 100.0) * 180_000 / 12;

            Cost(candidate).ShouldBe((double)offer.OnDemandPerHour!.Value.Usd * on + people, 0.01);
            candidate.GetProperty("hardware").GetString().ShouldBe($"{offer.Count * machines}x:{offer.Accelerator}");
        }
    }

    [Fact]
    public void Nothing_on_the_front_is_beaten_and_the_recommended_is_on_it()
    {
        var plan = Of("--people", "40000").Json;
        var front = plan.GetProperty("pareto").EnumerateArray().Select(Scores).ToList();

        front.ShouldContain(Scores(plan.GetProperty("recommended")));
        foreach (var point in front)
            front.Any(other => Beats(other, point)).ShouldBeFalse($"{point}");

        static (double Cost, double Wait, double Loss) Scores(JsonElement candidate) =>
            (
                Value(candidate, "costOverHorizonUsd"),
                Value(candidate, "endToEndSeconds"),
                Value(candidate, "qualityLoss")
            );

        static bool Beats((double Cost, double Wait, double Loss) a, (double Cost, double Wait, double Loss) b) =>
            a != b && a.Cost <= b.Cost && a.Wait <= b.Wait && a.Loss <= b.Loss;
    }

    [Fact]
    public void A_roadmap_says_when_compound_growth_fills_what_is_there()
    {
        var plan = Planned.Value;
        var stage = plan.GetProperty("roadmap")[0];

        // 0.4 requests/s now; at 2.5 times a year full after 12 ln(full / 0.4) / ln 2.5 months.
        var full = stage.GetProperty("requestsPerSecond").GetDouble();
        full.ShouldBe(plan.GetProperty("recommended").GetProperty("maximumRequestsPerSecond").GetDouble(), 1e-9);
        stage.GetProperty("monthsAtHighGrowth").GetDouble().ShouldBe(12 * Math.Log(full / 0.4) / Math.Log(2.5), 1e-6);
    }

    [Fact]
    public void A_fleet_grows_by_a_quarter_and_not_by_one_machine()
    {
        var plan = Of("--people", "4000000").Json;
        var machines = plan.GetProperty("recommended").GetProperty("machines").GetInt32();

        plan.GetProperty("roadmap")[0].GetProperty("action").GetString()!.ShouldContain($"rent {machines / 4} more");
    }

    [Fact]
    public void More_machines_than_anybody_has_are_no_plan()
    {
        var run = Of("--rate", "1e9");

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("rejected").EnumerateArray().ShouldContain(item => Text(item, "kind") == "size");
        Text(run.Json, "verdict").ShouldContain("more machines than there are");
    }

    [Fact]
    public void A_model_is_not_offered_for_prompts_longer_than_it_reads()
    {
        // GPT-2 reads 1,024 tokens; the preset's p95 prompt has 4,000.
        var run = Run.Of("plan", "--people", "40", "--task", "customer-support", "--model", "gpt2", "--json");

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("rejected")
            .EnumerateArray()
            .ShouldContain(item => Text(item, "kind") == "context" && Text(item, "why").Contains("1,024"));
    }

    [Fact]
    public void A_limit_of_no_lost_quality_keeps_narrower_formats_out()
    {
        foreach (var candidate in Candidates(Of("--maximum-quality-loss", "0").Json))
            Value(candidate, "qualityLoss").ShouldBe(0);
    }

    [Fact]
    public void Flags_replace_what_the_scenario_says()
    {
        var plan = Of("--rate", "3").Json;
        plan.GetProperty("demand").GetProperty("people").ValueKind.ShouldBe(JsonValueKind.Null);
        plan.GetProperty("demand").GetProperty("peakRequestsPerSecond").GetProperty("value").GetDouble().ShouldBe(3);
    }

    [Fact]
    public void The_percentiles_on_the_page_are_those_asked_for()
    {
        var scenario = Narrow
            .Replace("ttft: { p95: 1.5 s }", "ttft: { p50: 5 s }")
            .Replace("endToEnd: { p95", "endToEnd: { p99");
        var latency = OfText(scenario).Output.Split('\n').First(line => line.StartsWith("Latency"));

        latency.ShouldContain("at p50, whole answer");
        latency.ShouldContain("at p99");
    }

    [Fact]
    public void A_hosted_model_that_nobody_measured_has_no_latency_and_no_confidence()
    {
        // Neither has a mixture that sends what is above its base there.
        var apis = Candidates(Whole.Value).Where(candidate => Text(candidate, "way") is "api" or "hybrid").ToList();

        apis.ShouldNotBeEmpty();
        foreach (var api in apis)
        {
            api.GetProperty("ttftSeconds").ValueKind.ShouldBe(JsonValueKind.Null);
            api.GetProperty("confidence").ValueKind.ShouldBe(JsonValueKind.Null);
        }
    }

    [Fact]
    public void An_answer_given_back_makes_the_same_plan()
    {
        var again = OfText(Planned.Value.GetRawText(), "--json").Json;

        Text(again, "verdict").ShouldBe(Text(Planned.Value, "verdict"));
        again.GetProperty("recommended").GetRawText().ShouldBe(Planned.Value.GetProperty("recommended").GetRawText());
    }

    [Fact]
    public void What_is_different_from_an_earlier_answer_is_said()
    {
        var earlier = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllText(earlier, Planned.Value.GetRawText());
        try
        {
            Of("--against", earlier)
                .Json.GetProperty("changes")[0]
                .GetString()
                .ShouldBe("Nothing that counts is different.");
            Of("--against", earlier, "--people", "40000")
                .Json.GetProperty("changes")
                .EnumerateArray()
                .ShouldContain(change => change.GetString()!.StartsWith("peak: 40.0 requests/s, was 0.400"));
        }
        finally
        {
            File.Delete(earlier);
        }
    }

    [Fact]
    public void A_report_and_exports_are_written_beside_the_answer()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var html = Path.Combine(folder, "plan.html");
            var table = Path.Combine(folder, "plan.csv");
            var export = Path.Combine(folder, "export");

            Of("--report", html, "--report", table, "--export", export).ExitCode.ShouldBe(0);

            File.ReadAllText(html).ShouldContain("Llama-3.1-8B-Instruct");
            File.ReadAllLines(table).Length.ShouldBeGreaterThan(1);
            File.ReadAllText(Path.Combine(export, "launch.sh")).ShouldContain("vllm serve");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_report_of_no_known_kind_is_refused_before_anything_is_planned()
    {
        var run = Of("--report", "plan.pdf");

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldBe("loadline: plan.pdf: the extension .pdf; expected .html, .md or .csv\n");
    }

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
