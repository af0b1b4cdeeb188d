using System.Text.Json;
using Loadline.Tests;
using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

public sealed class PredictTests
{
    private static readonly string[] Article =
    [
        "predict",
        "facebook/opt-350m",
        "--on",
        "nvidia-a100-sxm-80gb",
        "--weights",
        "fp32",
        "--prompt",
        "1",
        "--output",
        "2047",
    ];

    [Fact]
    public void A_token_is_never_faster_than_reading_the_weights_once()
    {
        var json = Run.Of([.. Article, "--json"]).Json;

        // 1,324,785,664 bytes less the position table at 2.039 TB/s.
        var floor = (1_324_785_664 - 4 * 2_099_200) / 2.039e12;
        json.GetProperty("tpotSeconds").GetProperty("value").GetDouble().ShouldBeGreaterThan(floor);
        json.GetProperty("physicalLimitTpotSeconds").GetDouble().ShouldBeGreaterThan(0.99 * floor);
    }

    [Fact]
    public void Recomputing_the_context_costs_more_than_keeping_it()
    {
        var kept = Seconds([.. Article, "--json"]);
        var recomputed = Seconds([.. Article, "--no-kv-cache", "--json"]);

        recomputed.ShouldBeGreaterThan(5 * kept);

        static double Seconds(string[] arguments) =>
            Run.Of(arguments).Json.GetProperty("endToEndSeconds").GetProperty("value").GetDouble();
    }

    [Fact]
    public void Every_field_of_the_contract_is_there()
    {
        var json = Run.Of(
            "predict",
            "Qwen/Qwen3-8B",
            "--on",
            "h100-sxm",
            "--prompt",
            "1000",
            "--output",
            "200",
            "--concurrency",
            "16",
            "--json"
        ).Json;

        json.GetProperty("feasible").GetBoolean().ShouldBeTrue();
        foreach (var name in (string[])["ttftSeconds", "tpotSeconds", "endToEndSeconds", "outputTokensPerSecond"])
        {
            foreach (var part in (string[])["value", "low", "high", "evidence"])
                json.GetProperty(name).TryGetProperty(part, out _).ShouldBeTrue($"{name}.{part}");
        }
        json.TryGetProperty("bound", out _).ShouldBeTrue();
        json.GetProperty("breakdown").GetArrayLength().ShouldBeGreaterThan(3);
    }

    [Theory]
    [InlineData("--cached-prefix", "1000")]
    [InlineData("--draft-tokens", "2")]
    [InlineData("--draft-tokens", "2", "--acceptance", "1.5")]
    [InlineData("--draft-tokens", "2", "--acceptance", "0.8")]
    [InlineData("--draft-tokens", "-1", "--acceptance", "0.8")]
    [InlineData("--rate", "1", "--burstiness", "0")]
    [InlineData("--prefill-on", "no-such-card")]
    [InlineData("--prefill-on", "h100-sxm", "--prefill-replicas", "0")]
    [InlineData("--no-kv-cache", "--prefill-on", "h100-sxm")]
    public void What_makes_no_sense_of_serving_is_refused_in_one_line(params string[] options)
    {
        var run = Run.Of([
            "predict",
            "Qwen/Qwen3-8B",
            "--on",
            "h100-sxm",
            "--prompt",
            "1000",
            "--output",
            "9",
            .. options,
        ]);

        run.ExitCode.ShouldBe(2);
        run.Error.Trim().Split('\n').Length.ShouldBe(1);
    }

    [Fact]
    public void Prompts_on_devices_of_their_own_leave_the_steps_of_others_alone()
    {
        string[] question =
        [
            "predict",
            "Qwen/Qwen3-8B",
            "--on",
            "h100-sxm",
            "--prompt",
            "4000",
            "--output",
            "200",
            "--rate",
            "4",
        ];
        Tpot(["--prefill-on", "h100-sxm", "--json"]).ShouldBeLessThan(Tpot(["--json"]));

        double Tpot(string[] options) =>
            Run.Of([.. question, .. options]).Json.GetProperty("tpotSeconds").GetProperty("value").GetDouble();
    }

    [Fact]
    public void A_rate_beyond_the_machine_is_answered_no()
    {
        var run = Run.Of(
            "predict",
            "Qwen/Qwen3-8B",
            "--on",
            "h100-sxm",
            "--prompt",
            "1000",
            "--output",
            "200",
            "--rate",
            "100000",
            "--json"
        );

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("feasible").GetBoolean().ShouldBeFalse();
        run.Json.GetProperty("ttftSeconds").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public void A_model_that_does_not_fit_is_answered_no_and_not_predicted()
    {
        var run = Run.Of(
            "predict",
            "meta-llama/Llama-3.1-405B",
            "--on",
            "rtx-4090",
            "--prompt",
            "10",
            "--output",
            "10",
            "--json"
        );

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("tpotSeconds").ValueKind.ShouldBe(JsonValueKind.Null);
        run.Json.GetProperty("reason").GetString().ShouldNotBeNullOrEmpty();
    }
}
