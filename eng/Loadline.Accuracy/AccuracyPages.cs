using System.Globalization;
using Loadline.Catalog;
using Loadline.Prediction;

namespace Loadline.Accuracy;

/// <summary>
/// The pages and images that are made from measurements. What people write into a page stays: only what lies between
/// <c>&lt;!-- begin NAME --&gt;</c> and <c>&lt;!-- end NAME --&gt;</c> is made anew.
/// </summary>
internal sealed class AccuracyPages(string root)
{
    private const string FullRunCommand = "dotnet run -c Release --project eng/Loadline.Accuracy -- report --full FILE";

    private readonly CatalogReader catalog = new();

    /// <summary>docs/accuracy.md and its images as they should stand, by path.</summary>
    public IEnumerable<(string Path, string Text)> Current()
    {
        var figures = Figures(Sample("inference.csv"));
        var page = Path.Combine(root, "docs", "accuracy.md");
        var text = File.ReadAllText(page).ReplaceLineEndings("\n");
        text = Replaced(text, "times", new TimesSection(figures).Write(new Markdown()));
        text = Replaced(text, "fitted-constants", ConstantsSection.Write(new Markdown(), catalog));
        text = Replaced(text, "training", TrainingSection.Write(new Markdown(), catalog, Sample("training.csv")));
        yield return (page, text);

        var images = Path.Combine(root, "docs", "images");
        var scored = figures.Figures.Where(figure => figure.LeftOut is null).ToList();
        yield return (Path.Combine(images, "accuracy-scatter.svg"), new ScatterPlot(scored).Draw());
        yield return (Path.Combine(images, "accuracy-slices.svg"), new SlicePlot(scored).Draw());
        yield return (Path.Combine(images, "accuracy-intervals.svg"), new IntervalPlot(scored).Draw());
    }

    /// <summary>The same tables from another file, with the day they were made.</summary>
    public (string Path, string Text) FullRun(CsvTable table, TimeProvider clock)
    {
        var day = clock.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var page = new Markdown().Paragraph(
            $"Run of {day} over {Markdown.Count(table.Rows.Count)} published figures, of which [accuracy.md](accuracy.md) shows a "
                + "sample that stands in the repository. The whole collection is not redistributed; this page is written by"
        );
        return (
            Path.Combine(root, "docs", "accuracy-full-run.md"),
            $"# How close Loadline is: a run over everything collected\n\n{page}\n    {FullRunCommand}\n\n"
                + new TimesSection(Figures(table)).Write(new Markdown())
        );
    }

    private Collection Figures(CsvTable table) => new FigureReader(catalog).Read(table);

    private CsvTable Sample(string name)
    {
        using var text = File.OpenText(Path.Combine(root, "measurements", name));
        return CsvTable.Read(name, text);
    }

    private static string Replaced(string text, string name, Markdown content)
    {
        var (begin, end) = ($"<!-- begin {name} -->\n", $"<!-- end {name} -->");
        var from = text.IndexOf(begin, StringComparison.Ordinal);
        var to = text.IndexOf(end, StringComparison.Ordinal);
        if (from < 0 || to < from)
            throw new BadContentException("accuracy.md", name, "no place for it", $"{begin.Trim()} and {end}");
        return $"{text[..(from + begin.Length)]}\n{content}\n{text[to..]}";
    }
}
