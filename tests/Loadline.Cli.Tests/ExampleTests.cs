using Loadline.Tests;
using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

/// <summary>The answers to the examples, as a page of text and as the report that is committed beside them.</summary>
public sealed class ExampleTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "examples");

    private const string Adapting = "adapt-";

    private static IEnumerable<string> Names =>
        Directory.GetFiles(Folder, "*.yaml").Select(file => Path.GetFileNameWithoutExtension(file)).Order();

    public static TheoryData<string> Examples =>
        [.. Names.Where(name => !name.StartsWith(Adapting, StringComparison.Ordinal))];

    public static TheoryData<string> Adaptations =>
        [.. Names.Where(name => name.StartsWith(Adapting, StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Adaptations))]
    public void An_example_of_adapting_is_decided_as_committed(string name)
    {
        var run = Run.Of("adapt", Path.Combine(Folder, $"{name}.yaml"));

        run.Error.ShouldBe("");
        run.ExitCode.ShouldBe(0);
        Golden.Matches(name, run.Output);
    }

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
    [MemberData(nameof(Adaptations))]
    public void An_example_has_a_note_that_checks_it_by_hand(string name) =>
        File.Exists(Path.Combine(Folder, $"{name}.md")).ShouldBeTrue();
}
