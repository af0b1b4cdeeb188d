using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

/// <summary>What is refused before, and what is said beside, a plan.</summary>
public sealed class PlanInputTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private Run Of(string scenario, params string[] arguments) =>
        Run.Of(["plan", Write("s.yaml", scenario), .. arguments]);

    private string Write(string name, string text)
    {
        var file = Path.Combine(folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    [Fact]
    public void A_weight_format_that_is_none_is_named_with_its_place()
    {
        var run = Of("{ workload: { people: 5 }, models: { weightFormats: [fp9] }, deployment: { allow: [rent] } }");

        run.ExitCode.ShouldBe(2);
        run.Output.ShouldBeEmpty();
        run.Error.ShouldContain("s.yaml: $.models.weightFormats: weight format \"fp9\" is not known");
    }

    [Theory]
    [InlineData("0001-01-01")]
    [InlineData("2026-02-30")]
    [InlineData("2200-01-01")]
    public void A_day_that_no_plan_is_for_is_refused(string day)
    {
        var run = Of("workload: { people: 5 }", "--start", day);

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldBe($"loadline: --start: \"{day}\"; expected a day from 2020 to 2199 such as 2026-12-01\n");
    }

    [Theory]
    [InlineData("workload: {}", "line 1: no JSON")]
    [InlineData("""{ "verdict": 5 }""", "$.verdict: no text")]
    public void What_is_no_earlier_answer_is_refused(string text, string found)
    {
        var run = Of("workload: { people: 5 }", "--against", Write("old.json", text));

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain($"old.json: {found}; expected an answer of loadline plan --json");
    }

    [Fact]
    public void An_earlier_answer_with_holes_is_compared_as_far_as_it_goes()
    {
        const string Old = """
            { "verdict": "x", "recommended": { "model": "a/b", "costPerMonthUsd": { "value": 0 } },
              "demand": { "peakRequestsPerSecond": { "value": 0 } } }
            """;

        var run = Of(
            "{ workload: { people: 5 }, models: { candidates: [openai/gpt-5.6-luna] }, deployment: { allow: [api] } }",
            "--against",
            Write("old.json", Old)
        );

        run.ExitCode.ShouldBe(0);
        run.Output.ShouldContain("was 0\n");
        run.Output.ShouldContain("was rent: b ? on ?");
        run.Output.ShouldNotContain("Infinity");
    }

    [Theory]
    [InlineData("--report")]
    [InlineData("--against")]
    public void A_folder_that_is_not_there_or_is_no_file_is_refused_before_anything_is_planned(string option)
    {
        var path = option == "--report" ? Path.Combine(folder, "none", "r.html") : folder;

        var run = Of("workload: { people: 5 }", option, path);

        run.ExitCode.ShouldBe(3);
        run.Output.ShouldBeEmpty();
        run.Error.ShouldContain(option == "--report" ? "its directory does not exist" : "is a directory");
    }

    [Fact]
    public void A_trace_of_one_request_has_no_rate()
    {
        var trace = Write("t.csv", "arrivalSeconds,promptTokens,outputTokens\n0.5,100,20\n");

        var run = Of($"workload: {{ trace: '{trace}' }}");

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("s.yaml: $.workload.trace");
    }

    [Fact]
    public void One_person_is_no_people()
    {
        var run = Of(
            "{ workload: { people: 1 }, models: { candidates: [openai/gpt-5.6-luna] }, deployment: { allow: [api] } }"
        );

        run.Output.ShouldContain("serves 1 person for");
    }

    [Fact]
    public void A_hosted_model_where_only_rent_is_allowed_is_said_to_be_none_for_rent()
    {
        var run = Of(
            "{ workload: { people: 5 }, models: { candidates: [openai/gpt-5.6-luna] }, deployment: { allow: [rent] } }"
        );

        run.ExitCode.ShouldBe(1);
        run.Output.ReplaceLineEndings(" ").ShouldContain("openai/gpt-5.6-luna cannot be had by rent.");
    }

    [Fact]
    public void What_is_measured_in_part_is_not_said_to_be_unmeasured()
    {
        var run = Of(
            """
            workload: { people: 5 }
            models: { candidates: [openai/gpt-5.6-luna] }
            deployment: { allow: [api], apiLatencies: [{ api: openai/gpt-5.6-luna, endToEnd: 5 s }] }
            """
        );

        run.Output.ReplaceLineEndings(" ").ShouldContain("Not all that is asked of it has been measured");
        run.Output.ReplaceLineEndings(" ").ShouldNotContain("Nobody has measured");
    }

    private const string Narrow = """
        models: { candidates: [meta-llama/Llama-3.1-8B-Instruct], weightFormats: [fp8] }
        """;

    [Fact]
    public void A_class_of_data_that_leaves_no_way_is_said_to_contradict_what_is_allowed() =>
        Of("workload: { people: 4 }\ndeployment: { data: own-hardware-only, allow: [api, rent] }")
            .Output.ReplaceLineEndings(" ")
            .ShouldContain(
                "deployment.data own-hardware-only forbids api and rent, and deployment.allow allows nothing else"
            );

    [Fact]
    public void An_accelerator_that_was_asked_for_and_has_no_price_is_named()
    {
        var run = Of(
            $"workload: {{ people: 4 }}\n{Narrow}\ndeployment: {{ allow: [buy], accelerators: [nvidia-gb200-186gb] }}"
        );

        run.ExitCode.ShouldBe(1);
        run.Output.ReplaceLineEndings(" ")
            .ShouldContain("purchase of nvidia-gb200-186gb: no purchase price is known (a quote can give one");
    }

    [Fact]
    public void A_version_that_is_newer_than_all_rules_is_planned_with_the_newest_and_that_is_said() =>
        Of(
            $"workload: {{ people: 4 }}\n{Narrow}\ndeployment: {{ allow: [rent], engines: [vllm@99.9], accelerators: [l4] }}"
        )
            .Output.ShouldContain("vllm@99.9 is planned with the rules of vLLM since ");

    [Theory]
    [InlineData("engines: [vllm@newest]", "$.deployment.engines")]
    [InlineData("current: { hardware: rtx-4090, engine: vllm@newest }", "$.deployment.current.engine")]
    public void A_version_that_is_none_is_refused(string field, string place)
    {
        var run = Of($"workload: {{ people: 4 }}\ndeployment: {{ {field} }}");

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain($"s.yaml: {place}: ");
    }

    [Fact]
    public void Two_workloads_of_one_name_are_refused() =>
        Of("workloads: [{ name: a, people: 4 }, { name: a, people: 5 }]").Error.ShouldContain("s.yaml: $.workloads: ");

    /// <summary>Machines meet the objectives here, so that no latency has to give way.</summary>
    [Fact]
    public void What_lacks_power_is_told_to_draw_more_and_not_to_wait_longer()
    {
        var run = Of(
            $"workload: {{ people: 40 }}\n{Narrow}\ndeployment: {{ allow: [buy], engines: [vllm], maximumPower: 0.05 kW, accelerators: [l40s, rtx-4090] }}",
            "--json"
        );

        run.ExitCode.ShouldBe(1);
        var relaxations = run
            .Json.GetProperty("relaxations")
            .EnumerateArray()
            .Select(item => item.GetString()!)
            .ToList();
        relaxations.ShouldContain(item => item.StartsWith("Draw more power: buy: "));
        relaxations.ShouldNotContain(item => item.StartsWith("Allow time"));
    }

    [Fact]
    public void Answers_of_one_token_have_no_time_per_further_token() =>
        Of(
            $"workload: {{ people: 400, promptTokens: {{ mean: 100, p95: 200 }}, outputTokens: {{ mean: 1, p95: 1 }} }}\n{Narrow}\ndeployment: {{ allow: [rent], engines: [vllm], accelerators: [l40s] }}",
            "--json"
        )
            .Json.GetProperty("recommended")
            .GetProperty("tpotSeconds")
            .ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
}
