using System.Collections.Concurrent;
using System.Text.Json;
using Loadline.Models;

namespace Loadline.Catalog;

/// <summary>A model found by name.</summary>
/// <param name="Model">The catalogued model.</param>
/// <param name="Rule">How the name led to it, for the list of assumptions; null when the name is its own.</param>
/// <param name="Weights">
/// Recipe of the weights where the name is that of another format of the model; null where they are as catalogued.
/// </param>
public sealed record ModelMatch(CatalogModel Model, string? Rule, string? Weights = null)
{
    /// <summary>The architecture, in the format that the name says.</summary>
    /// <exception cref="BadContentException">The family is unknown, or the configuration is not sound.</exception>
    public Architecture Describe()
    {
        if (Weights is null)
            return Model.Describe();
        var plain = Model.DescribePlain();
        return plain with { StoredFormat = WeightFormats.Find(Weights, plain) };
    }
}

/// <summary>Published models, one file each; a model asked for by its id costs the reading of that file alone.</summary>
public sealed class ModelShelf : CatalogShelf
{
    private const string Folder = "models";

    private readonly CatalogFiles files;
    private readonly CatalogShelf<CatalogModel> shelf;
    private readonly ConcurrentDictionary<string, CatalogModel> byId = new(StringComparer.OrdinalIgnoreCase);

    internal ModelShelf(CatalogFiles files)
    {
        this.files = files;
        shelf = new(
            files,
            new ShelfLayout("model", Folder, List: null, layer => layer.Text("id")),
            CatalogJson.Default.CatalogModel
        );
    }

    public IReadOnlyList<CatalogModel> All => shelf.All;

    public IEnumerable<string> Ids => shelf.Ids;

    public override IReadOnlyList<CatalogItem> Items => shelf.Items;

    public override JsonElement Show(string name) => shelf.Show(Find(name).Model.Id);

    /// <summary>
    /// By id, alias, id without organisation, and last as a variant (<c>-Instruct</c>, <c>-it</c>, <c>-Base</c>, ...)
    /// or a quantized copy (<c>-FP8</c>, <c>-AWQ</c>, ...) that shares the architecture of a model here.
    /// </summary>
    /// <exception cref="UnknownNameException">No model, or several, go by this name.</exception>
    public ModelMatch Find(string name)
    {
        var wanted = name.Trim();
        if (ById(wanted) is { } model)
            return new ModelMatch(model, null);

        return ModelNames.Find(wanted, shelf.Names) is { } found
            ? new ModelMatch(shelf.Get(found.Id)!, found.Rule, found.Weights)
            : throw shelf.Names.Unknown(name);
    }

    private CatalogModel? ById(string id)
    {
        if (byId.TryGetValue(id, out var known))
            return known;
        if (id.Split('/') is not [{ Length: > 0 }, { Length: > 0 }] || id.Contains('\\', StringComparison.Ordinal))
            return null;

        var path = $"{Folder}/{FileNameOf(id)}";
        var entry = new CatalogEntry();
        foreach (var file in new[] { files.BuiltInFile(path), files.OwnFile(path) })
        {
            if (file is not null)
                EntryLayers.Of(file, list: null).ToList().ForEach(entry.Add);
        }
        if (entry.Json.Count == 0)
            return null;

        var model = EntryReader.Read(entry, CatalogJson.Default.CatalogModel);
        if (!model.Id.Equals(id, StringComparison.OrdinalIgnoreCase))
            throw new BadContentException(entry.File, "$.id", $"\"{model.Id}\"", $"\"{id}\", as the file is named");
        return byId.GetOrAdd(id, model);
    }

    private static string FileNameOf(string id) =>
        id.ToLowerInvariant().Replace("/", "--", StringComparison.Ordinal) + ".json";
}
