using System.Text.Json;
using Loadline.Tests;
using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

public sealed class AdaptTests
{
    private const string Model = "meta-llama/Llama-3.1-8B-Instruct";
    private static readonly string Scenario = Path.Combine(Repository.Root, "examples", "adapt-support-assistant.yaml");

    [Fact]
    public void The_document_has_the_fields_of_the_contract()
    {
        var run = Run.Of("adapt", Scenario, "--json");

        run.ExitCode.ShouldBe(0);
        run.Json.GetProperty("recommended").GetString().ShouldBe("prompt-cache");
        IsQuantity(run.Json.GetProperty("breakEven"));
        var lora = run.Json.GetProperty("options").EnumerateArray().Single(option => Text(option, "method") == "lora");
        lora.GetProperty("feasible").GetBoolean().ShouldBeTrue();
        Text(lora, "why").ShouldNotBeEmpty();
        foreach (var name in (string[])["hours", "costUsd", "servingCostPerMonthUsd"])
            IsQuantity(lora.GetProperty(name));
        IsQuantity(lora.GetProperty("perDevice")[0].GetProperty("peakBytes"));
    }

    [Theory]
    [InlineData(0, Model, "--method", "lora", "--on", "rtx-4090")]
    [InlineData(1, Model, "--method", "full", "--on", "rtx-4090")]
    [InlineData(2, Model, "--method", "lora", "--on", "rtx-4090", "--rank", "5000")]
    [InlineData(2, Model, "--method", "lora")]
    [InlineData(2, Model, "--method", "nothing", "--on", "rtx-4090")]
    [InlineData(2, Model, "--on", "rtx-4090")]
    [InlineData(2, Model, "--method", "lora", "--on", "rtx-4090", "--examples", "1000000000000000000")]
    [InlineData(2, Model, "--method", "prompt")]
    [InlineData(3, "no-such-scenario.yaml")]
    public void The_exit_code_says_how_it_went(int code, params string[] arguments)
    {
        var run = Run.Of(["adapt", .. arguments, "--json"]);

        run.ExitCode.ShouldBe(code);
        if (code >= 2)
        {
            run.Output.ShouldBeEmpty();
            run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(1);
        }
    }

    [Fact]
    public void A_complaint_names_the_flag_that_gave_what_is_wrong()
    {
        Run.Of("adapt", Model, "--method", "lora", "--on", "rtx-4090", "--targets", "q_prj")
            .Error.ShouldStartWith("loadline: --targets: \"q_prj\"; expected all-linear");
        Run.Of("adapt", Model, "--method", "lora", "--on", "rtx-4090", "--rank", "5000")
            .Error.ShouldBe("loadline: --rank: 5000; expected 1 to 1024, the width of the narrowest targeted matrix\n");
    }

    [Fact]
    public void A_plan_shows_what_is_decided_and_from_when()
    {
        var plan = Run.Of("plan", Scenario, "--json").Json.GetProperty("adaptation");

        Text(plan, "recommended").ShouldBe("prompt-cache");
        IsQuantity(plan.GetProperty("oneOffUsd"));
        Text(plan, "readyOn").ShouldStartWith("2026-1");
    }

    [Fact]
    public void Files_that_start_the_run_are_written_beside_a_page_about_them()
    {
        var folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            Run.Of("adapt", Model, "--method", "lora", "--on", "rtx-4090", "--export", folder).ExitCode.ShouldBe(0);

            Directory
                .GetFiles(folder)
                .Select(Path.GetFileName)
                .Order(StringComparer.Ordinal)
                .ShouldBe(["README.md", "axolotl.yaml", "sky.yaml", "trl.yaml"]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static void IsQuantity(JsonElement quantity)
    {
        var low = quantity.GetProperty("low").GetDouble();
        var value = quantity.GetProperty("value").GetDouble();
        low.ShouldBeLessThanOrEqualTo(value);
        value.ShouldBeLessThanOrEqualTo(quantity.GetProperty("high").GetDouble());
        quantity.GetProperty("evidence").GetString().ShouldNotBeEmpty();
    }
}
