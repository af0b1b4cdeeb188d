using System.Text.Json;
using Loadline.Tests;
using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

public sealed class SimulateTests : IDisposable
{
    private static readonly string[] Question =
    [
        "simulate",
        "meta-llama/Llama-3.1-8B-Instruct",
        "--on",
        "h100-sxm",
        "--prompt",
        "1000",
        "--output",
        "100",
        "--count",
        "300",
    ];

    private readonly string folder = Directory.CreateTempSubdirectory("loadline").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Every_field_of_the_contract_is_there()
    {
        var json = Answer("--rate", "4", "--ttft", "1", "--tpot", "0.05");

        json.GetProperty("feasible").GetBoolean().ShouldBeTrue();
        json.GetProperty("requests").GetInt32().ShouldBe(300);
        json.GetProperty("completed").GetInt32().ShouldBe(300);
        json.GetProperty("rejected").GetInt32().ShouldBe(0);
        foreach (var name in (string[])["ttftSeconds", "tpotSeconds", "interTokenLatencySeconds", "endToEndSeconds"])
        {
            foreach (var statistic in (string[])["mean", "p50", "p90", "p95", "p99"])
                IsEstimate(json.GetProperty(name).GetProperty(statistic)).ShouldBeTrue($"{name}.{statistic}");
        }
        foreach (
            var name in (string[])["outputTokensPerSecond", "requestsPerSecond", "goodput", "attainment", "inFlight"]
        )
            IsEstimate(json.GetProperty(name)).ShouldBeTrue(name);
        json.GetProperty("saturated").GetBoolean().ShouldBeFalse();
        json.GetProperty("preemptions").GetInt32().ShouldBe(0);
        json.GetProperty("peakCacheUse").GetDouble().ShouldBeInRange(0, 1);
        json.GetProperty("partial").GetBoolean().ShouldBeFalse();
    }

