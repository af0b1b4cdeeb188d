using System.Text.Json.Nodes;

namespace Loadline.Catalog;

/// <summary>
/// One entry as one file has it: its own properties, and those the file states once for all its entries.
/// </summary>
/// <param name="File">File it stands in.</param>
/// <param name="Place">JSON path of the entry in that file.</param>
/// <param name="Own">What the entry itself says.</param>
/// <param name="Shared">What the file says for all its entries.</param>
internal sealed record EntryLayer(CatalogFile File, string Place, JsonObject Own, JsonObject Shared)
{
    /// <summary>A text property of the entry; null when it has none of that name.</summary>
    public string? Text(string property) =>
        (Own[property] ?? Shared[property]) is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>A yes or no of the entry; null when it has none of that name.</summary>
    public bool? Flag(string property) =>
        (Own[property] ?? Shared[property]) is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : null;
}

/// <summary>An entry with the built-in layer below and the user's above, merged property by property.</summary>
internal sealed class CatalogEntry
{
    private readonly List<EntryLayer> layers = [];

    public JsonObject Json { get; } = [];

    /// <summary>The topmost file that says anything about it.</summary>
    public string File => layers[^1].File.Name;

    public string Place => layers[^1].Place;

    public void Add(EntryLayer layer)
    {
        layers.Add(layer);
        Merge(Json, layer.Shared, overwrite: layers.Count == 1);
        Merge(Json, layer.Own, overwrite: true);

        // A user takes a figure back by writing null.
        foreach (var name in Json.Where(property => property.Value is null).Select(property => property.Key).ToList())
            Json.Remove(name);
    }

    /// <summary>The file and the JSON path in it that a path inside the merged entry comes from.</summary>
    public (string File, string Place) Locate(string path)
    {
        var property = FirstProperty(path);
        for (var index = layers.Count - 1; index >= 0; index--)
        {
            var layer = layers[index];
            if (layer.Own.ContainsKey(property))
                return (layer.File.Name, layer.Place + path);
            if (layer.Shared.ContainsKey(property))
                return (layer.File.Name, "$" + path);
        }
        return (File, Place + path);
    }

    private static string FirstProperty(string path)
    {
        if (path.Length == 0)
            return "";

        var end = path.IndexOfAny(['.', '['], 1);
        return end < 0 ? path[1..] : path[1..end];
    }

    private static void Merge(JsonObject target, JsonObject source, bool overwrite)
    {
        foreach (var (name, value) in source)
        {
            if (target[name] is JsonObject below && value is JsonObject above)
                Merge(below, above, overwrite);
            else if (overwrite || !target.ContainsKey(name))
                target[name] = value?.DeepClone();
        }
    }
}
