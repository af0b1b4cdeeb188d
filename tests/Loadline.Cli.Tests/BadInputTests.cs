using Loadline.Tests;
using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

public sealed class BadInputTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("loadline").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("inspect", "no-such/model")]
    [InlineData("memory", "gpt2")]
    [InlineData("memory", "gpt2", "--on", "nvidia")]
    [InlineData("memory", "gpt2", "--on", "no-such-card")]
    [InlineData("memory", "gpt2", "--on", "0x:h100-sxm")]
    [InlineData("memory", "gpt2", "--on", "h100-sxm", "--weights", "fp3")]
    [InlineData("memory", "gpt2", "--on", "h100-sxm", "--kv-cache", "fp3")]
    [InlineData("memory", "gpt2", "--on", "h100-sxm", "--engine", "vlm")]
    [InlineData("memory", "gpt2", "--on", "h100-sxm", "--engine", "vllm@x.y")]
    [InlineData("memory", "gpt2", "--on", "h100-sxm", "--context", "1000000000000000000")]
    [InlineData("memory", "gpt2", "--on", "h100-sxm", "--context", "99999999999999999999")]
    [InlineData("memory", "gpt2", "--on", "h100-sxm", "--context", "-1")]
    [InlineData("memory", "gpt2", "--on", "h100-sxm", "--concurrency", "0")]
    [InlineData("memory", "gpt2", "--on", "h100-sxm", "--tensor-parallel", "2")]
    [InlineData("predict", "gpt2", "--on", "h100-sxm", "--prompt", "0", "--output", "1")]
    [InlineData("predict", "gpt2", "--on", "h100-sxm", "--prompt", "1", "--output", "1000000000000000000")]
    [InlineData("predict", "gpt2", "--on", "h100-sxm", "--prompt", "1", "--output", "1", "--rate", "NaN")]
    [InlineData(
        "predict",
        "gpt2",
        "--on",
        "h100-sxm",
        "--prompt",
        "1",
        "--output",
        "1",
        "--rate",
        "1",
        "--concurrency",
        "2"
    )]
    [InlineData("predict", "gpt2", "--on", "h100-sxm", "--prompt", "1", "--output", "1", "--rate", "1,5")]
    [InlineData("predict", "gpt2", "--on", "h100-sxm", "--prompt", "1", "--output", "1", "--burstiness", "2")]
    [InlineData("predict", "gpt2", "--on", "h100-sxm", "--prompt", "1", "--output", "1", "--acceptance", "0.7")]
    [InlineData("plan")]
    [InlineData("plan", "--people", "-3")]
    [InlineData("plan", "--people", "1e400")]
    [InlineData("plan", "--people", "many")]
    [InlineData("plan", "--rate", "NaN")]
    [InlineData("plan", "--people", "40", "--active", "1e-320%")]
    [InlineData("plan", "--people", "40", "--wait", "1e308h")]
    [InlineData("plan", "--people", "40", "--rate", "5")]
    [InlineData("plan", "--peple", "40")]
    [InlineData("plan", "--people", "40", "--task", "no-such-task")]
    [InlineData("plan", "--people", "40", "--wait", "3")]
    [InlineData("plan", "--people", "40", "--wait", "3 parsecs")]
    [InlineData("plan", "--people", "40", "--confidence", "100%")]
    [InlineData("plan", "--people", "40", "--maximum-monthly", "8000 EUR")]
    [InlineData("plan", "--people", "40", "--data", "top-secret")]
    [InlineData("plan", "--people", "40", "--model", "no-such/model")]
    [InlineData("catalog", "list", "nothing")]
    [InlineData("frobnicate")]
    [InlineData("inspect", "gpt2", "--frobnicate")]
    [InlineData("inspect", "gpt2", "--output", "")]
    [InlineData("memory", "gpt2", "--on", "h100-sxm", "--engine", "@0.22")]
    public void One_line_on_standard_error_and_exit_code_2(params string[] arguments) => Refused(2, arguments);

    [Theory]
    [InlineData("inspect", "./no-such-folder")]
    [InlineData("inspect", "no-such-file.gguf")]
    [InlineData("plan", "no-such-scenario.yaml")]
    [InlineData("plan", ".")]
    [InlineData("validate", ".")]
    [InlineData("inspect", "gpt2", "--output", ".")]
    [InlineData("inspect", "gpt2", "--catalog", "./no-such-directory")]
    [InlineData("inspect", "gpt2", "--output", "./no-such-directory/file")]
    public void What_is_not_there_is_exit_code_3(params string[] arguments) => Refused(3, arguments);

    [Theory]
    [InlineData("", "line 1")]
    [InlineData("just a word", "line 1")]
    [InlineData("workload: [1, 2", "line")]
    [InlineData("workload: { people: 4 }\nworkload: { people: 5 }", "line 2")]
    [InlineData("workload: { people: 4, peeple: 5 }", "$.workload.peeple")]
    [InlineData("task: coding", "$.workload")]
    [InlineData("workload: { people: many }", "$.workload.people")]
    [InlineData("workload: { people: .nan }", "$.workload.people")]
    [InlineData("workload: { people: 4, requestsPerSecond: 2 }", "$.workload.people")]
    [InlineData("workload: { people: 4, activeAtPeak: 300 % }", "$.workload.activeAtPeak")]
    [InlineData("workload: { people: 4, hours: sometimes }", "$.workload.hours")]
    [InlineData("workload: { people: 4, promptTokens: { mean: 100, p95: 50 } }", "$.workload.promptTokens.p95")]
    [InlineData("workload: { people: 4, promptTokens: { mean: 100, p95: 5000 } }", "$.workload.promptTokens.p95")]
    [InlineData("workload: { people: 4, sharedPrefixTokens: 90000 }", "$.workload.sharedPrefixTokens")]
    [InlineData("workload: { people: 4, growthPerYear: { low: 3, base: 2 } }", "$.workload.growthPerYear.base")]
    [InlineData("workload: { people: 4 }\nobjectives: { ttft: { p95: soon } }", "$.objectives.ttft.p95")]
    [InlineData("workload: { people: 4 }\nobjectives: { ttft: { p42: 1 s } }", "$.objectives.ttft")]
    [InlineData("workload: { people: 4 }\nmodels: { candidates: [] }", "$.models.candidates")]
    [InlineData("workload: { people: 4 }\ndeployment: { allow: [steal] }", "$.deployment.allow")]
    [InlineData("workload: { people: 4 }\nbudget: { horizon: forever }", "$.budget.horizon")]
    [InlineData("workload: { people: 4, growthPerYear: fast }", "$.workload.growthPerYear")]
    [InlineData("workload: { people: 4, concurrency: some }", "$.workload.concurrency")]
    [InlineData("workload: { people: 1, activeAtPeak: 1e-300 }", "$.workload.people")]
    [InlineData("workload: { people: 4 }\ntask: no-such-task", "$.task")]
    [InlineData("workload: { people: 4 }\nobjectives: { ttft: 2 s }", "$.objectives.ttft")]
    [InlineData("workload: { people: 4 }\nobjectives: { ttft: { p50: 1 s, p95: 2 s } }", "several")]
    [InlineData("workload: { people: 4 }\nmodels: { candidates: no-such/model }", "$.models.candidates")]
    [InlineData("workload: { people: 4 }\nmodels: { maximumQualityLoss: banana }", "$.models.maximumQualityLoss")]
    [InlineData("workload: { people: 4 }\ndeployment: { allow: [] }", "$.deployment.allow")]
    [InlineData("workload: { people: 4 }\nbudget: { quotes: 5 }", "$.budget.quotes")]
    [InlineData("a: &x [1]\nworkload: *x", "line 2")]
    [InlineData("models: { candidates: [a\nbudget: 3", "do not match")]
    [InlineData(": [\nn", "do not match")]
    [InlineData("a: \"\\ud800\\u0041\"", "surrogate")]
    public void A_scenario_that_is_wrong_names_the_place(string yaml, string place)
    {
        var file = Path.Combine(folder, "scenario.yaml");
        File.WriteAllText(file, yaml);

        var error = Refused(2, "plan", file);

        error.ShouldContain("scenario.yaml");
        error.ShouldContain(place);
    }

    [Theory]
    [InlineData("--people", "plan", "--people", "0")]
    [InlineData("--wait", "plan", "--people", "40", "--wait", "soon")]
    [InlineData("a whole number", "memory", "gpt2", "--on", "h100-sxm", "--context", "4k")]
    [InlineData("nearest: --people", "plan", "--peple", "40")]
    [InlineData("nearest: plan", "paln", "40")]
    public void What_was_typed_is_what_the_message_speaks_of(string words, params string[] arguments)
    {
        var error = Refused(2, arguments);

        error.ShouldContain(words);
        error.ShouldNotContain("System.");
        error.ShouldNotContain("$.");
    }

    [Fact]
    public void A_message_cannot_command_the_terminal_and_is_not_longer_than_a_screen()
    {
        var file = Path.Combine(folder, "scenario.yaml");
        File.WriteAllText(file, $"\"\\e[31m{new string('x', 100_000)}\": 1\nworkload: {{ people: 4 }}");

        var error = Refused(2, "plan", file);

        error.ShouldNotContain('\e');
        error.Length.ShouldBeLessThan(2_200);
    }

    [Fact]
    public void A_file_without_an_end_is_given_up()
    {
        if (!File.Exists("/dev/zero"))
            return;
        Refused(2, "plan", "/dev/zero").ShouldContain("1 MB");
    }

    [Fact]
    public void A_text_longer_than_it_may_be_is_given_up_where_it_passes_the_bound()
    {
        using var text = new BoundedText("x.csv", new StringReader(new string('x', 2_000_001)), 2_000_000, "a table");

        Should
            .Throw<BadContentException>(() => text.ReadToEnd())
            .Message.ShouldBe("x.csv: more than 2 MB; expected a table");
    }

    [Fact]
    public void Writing_through_a_link_keeps_the_link()
    {
        if (OperatingSystem.IsWindows())
            return;
        var target = Path.Combine(folder, "target.txt");
        var link = Path.Combine(folder, "link.txt");
        File.WriteAllText(target, "before");
        File.CreateSymbolicLink(link, target);

        Run.Of("inspect", "gpt2", "--output", link).ExitCode.ShouldBe(0);

        new FileInfo(link).LinkTarget.ShouldBe(target);
        File.ReadAllText(target).ShouldContain("gpt2");
    }

    [Theory]
    [InlineData("""{ "id": "customer-support", "ttftP95": "soon" }""", "ttftP95")]
    [InlineData("""{ "id": "customer-support", "promptTokensP95": 99999999 }""", "promptTokensP95")]
    [InlineData("""{ "id": "customer-support", "activeAtPeak": 5 }""", "activeAtPeak")]
    [InlineData("""{ "id": "customer-support", "hours": "never" }""", "hours")]
    [InlineData("""{ "id": "customer-support", "models": [] }""", "models")]
    public void A_task_of_one_s_own_that_cannot_be_is_refused(string task, string field)
    {
        File.WriteAllText(Path.Combine(folder, "tasks.json"), $$"""{ "tasks": [{{task}}] }""");

        Refused(2, "plan", "--people", "40", "--catalog", folder).ShouldContain($"customer-support: {field}");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("2000000000")]
    public void An_offer_without_a_count_of_devices_that_can_be_is_refused(string count)
    {
        Directory.CreateDirectory(Path.Combine(folder, "offers"));
        File.WriteAllText(
            Path.Combine(folder, "offers", "own.json"),
            $$"""
            { "offers": [{ "id": "me/box/here", "provider": "me", "instance": "box", "accelerator": "rtx-4090",
              "count": {{count}}, "onDemandPerHour": "1 USD", "asOf": "2026-11", "source": "mine" }] }
            """
        );

        Refused(2, "plan", "--people", "40", "--catalog", folder).ShouldContain("count");
    }

    [Fact]
    public void A_misspelt_section_is_named_rather_than_the_one_it_leaves_missing()
    {
        var scenario = Path.Combine(folder, "misspelt.yaml");
        File.WriteAllText(scenario, "task: customer-support\nworklod:\n  people: 4\n");

        Refused(2, "plan", scenario).ShouldContain("$.worklod: unknown field");
    }

    [Theory]
    [InlineData("1e-320")]
    [InlineData("1e300")]
    public void A_rate_that_cannot_be_is_refused(string rate) =>
        Refused(2, "predict", "gpt2", "--on", "rtx-4090", "--prompt", "9", "--output", "9", "--rate", rate)
            .ShouldContain("requests per second");

    [Fact]
    public void An_offer_of_an_unknown_accelerator_is_named()
    {
        const string Offer = """
            { "offers": [{ "id": "own/x", "provider": "own", "instance": "x", "accelerator": "nope", "count": 1,
              "onDemandPerHour": "1 USD", "asOf": "2026-01", "source": "own" }] }
            """;
        Directory.CreateDirectory(Path.Combine(folder, "offers"));
        File.WriteAllText(Path.Combine(folder, "offers", "own.json"), Offer);

        Refused(2, "plan", "--people", "40", "--catalog", folder).ShouldContain("offer own/x: accelerator");
    }

    [Fact]
    public void A_folder_without_a_model_says_what_was_expected() =>
        Refused(2, "inspect", folder).ShouldContain("config.json");

    [Fact]
    public void An_unknown_family_lists_the_known_ones()
    {
        var file = Path.Combine(folder, "config.json");
        File.WriteAllText(file, """{ "model_type": "frobnicator" }""");

        var error = Refused(2, "inspect", file);

        error.ShouldContain("frobnicator");
        error.ShouldContain("llama");
    }

    [Fact]
    public void A_safetensors_header_of_2_to_the_63_bytes_is_refused_without_allocating()
    {
        const string Gpt2 = """
            { "model_type": "gpt2", "n_embd": 768, "n_head": 12, "n_layer": 12, "n_positions": 1024, "vocab_size": 50257 }
            """;
        File.WriteAllText(Path.Combine(folder, "config.json"), Gpt2);
        File.WriteAllBytes(
            Path.Combine(folder, "model.safetensors"),
            [0, 0, 0, 0, 0, 0, 0, 0x80, (byte)'{', (byte)'}']
        );

        Refused(2, "inspect", Path.Combine(folder, "model.safetensors")).ShouldContain("model.safetensors");
    }

    [Fact]
    public void Nothing_is_written_when_the_answer_fails()
    {
        var file = Path.Combine(folder, "answer.json");

        Refused(2, "inspect", "no-such/model", "--json", "--output", file);

        Directory.GetFiles(folder).ShouldBeEmpty();
    }

    private static string Refused(int exitCode, params string[] arguments)
    {
        foreach (var json in (bool[])[false, true])
        {
            var run = Run.Of(json ? [.. arguments, "--json"] : arguments);
            run.ExitCode.ShouldBe(exitCode, run.Error);
            run.Output.ShouldBeEmpty();
            run.Error.Count(character => character == '\n').ShouldBe(1, run.Error);
        }
        return Run.Of(arguments).Error;
    }
}