    [Theory]
    [InlineData("--rate", "4")]
    [InlineData("--rate", "1000", "--ttft", "0.5")]
    [InlineData("--rate", "20", "--cache-tokens", "4000", "--end-to-end", "3")]
    [InlineData("--rate", "20", "--cache-tokens", "500", "--ttft", "1")]
    [InlineData("--rate", "20", "--scheduler", "static", "--prefill-on", "h100-sxm")]
    [InlineData("--rate", "20", "--scheduler", "sglang", "--prefill-on", "h100-sxm", "--prefill-replicas", "2")]
    [InlineData("--rate", "20", "--scheduler", "tensorrt-llm", "--replicas", "3", "--router", "least-loaded")]
    [InlineData("--rate", "20", "--replicas", "2", "--outage", "1:2-5", "--outage", "0:3-6")]
    [InlineData("--rate", "2", "--turns", "4", "--think", "2", "--router", "prefix-aware", "--replicas", "2")]
    [InlineData("--users", "16", "--think", "0.5", "--max-sequences", "8")]
    [InlineData(
        "--users",
        "8",
        "--draft",
        "meta-llama/Llama-3.2-1B-Instruct",
        "--draft-tokens",
        "3",
        "--acceptance",
        "0.7"
    )]
    [InlineData("--rate", "4", "--max-waiting", "1", "--burstiness", "0.1", "--ttft", "0.1")]
    [InlineData("--rate", "9", "--prompt-p95", "2000", "--output-p95", "300", "--shared-prefix", "500")]
    public void Every_estimate_is_a_number_between_its_bounds(params string[] options)
    {
        var found = 0;
        Visit(Answer(options), "$");
        found.ShouldBeGreaterThan(2);

        void Visit(JsonElement element, string path)
        {
            if (element.ValueKind == JsonValueKind.Object && IsEstimate(element))
            {
                found++;
                var value = element.GetProperty("value").GetDouble();
                value.ShouldBeInRange(
                    element.GetProperty("low").GetDouble(),
                    element.GetProperty("high").GetDouble(),
                    path
                );
            }
            if (element.ValueKind == JsonValueKind.Object)
            {
                foreach (var property in element.EnumerateObject())
                    Visit(property.Value, $"{path}.{property.Name}");
            }
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in element.EnumerateArray())
                    Visit(item, $"{path}[]");
            }
        }
    }

    [Fact]
    public void Requests_none_of_which_fit_are_all_turned_away()
    {
        var json = Answer("--rate", "4", "--cache-tokens", "500", "--ttft", "1");

        json.GetProperty("rejected").GetInt32().ShouldBe(300);
        json.GetProperty("completed").GetInt32().ShouldBe(0);
        json.GetProperty("ttftSeconds").ValueKind.ShouldBe(JsonValueKind.Null);
        json.GetProperty("goodput").GetProperty("value").GetDouble().ShouldBe(0);
    }

    [Fact]
    public void A_load_far_beyond_the_machine_is_said_to_saturate_it()
    {
        Answer("--rate", "500").GetProperty("saturated").GetBoolean().ShouldBeTrue();
        Run.Of([.. Question, "--rate", "500"]).Output.ShouldContain("cannot keep up");
    }

    [Fact]
    public void A_model_that_does_not_fit_is_answered_no()
    {
        var run = Run.Of(
            "simulate",
            "meta-llama/Llama-3.1-405B",
            "--on",
            "rtx-4090",
            "--prompt",
            "10",
            "--output",
            "10",
            "--rate",
            "1",
            "--json"
        );

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("feasible").GetBoolean().ShouldBeFalse();
        run.Json.GetProperty("reason").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void The_same_seed_prints_the_same_bytes_and_another_seed_others()
    {
        var first = Run.Of([.. Question, "--rate", "6", "--seed", "7", "--json"]).Output;

        Run.Of([.. Question, "--rate", "6", "--seed", "7", "--json"]).Output.ShouldBe(first);
        Run.Of([.. Question, "--rate", "6", "--seed", "8", "--json"]).Output.ShouldNotBe(first);
    }

    [Fact]
    public void What_all_prompts_begin_with_is_found_in_the_cache_where_there_is_one()
    {
        var shared = Answer("--rate", "4", "--shared-prefix", "800").GetProperty("cacheHitShare").GetDouble();
        var none = Answer("--rate", "4", "--shared-prefix", "800", "--no-prefix-cache");

        // 800 of 1,000 tokens, for all but the first few who compute them at the same time.
        shared.ShouldBeInRange(0.75, 0.8);
        none.GetProperty("cacheHitShare").GetDouble().ShouldBe(0);
    }

    [Fact]
    public void Requests_and_steps_are_written_into_files_of_their_own()
    {
        var requests = Path.Combine(folder, "requests.csv");
        var timeline = Path.Combine(folder, "timeline.json");
        var answer = Path.Combine(folder, "answer.json");

        var run = Run.Of([
            .. Question,
            "--rate",
            "4",
            "--requests",
            requests,
            "--timeline",
            timeline,
            "--output-file",
            answer,
            "--json",
        ]);

        run.ExitCode.ShouldBe(0, run.Error);
        run.Output.ShouldBeEmpty();
        var rows = File.ReadAllLines(requests);
        rows.Length.ShouldBe(301);
        rows[0].ShouldStartWith("request,replica,arrivalSeconds,promptTokens");
        rows.Skip(1).ShouldAllBe(row => row.Split(',').Length == rows[0].Split(',').Length);
        rows.Skip(1).ShouldAllBe(row => row.EndsWith(",complete"));
        using var steps = JsonDocument.Parse(File.ReadAllText(timeline));
        steps.RootElement.GetProperty("traceEvents").GetArrayLength().ShouldBeGreaterThan(300);
        using var json = JsonDocument.Parse(File.ReadAllText(answer));
        json.RootElement.GetProperty("requests").GetInt32().ShouldBe(300);
    }

    [Fact]
    public void A_trace_is_played_as_it_was_recorded()
    {
        var file = Path.Combine(folder, "trace.csv");
        File.WriteAllText(
            file,
            "arrivalSeconds,promptTokens,outputTokens\n1000,500,20\n1001,800,40\n1005,300,1\n1010,100,0\n"
        );

        var json = Run.Of(
            "simulate",
            "meta-llama/Llama-3.1-8B-Instruct",
            "--on",
            "h100-sxm",
            "--trace",
            file,
            "--json"
        ).Json;

        json.GetProperty("requests").GetInt32().ShouldBe(4);
        json.GetProperty("completed").GetInt32().ShouldBe(4);
        // From the first arrival at 1,000 s to the last answer, soon after the last arrival at 1,010 s.
        json.GetProperty("durationSeconds").GetDouble().ShouldBeInRange(10, 11);
    }

    [Fact]
    public void The_largest_rate_is_near_what_the_closed_form_can_do()
    {
        var limit = Answer("--rate", "5", "--count", "2000", "--find", "rate").GetProperty("capacity");
        var rate = limit.GetProperty("value").GetProperty("value").GetDouble();

        limit.GetProperty("of").GetString().ShouldBe("requestsPerSecond");
        Predicted(rate / 3).ShouldBe(0);
        Predicted(rate * 3).ShouldBe(1);

        static int Predicted(double rate) =>
            Run.Of([
                "predict",
                .. Question[1..8],
                "--rate",
                rate.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
            ]).ExitCode;
    }

    [Fact]
    public void With_a_tight_objective_less_is_served_than_with_a_loose_one()
    {
        var tight = Limit("0.1");
        var loose = Limit("2");

        tight.ShouldBeGreaterThan(0);
        loose.ShouldBeGreaterThan(tight);

        double Limit(string ttft) =>
            Answer("--rate", "5", "--find", "rate", "--ttft", ttft)
                .GetProperty("capacity")
                .GetProperty("value")
                .GetProperty("value")
                .GetDouble();
    }

    [Fact]
    public void Fewer_replicas_than_the_fewest_are_too_few()
    {
        var value = Answer("--rate", "40", "--ttft", "0.3", "--tpot", "0.02", "--find", "replicas")
            .GetProperty("capacity")
            .GetProperty("value");

        var fewest = value.GetProperty("value").GetInt32();
        fewest.ShouldBeGreaterThan(1);
        Attained(fewest).ShouldBeGreaterThanOrEqualTo(0.95);
        Attained(fewest - 1).ShouldBeLessThan(0.95);

        double Attained(int replicas) =>
            Answer("--rate", "40", "--ttft", "0.3", "--tpot", "0.02", "--replicas", $"{replicas}")
                .GetProperty("attainment")
                .GetProperty("value")
                .GetDouble();
    }

    [Fact]
    public void Where_the_slow_case_is_never_enough_the_number_of_replicas_is_open_at_its_upper_end()
    {
        // An objective that one request alone keeps as predicted, and not when its steps are as slow as they may be.
        var alone = Answer("--rate", "0.01", "--count", "20").GetProperty("ttftSeconds").GetProperty("p95");
        var between = (alone.GetProperty("value").GetDouble() + alone.GetProperty("high").GetDouble()) / 2;

        var value = Answer(
                "--rate",
                "1",
                "--count",
                "100",
                "--find",
                "replicas",
                "--ttft",
                between.ToString("R", System.Globalization.CultureInfo.InvariantCulture)
            )
            .GetProperty("capacity")
            .GetProperty("value");

        value.GetProperty("value").GetInt32().ShouldBeGreaterThan(0);
        value.GetProperty("high").GetInt32().ShouldBe(1024, "the most that are tried");
    }

    [Fact]
    public void Replicas_are_looked_for_whatever_outages_some_of_them_have()
    {
        var json = Answer("--rate", "20", "--replicas", "4", "--outage", "3:1-5", "--find", "replicas", "--ttft", "2");

        json.GetProperty("capacity").GetProperty("value").GetProperty("value").GetInt32().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Being_interrupted_is_said_and_is_an_exit_code_of_its_own()
    {
        var run = Run.With(
            name => name == "HF_HUB_OFFLINE" ? "1" : null,
            new CancellationToken(canceled: true),
            [.. Question, "--rate", "4", "--json"]
        );

        run.ExitCode.ShouldBe(130);
    }

    [Theory]
    [InlineData("--rate", "0")]
    [InlineData("--rate", "NaN")]
    [InlineData("--rate", "-1")]
    [InlineData("--rate", "1e300")]
    [InlineData("--users", "0")]
    [InlineData("--users", "-5")]
    [InlineData("--users", "99999999999")]
    [InlineData("--rate", "1", "--users", "4")]
    [InlineData("--rate", "1", "--think", "3")]
    [InlineData("--users", "4", "--think", "-1")]
    [InlineData("--users", "4", "--think", "NaN")]
    [InlineData("--users", "4", "--burstiness", "2")]
    [InlineData("--rate", "1", "--burstiness", "0")]
    [InlineData("--rate", "1", "--prompt-p95", "999")]
    [InlineData("--rate", "1", "--prompt-p95", "99999999")]
    [InlineData("--rate", "1", "--output-p95", "1")]
    [InlineData("--rate", "1", "--shared-prefix", "1000")]
    [InlineData("--rate", "1", "--shared-prefix", "-1")]
    [InlineData("--rate", "1", "--shared-prefix", "100", "--prefix-groups", "0")]
    [InlineData("--rate", "1", "--duration", "0")]
    [InlineData("--rate", "1", "--duration", "NaN")]
    [InlineData("--rate", "0.001", "--duration", "0.001")]
    [InlineData("--rate", "1", "--turns", "0")]
    [InlineData("--rate", "1", "--turns", "20000")]
    [InlineData("--rate", "1", "--turns", "20000000")]
    [InlineData("--rate", "1", "--find", "happiness")]
    [InlineData("--rate", "1", "--find", "users")]
    [InlineData("--users", "4", "--find", "rate")]
    [InlineData("--users", "4", "--find", "users")]
    [InlineData("--rate", "1", "--find", "replicas", "--prefill-on", "h100-sxm")]
    [InlineData("--rate", "1", "--find", "rate", "--attainment", "2")]
    [InlineData("--rate", "1", "--find", "rate", "--attainment", "0")]
    [InlineData("--rate", "1", "--ttft", "0")]
    [InlineData("--rate", "1", "--tpot", "NaN")]
    [InlineData("--rate", "1", "--warm-up", "-1")]
    [InlineData("--rate", "1", "--outage", "nonsense")]
    [InlineData("--rate", "1", "--outage", "1:0-5")]
    [InlineData("--rate", "1", "--outage", "0:5-5")]
    [InlineData("--rate", "1", "--outage", "0:NaN-5")]
    [InlineData("--rate", "1", "--outage", "0:1-1e999")]
    [InlineData("--rate", "1", "--replicas", "4", "--prefill-on", "h100-sxm")]
    [InlineData("--rate", "1", "--outage", "1:0-5", "--prefill-on", "h100-sxm")]
    [InlineData("--rate", "1", "--replicas", "0")]
    [InlineData("--rate", "1", "--replicas", "2000000000")]
    [InlineData("--rate", "1", "--router", "random")]
    [InlineData("--rate", "1", "--scheduler", "fifo")]
    [InlineData("--rate", "1", "--max-sequences", "0")]
    [InlineData("--rate", "1", "--step-tokens", "-1")]
    [InlineData("--rate", "1", "--cache-tokens", "0")]
    [InlineData("--rate", "1", "--max-waiting", "0")]
    [InlineData("--rate", "1", "--seed", "x")]
    [InlineData("--trace", "trace.csv")]
    [InlineData]
    public void What_makes_no_sense_is_refused_in_one_line(params string[] options) =>
        Refused(2, [.. Question, .. options]);

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("100000000")]
    public void A_count_that_cannot_be_is_refused(string count) =>
        Refused(2, [.. Question[..8], "--rate", "1", "--count", count]);

    [Theory]
    [InlineData("--prompt", "0", "--output", "1")]
    [InlineData("--prompt", "1", "--output", "0")]
    [InlineData("--prompt", "200000000", "--output", "1")]
    [InlineData("--output", "1")]
    public void Lengths_that_cannot_be_are_refused(params string[] lengths) =>
        Refused(2, ["simulate", "gpt2", "--on", "h100-sxm", "--rate", "1", .. lengths]);

    [Theory]
    [InlineData("", "empty")]
    [InlineData("arrivalSeconds,promptTokens,outputTokens\n", "header only")]
    [InlineData("arrivalSeconds,promptTokens,outputTokens\n5,10,10\n1,10,10\n", "unsorted")]
    [InlineData("arrivalSeconds,promptTokens,outputTokens\n1,-10,10\n", "negative")]
    [InlineData("arrivalSeconds,promptTokens,outputTokens\nNaN,10,10\n", "no number")]
    [InlineData("what,is,this\n1,2,3\n", "unknown")]
    public void A_trace_that_is_not_sound_is_refused(string text, string name)
    {
        var file = Path.Combine(folder, $"{name.Replace(' ', '-')}.csv");
        File.WriteAllText(file, text);

        Refused(2, "simulate", "gpt2", "--on", "h100-sxm", "--trace", file);
    }

    [Theory]
    [InlineData("--rate", "1e300")]
    [InlineData("--rate", "1e-320")]
    [InlineData("--count", "0")]
    [InlineData("--prompt", "5")]
    [InlineData("--find", "users")]
    public void What_makes_no_sense_of_a_trace_is_refused(params string[] options)
    {
        var file = Path.Combine(folder, "trace.csv");
        File.WriteAllText(file, "arrivalSeconds,promptTokens,outputTokens\n0,10,10\n1,10,10\n2,10,10\n");

        Refused(2, ["simulate", "gpt2", "--on", "h100-sxm", "--trace", file, .. options]);
    }

    [Fact]
    public void A_trace_that_is_not_there_is_exit_code_3()
    {
        Refused(3, "simulate", "gpt2", "--on", "h100-sxm", "--trace", Path.Combine(folder, "none.csv"));
        Refused(3, "simulate", "gpt2", "--on", "h100-sxm", "--trace", folder);
    }

    [Theory]
    [InlineData("--requests")]
    [InlineData("--timeline")]
    [InlineData("--output-file")]
    public void A_file_that_cannot_be_written_is_exit_code_3(string option) =>
        Refused(3, [.. Question, "--rate", "4", option, Path.Combine(folder, "none", "file")]);

    private static JsonElement Answer(params string[] options)
    {
        var run = Run.Of([.. options.Contains("--count") ? Question[..8] : Question, .. options, "--json"]);
        run.ExitCode.ShouldBe(0, run.Error);
        run.Output.ShouldNotContain("NaN");
        return run.Json;
    }

    private static bool IsEstimate(JsonElement element) =>
        ((string[])["value", "low", "high", "evidence"]).All(name => element.TryGetProperty(name, out _));

    private static void Refused(int exitCode, params string[] arguments)
    {
        foreach (var json in (bool[])[false, true])
        {
            var run = Run.Of(json ? [.. arguments, "--json"] : arguments);
            run.ExitCode.ShouldBe(exitCode, run.Error);
            run.Output.ShouldBeEmpty();
            run.Error.Count(character => character == '\n').ShouldBe(1, run.Error);
        }
    }
}
