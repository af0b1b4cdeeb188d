using System.Text;

namespace Loadline.Planning;

/// <summary>The report as Markdown: the same words, and the values of each picture as a table.</summary>
public static class ReportText
{
    public static string Markdown(Plan plan)
    {
        var report = ReportContent.Of(plan);
        var glossary = new Glossary();
        var text = new StringBuilder();
        text.Append($"# {Escaped(report.Verdict)}\n\n");
        text.Append($"{Escaped(report.Name)}{(report.Start is { } start ? $", plan for {Escaped(start)}" : "")}\n");
        foreach (var section in report.Sections)
        {
            var body = new StringBuilder();
            if (section.Heading.Length > 0)
                body.Append($"\n## {Escaped(section.Heading)}\n");
            foreach (var block in section.Blocks)
                Append(body, block);
            text.Append(body);
            foreach (var term in glossary.FirstUsedIn(body.ToString()))
                text.Append($"\n*{Escaped(term.Name)}*: {Escaped(term.Meaning)}\n");
        }
        return text.ToString();
    }

    private static void Append(StringBuilder text, Block block)
    {
        switch (block)
        {
            case Block.Paragraph paragraph:
                text.Append($"\n{Escaped(paragraph.Text)}\n");
                break;
            case Block.KeyFigures figures:
                text.Append('\n');
                foreach (var figure in figures.Figures)
                    text.Append($"- **{Escaped(figure.Name)}: {Escaped(figure.Value)}** {Escaped(figure.Detail)}\n");
                break;
            case Block.Bullets bullets:
                text.Append($"\n### {Escaped(bullets.Title)}\n\n");
                for (var i = 0; i < bullets.Items.Length; i++)
                    text.Append($"{(bullets.IsOrdered ? $"{i + 1}." : "-")} {Escaped(bullets.Items[i])}\n");
                break;
            case Block.Table table:
                AppendTable(text, table);
                break;
            case Block.Picture picture:
                text.Append($"\n**{Escaped(picture.Chart.Title)}**\n");
                AppendTable(text, picture.Chart.Values);
                break;
            case Block.Folded folded:
                text.Append($"\n### {Escaped(folded.Summary)}\n");
                foreach (var inner in folded.Blocks)
                    Append(text, inner);
                break;
        }
    }

    private static void AppendTable(StringBuilder text, Block.Table table)
    {
        text.Append($"\n{Escaped(table.Title)}:\n\n");
        text.Append($"| {string.Join(" | ", table.Headings.Select(heading => Escaped(heading.TrimStart('>'))))} |\n");
        text.Append(
            $"|{string.Concat(table.Headings.Select(heading => heading.StartsWith('>') ? "---:|" : "---|"))}\n"
        );
        foreach (var row in table.Rows)
            text.Append(
                $"| {string.Join(" | ", row.Select(cell => Escaped($"{cell.Text} {cell.Detail}".TrimEnd())))} |\n"
            );
    }

    /// <summary>Text that Markdown and the HTML in it leave as it is, in one line.</summary>
    private static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length);
        var line = text.ReplaceLineEndings(" ");
        for (var i = 0; i < line.Length; i++)
        {
            var character = line[i];
            if (char.IsControl(character))
                continue;
            var isInWord =
                i > 0 && i + 1 < line.Length && char.IsLetterOrDigit(line[i - 1]) && char.IsLetterOrDigit(line[i + 1]);
            escaped.Append(
                character switch
                {
                    '&' => "&amp;",
                    '<' => "&lt;",
                    '>' => "&gt;",
                    '\\' or '`' or '*' or '[' or ']' or '|' or '#' or '!' => $"\\{character}",
                    '_' when !isInWord => "\\_",
                    _ => character.ToString(),
                }
            );
        }
        return escaped.ToString();
    }
}
