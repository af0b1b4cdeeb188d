using Loadline.Tests;
using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

/// <summary>The answers to the examples, as a page of text and as the report that is committed beside them.</summary>
public sealed class ExampleTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "examples");

    public static TheoryData<string> Examples =>
        [.. Directory.GetFiles(Folder, "*.yaml").Select(file => Path.GetFileNameWithoutExtension(file)).Order()];

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_is_answered_and_reported_as_committed(string name)
    {
        var report = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".html");
        try
        {
            var run = Run.Of("plan", Path.Combine(Folder, $"{name}.yaml"), "--report", report);

            run.Error.ShouldBe("");
            run.ExitCode.ShouldBe(0);
            Golden.Matches($"plan-{name}", run.Output);
            Golden.MatchesFile(Path.Combine(Folder, "reports", $"{name}.html"), File.ReadAllText(report));
        }
        finally
        {
            File.Delete(report);
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_has_a_note_that_checks_it_by_hand(string name) =>
        File.Exists(Path.Combine(Folder, $"{name}.md")).ShouldBeTrue();
}
