using System.Collections.Immutable;

namespace Loadline.Planning;

/// <summary>The report as one HTML page that asks the network for nothing and runs no script.</summary>
public static class ReportPage
{
    /// <summary>Widths at which pictures are drawn, in CSS pixels: the column of the page, and a phone of 360.</summary>
    private const double Wide = 800;
    private const double Phone = 328;

    public static string Html(Plan plan)
    {
        var report = ReportContent.Of(plan);
        var glossary = new Glossary();
        var body = new List<Markup>();
        foreach (var section in report.Sections)
        {
            var isVerdict = section.Heading.Length == 0;
            var heading = isVerdict ? Markup.Empty : Markup.Of($"<h2>{section.Heading}</h2>\n");
            // What is folded explains its own words, where they are not used outside.
            var terms = Terms(glossary.FirstUsedIn($"{section.Heading} {WordsOf(section.Blocks)}"));
            var blocks = Markup.Join(section.Blocks.Select(block => Of(block, section, glossary)));
            body.Add(Markup.Of($"<section id=\"{section.Id}\">\n{heading}{blocks}{terms}</section>\n"));
        }
        var start = report.Start is { } day ? $", plan for {day}" : "";
        return Markup
            .Of(
                $"""
                <!DOCTYPE html>
                <html xmlns="http://www.w3.org/1999/xhtml" lang="en">
                <head>
                <meta charset="utf-8"/>
                <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <title>{report.Name}: plan</title>
                <style>{ReportStyle.Sheet}</style>
                </head>
                <body>
                <main>
                <header>
                <p class="scenario">{report.Name}{start}</p>
                <h1>{report.Verdict}</h1>
                </header>
                {Markup.Join(body)}</main>
                </body>
                </html>

                """
            )
            .Text;
    }

    private static Markup Of(Block block, ReportSection section, Glossary glossary) =>
        block switch
        {
            Block.Paragraph paragraph => Markup.Of(
                $"<p class=\"{(paragraph.IsQuiet ? "quiet" : "text")}\">{paragraph.Text}</p>\n"
            ),
            Block.KeyFigures figures => Markup.Of(
                $"<dl class=\"key\">{Markup.Join(figures.Figures.Select(figure => Markup.Of($"<div><dt>{figure.Name}</dt><dd><b>{figure.Value}</b> <small>{figure.Detail}</small></dd></div>\n")))}</dl>\n"
            ),
            Block.Bullets bullets => List(bullets, isUnderPage: section.Heading.Length == 0),
            Block.Table table => Table(table, isTitled: true),
            Block.Picture picture => Picture(picture.Chart, isTitled: picture.Chart.Title != section.Heading),
            Block.Folded folded => Fold(
                folded.Summary,
                Markup.Join(
                    folded
                        .Blocks.Select(inner => Of(inner, section, glossary))
                        .Append(Terms(glossary.FirstUsedIn(WordsOf(folded.Blocks))))
                )
            ),
            _ => Markup.Empty,
        };

    private static Markup List(Block.Bullets bullets, bool isUnderPage)
    {
        var items = Markup.Join(bullets.Items.Select(item => Markup.Of($"<li>{item}</li>\n")));
        var list = bullets.IsOrdered ? Markup.Of($"<ol>\n{items}</ol>\n") : Markup.Of($"<ul>\n{items}</ul>\n");
        // Levels of headings have no gaps: the verdict's section has no heading of its own.
        return isUnderPage
            ? Markup.Of($"<h2 class=\"minor\">{bullets.Title}</h2>\n{list}")
            : Markup.Of($"<h3>{bullets.Title}</h3>\n{list}");
    }

    private static Markup Fold(string summary, Markup body) =>
        Markup.Of($"<details><summary>{summary}</summary>\n{body}</details>\n");

    /// <summary>Roles are said outright: a phone shows each row as a block, which would hide that it is a table.</summary>
    private static Markup Table(Block.Table table, bool isTitled)
    {
        var headings = Markup.Join(
            table.Headings.Select(heading =>
                Markup.Of(
                    $"<th scope=\"col\" role=\"columnheader\" class=\"{Side(heading)}\">{heading.TrimStart('>')}</th>"
                )
            )
        );
        var rows = Markup.Join(
            table.Rows.Select(row => Markup.Of($"<tr role=\"row\">{Markup.Join(row.Select(Field))}</tr>\n"))
        );
        var title = isTitled ? "" : "unseen";
        return Markup.Of(
            $"<table role=\"table\" class=\"{(table.Headings.Length == 2 ? "pair" : "")}\"><caption class=\"{title}\">{table.Title}</caption>\n<thead role=\"rowgroup\"><tr role=\"row\">{headings}</tr></thead>\n<tbody role=\"rowgroup\">\n{rows}</tbody></table>\n"
        );

        Markup Field(Cell cell, int column)
        {
            var heading = table.Headings[column];
            var detail = cell.Detail.Length == 0 ? Markup.Empty : Markup.Of($" <small>{cell.Detail}</small>");
            return column == 0
                ? Markup.Of($"<th scope=\"row\" role=\"rowheader\" class=\"{Side(heading)}\">{cell.Text}{detail}</th>")
                : Markup.Of(
                    $"<td role=\"cell\" class=\"{Side(heading)}\" data-label=\"{heading.TrimStart('>')}\"><span>{cell.Text}{detail}</span></td>"
                );
        }
    }

    private static string Side(string heading) => heading.StartsWith('>') ? "n" : "w";

    private static Markup Picture(Chart chart, bool isTitled)
    {
        var wide = chart.Draw(Wide).ToSvg(chart.Id, chart.Title, chart.Description);
        var phone = chart.Draw(Phone).ToSvg($"{chart.Id}-phone", chart.Title, chart.Description);
        var note = chart.Note.Length == 0 ? Markup.Empty : Markup.Of($"<p class=\"quiet\">{chart.Note}</p>\n");
        var values = Fold("Values of this picture", Table(chart.Values, isTitled: false));
        return Markup.Of(
            $"<figure>\n<figcaption class=\"{(isTitled ? "" : "unseen")}\">{chart.Title}</figcaption>\n<div class=\"wide\">{wide}</div>\n<div class=\"phone\">{phone}</div>\n{note}</figure>\n{values}"
        );
    }

    private static Markup Terms(ImmutableArray<Term> terms) =>
        terms.IsEmpty
            ? Markup.Empty
            : Markup.Of(
                $"<ul class=\"terms\" aria-label=\"Words used here\">\n{Markup.Join(terms.Select(term => Markup.Of($"<li><dfn>{term.Name}</dfn>: {term.Meaning}</li>\n")))}</ul>\n"
            );

    /// <summary>What a reader reads, in its order, for the glossary.</summary>
    private static string WordsOf(ImmutableArray<Block> blocks) =>
        string.Join(
            '\n',
            blocks.Select(block =>
                block switch
                {
                    Block.Paragraph paragraph => paragraph.Text,
                    Block.KeyFigures figures => string.Join('\n', figures.Figures),
                    Block.Bullets bullets => $"{bullets.Title}\n{string.Join('\n', bullets.Items)}",
                    Block.Table table => WordsOf(table),
                    Block.Picture picture =>
                        $"{picture.Chart.Title}\n{picture.Chart.Note}\n{WordsOf(picture.Chart.Values)}",
                    Block.Folded folded => folded.Summary,
                    _ => "",
                }
            )
        );

    private static string WordsOf(Block.Table table) =>
        $"{table.Title}\n{string.Join('\n', table.Headings)}\n{string.Join('\n', table.Rows.SelectMany(row => row))}";
}
