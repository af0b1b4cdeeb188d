using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

/// <summary>The questions of <c>plan --new</c>.</summary>
public sealed class NewScenarioTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    private string Scenario => Path.Combine(folder, "scenario.yaml");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Answers_make_a_scenario_that_can_be_planned()
    {
        var run = Run.Answering(
            "customer-support\n1,200\n2 s\nifbench 28\nmeta-llama/Llama-3.1-8B-Instruct\ninternal\napi\n8000 USD\n",
            "plan",
            Scenario,
            "--new"
        );

        run.ExitCode.ShouldBe(0);
        run.Output.ShouldBe($"{Scenario} is written. Next: loadline plan {Scenario}\n");
        File.ReadAllText(Scenario)
            .ShouldBe(
                """
                # What is left out takes a default that the answer lists.
                name: Customer support
                task: customer-support
                workload:
                  people: 1200
                objectives:
                  ttft: { p95: 2 s }
                models:
                  candidates: [meta-llama/Llama-3.1-8B-Instruct]
                  minimumCapability: { ifbench: 28 }
                deployment:
                  allow: [api]
                  data: internal
                budget:
                  maximumMonthly: 8000 USD

                """.ReplaceLineEndings("\n")
            );
        Run.Of("plan", Scenario).Output.ShouldContain("1,200 people");
    }

    [Fact]
    public void Empty_answers_take_what_stands_in_brackets_and_own_machines_are_not_asked_how()
    {
        var run = Run.Answering("\n5\n\n\n\nown-hardware-only\n\n", "plan", Scenario, "--new");

        run.ExitCode.ShouldBe(0);
        File.ReadAllText(Scenario).ShouldContain("  allow: [buy]\n  data: own-hardware-only\n");
        File.ReadAllText(Scenario).ShouldNotContain("budget");
    }

    [Fact]
    public void A_wrong_answer_is_asked_again()
    {
        var run = Run.Answering("chess\nrag\n0\n40\n\n\n,\n\n\n\n\n", "plan", Scenario, "--new");

        run.ExitCode.ShouldBe(0);
        run.Error.ShouldContain("  expected one of customer-support, coding");
        run.Error.ShouldContain("  expected a whole number from 1 to 10,000,000,000\n");
        run.Error.ShouldContain("  expected ids of the catalog");
        File.ReadAllText(Scenario).ShouldContain("people: 40\n");
    }

    [Theory]
    [InlineData("rag\n", "the end of the input")]
    [InlineData("rag\nno\nno\nno\nno\nno\n", "5 answers that will not do")]
    public void Without_answers_nothing_is_written(string input, string found)
    {
        var run = Run.Answering(input, "plan", Scenario, "--new");

        run.ExitCode.ShouldBe(2);
        run.Output.ShouldBeEmpty();
        run.Error.ShouldContain($"loadline: --new: {found}; expected");
        File.Exists(Scenario).ShouldBeFalse();
    }

    [Fact]
    public void What_is_there_already_is_left_as_it_is_and_nothing_is_asked()
    {
        File.WriteAllText(Scenario, "mine");

        var run = Run.Answering("rag\n", "plan", Scenario, "--new");

        run.ExitCode.ShouldBe(3);
        run.Error.ShouldBe($"loadline: {Scenario}: is there already; name another file\n");
        File.ReadAllText(Scenario).ShouldBe("mine");
    }

    [Fact]
    public void A_folder_that_is_not_there_is_named_before_anything_is_asked()
    {
        var file = Path.Combine(folder, "none", "scenario.yaml");

        var run = Run.Answering("rag\n", "plan", file, "--new");

        run.ExitCode.ShouldBe(3);
        run.Error.ShouldBe($"loadline: {file}: its directory does not exist\n");
    }

    [Fact]
    public void A_flag_beside_the_questions_is_not_left_aside_in_silence()
    {
        var run = Run.Answering("", "plan", Scenario, "--new", "--people", "5");

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldBe(
            "loadline: --new: flags of a scenario beside it; expected --new alone, which asks for them\n"
        );
    }
}
