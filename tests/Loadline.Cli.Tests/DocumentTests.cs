using System.Text;
using System.Text.RegularExpressions;
using Loadline.Accuracy;
using Loadline.Tests;
using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

/// <summary>
/// What the documents show is what the program prints. A block is announced by a comment:
/// <c>&lt;!-- loadline plan examples/support-assistant.yaml | 9 lines --&gt;</c>. LOADLINE_UPDATE_GOLDEN=1 rewrites them.
/// </summary>
public sealed partial class DocumentTests
{
    public static TheoryData<string> Documents =>
        [
            "README.md",
            .. Directory
                .GetFiles(Path.Combine(Repository.Root, "docs"), "*.md")
                .Concat(Directory.GetFiles(Path.Combine(Repository.Root, "examples"), "adapt-*.md"))
                .Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/')),
        ];

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_document_shows_what_the_program_prints(string document)
    {
        var file = Path.Combine(Repository.Root, document);
        var text = File.ReadAllText(file).ReplaceLineEndings("\n");

        var actual = Block()
            .Replace(text, match => Announced(match.Groups["command"].Value, match.Groups["lines"].Value, match));

        actual = Table()
            .Replace(actual, match => $"{match.Groups["head"].Value}\n{RenderTable(match.Groups["name"].Value)}\n");

        if (Environment.GetEnvironmentVariable("LOADLINE_UPDATE_GOLDEN") == "1")
            File.WriteAllText(file, actual);
        else
            actual.ShouldBe(text);
    }

    /// <summary>Tables and images made from measurements, by the command that the page names.</summary>
    [Fact]
    public void The_page_on_accuracy_is_what_its_command_writes()
    {
        foreach (var (path, text) in new AccuracyPages(Repository.Root).Current())
        {
            if (Environment.GetEnvironmentVariable("LOADLINE_UPDATE_GOLDEN") == "1")
                File.WriteAllText(path, text);
            else
                File.ReadAllText(path).ReplaceLineEndings("\n").ShouldBe(text, path);
        }
    }

    private static string RenderTable(string name) =>
        name switch
        {
            "article-cards" => ArticleTable.Render(),
            "stored-elements" => StoredTable.Render(),
            _ => throw new ArgumentException($"No table goes by the name {name}", nameof(name)),
        };

    private static string Announced(string command, string lines, Match match)
    {
        var arguments = Word()
            .Matches(command)
            .Select(word => word.Value.Trim('"'))
            .Select(word =>
                word.StartsWith("examples/", StringComparison.Ordinal) ? Path.Combine(Repository.Root, word) : word
            )
            .ToArray();
        var run = Run.Of(arguments);
        run.Error.ShouldBeEmpty();
        var shown = run.Output.TrimEnd('\n').Split('\n').Select(line => line.TrimEnd());
        if (lines.Length > 0)
            shown = shown.Take(int.Parse(lines));
        return new StringBuilder(match.Groups["head"].Value)
            .Append("```text\n")
            .AppendJoin('\n', shown)
            .Append("\n```")
            .ToString();
    }

    [GeneratedRegex(
        @"(?<head><!-- loadline (?<command>[^|\n]+?)(?: \| (?<lines>\d+) lines)? -->\n)```text\n.*?```",
        RegexOptions.Singleline
    )]
    private static partial Regex Block();

    [GeneratedRegex(@"(?<head><!-- table (?<name>[a-z-]+) -->\n)\n*(?:\|.*\n)*\n*")]
    private static partial Regex Table();

    [GeneratedRegex("\"[^\"]*\"|\\S+")]
    private static partial Regex Word();
}
