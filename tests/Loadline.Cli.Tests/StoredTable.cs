using System.Globalization;
using System.Text;
using Loadline.Catalog;
using Loadline.Models;

namespace Loadline.Cli.Tests;

/// <summary>The table of docs/accuracy.md: published element counts against parameters, term by term.</summary>
internal static class StoredTable
{
    public static string Render()
    {
        var catalog = new CatalogReader();
        var source = new ModelSource(catalog);
        var models = catalog.Models.All.Where(model => model.StoredElements is not null).ToList();
        var rows = models
            .Select(model => source.Read(model.Id))
            .Where(model => model.StoredTerms.Length > 0)
            .Select(Row)
            .ToList();
        return new StringBuilder("| Model | Parameters, all parts | Stored, published | Difference | Terms |\n")
            .Append("|---|---:|---:|---:|---|\n")
            .AppendJoin("", rows)
            .Append($"| {models.Count - rows.Count} of {models.Count} | | as many | 0 | agree to the last element |\n")
            .ToString();
    }

    private static string Row(Model model)
    {
        var parameters = StoredElements.Of(model.Architecture).Parameters;
        var terms = model.StoredTerms.Select(term => $"{Signed(term.Elements)} {term.What}");
        var difference = Signed(model.StoredElements!.Value - parameters);
        return $"| {model.Id} | {Plain(parameters)} | {Plain(model.StoredElements.Value)} | {difference} "
            + $"| {string.Join("<br>", terms)} |\n";
    }

    private static string Plain(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Signed(long count) => count > 0 ? $"+{Plain(count)}" : Plain(count);
}
