using System.Text.Json;

namespace Loadline.Catalog;

/// <summary>Lists, searches and shows the entries of a kind by the kind's name.</summary>
public sealed class CatalogSearch(CatalogReader catalog)
{
    /// <summary>The kinds by name, as <c>loadline catalog list KIND</c> takes them.</summary>
    public static readonly IReadOnlyList<string> Kinds =
    [
        "accelerators",
        "offers",
        "engines",
        "kernels",
        "end-to-end",
        "models",
        "tasks",
        "apis",
        "economics",
        "data-classes",
        "quality",
        "training",
        "benchmarks",
        "capabilities",
        "adaptation",
        "training-tools",
    ];

    public IReadOnlyList<CatalogItem> List(string kind) => Shelf(kind).Items;

    /// <summary>Entries whose id, name or alias contains every word of the text, without regard to case.</summary>
    public IReadOnlyList<CatalogItem> Search(string kind, string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return [.. Shelf(kind).Items.Where(item => words.All(word => Contains(item, word)))];
    }

    /// <summary>The merged JSON of one entry.</summary>
    public JsonElement Show(string kind, string name) => Shelf(kind).Show(name);

    private static bool Contains(CatalogItem item, string word) =>
        item.Id.Contains(word, StringComparison.OrdinalIgnoreCase)
        || item.Name?.Contains(word, StringComparison.OrdinalIgnoreCase) == true
        || item.Aliases.Any(alias => alias.Contains(word, StringComparison.OrdinalIgnoreCase));

    private CatalogShelf Shelf(string kind) =>
        kind.ToLowerInvariant() switch
        {
            "accelerators" => catalog.Accelerators,
            "offers" => catalog.Offers,
            "engines" => catalog.Engines,
            "kernels" => catalog.Kernels,
            "end-to-end" => catalog.EndToEnd,
            "intervals" => catalog.Intervals,
            "models" => catalog.Models,
            "tasks" => catalog.Tasks,
            "apis" => catalog.Apis,
            "economics" => catalog.Economics,
            "data-classes" => catalog.DataClasses,
            "quality" => catalog.Quality,
            "measured-quality" => catalog.MeasuredQuality,
            "training" => catalog.Training,
            "benchmarks" => catalog.Benchmarks,
            "capabilities" => catalog.Capabilities,
            "adaptation" => catalog.Adaptation,
            "training-tools" => catalog.TrainingTools,
            _ => throw new UnknownNameException("catalog kind", kind, Kinds, ambiguous: false),
        };
}
