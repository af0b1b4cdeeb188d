using System.Globalization;
using Loadline.Planning;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class ReportFileTests
{
    [Theory]
    [InlineData("plan.html", "<!DOCTYPE html>")]
    [InlineData("out/PLAN.HTM", "<!DOCTYPE html>")]
    [InlineData("plan.md", "# Yes: ")]
    [InlineData("plan.csv", "option,recommended,way,")]
    public void The_extension_chooses_the_form(string path, string start) =>
        ReportFile.Of(ReportPlans.Whole, path).ShouldStartWith(start);

    [Theory]
    [InlineData("plan.pdf", "plan.pdf: the extension .pdf; expected .html, .md or .csv")]
    [InlineData("plan", "plan: no extension; expected .html, .md or .csv")]
    public void Another_extension_is_refused_with_those_there_are(string path, string message) =>
        Should.Throw<BadContentException>(() => ReportFile.Of(ReportPlans.Whole, path)).Message.ShouldBe(message);

    [Fact]
    public void Markdown_says_what_the_page_says()
    {
        var text = ReportText.Markdown(ReportPlans.Whole);

        text.ShouldStartWith($"# {ReportPlans.Whole.Verdict}\n");
        text.ShouldContain("\n## Renting stays cheaper until month 19, then buying\n");
        text.ShouldContain("| May the questions of customers leave the company? | data protection officer |");
        text.ShouldContain("*Replica*: ");
        // Every row of a table has as many fields as its heading.
        var fields = text.Split('\n').Where(line => line.StartsWith('|')).ToList();
        fields.Count.ShouldBeGreaterThan(60);
        fields.ShouldAllBe(line => line.EndsWith('|'));
    }

    [Fact]
    public void Markdown_shows_hostile_names_as_they_are()
    {
        var plan = ReportPlans.Bare with { Name = "<script>x</script> | a*b*\n# c [d](e)", Verdict = "`rm`\\" };

        var text = ReportText.Markdown(plan);

        text.ShouldStartWith("# \\`rm\\`\\\\\n\n&lt;script&gt;x&lt;/script&gt; \\| a\\*b\\* \\# c \\[d\\](e)\n");
    }

    [Fact]
    public void A_row_of_the_table_is_a_candidate_with_its_figures()
    {
        var lines = ReportTable.Csv(ReportPlans.Whole).TrimEnd('\n').Split('\n');
        var headings = lines[0].Split(',').ToList();
        var first = lines[1].Split(',');

        // Recommended, four alternatives and one more of the front.
        lines.Length.ShouldBe(7);
        first[headings.IndexOf("recommended")].ShouldBe("true");
        first[headings.IndexOf("way")].ShouldBe("rent");
        first[headings.IndexOf("model")].ShouldBe("Qwen/Qwen3-32B");
        double.Parse(first[headings.IndexOf("costPerMonthUsd")], CultureInfo.InvariantCulture).ShouldBe(2480);
        // 2,480 / 1.25.
        double.Parse(first[headings.IndexOf("costPerMonthUsdLow")], CultureInfo.InvariantCulture).ShouldBe(1984);
        first[headings.IndexOf("ttftSecondsEvidence")].ShouldBe("interpolated");
        var api = lines.Single(line => line.Contains(",api,")).Split(',');
        api[headings.IndexOf("ttftSeconds")].ShouldBe("");
        api[headings.IndexOf("confidence")].ShouldBe("");
    }

    [Fact]
    public void A_spreadsheet_runs_no_name()
    {
        var plan = ReportPlans.Bare with
        {
            Recommended = ReportPlans.Rented with { Model = "=1+1\",\n2", Provider = "@x", Terms = "a, \"b\"" },
        };

        var row = ReportTable.Csv(plan).Split('\n')[1];

        row.ShouldContain(",\"'=1+1\"\", 2\",");
        row.ShouldContain(",'@x,");
        row.ShouldContain(",\"a, \"\"b\"\"\",");
    }
}
