using System.Text.Json.Nodes;

namespace Loadline.Catalog;

/// <summary>Splits a file into its entries.</summary>
internal static class EntryLayers
{
    // Editors use it to find the schema; it says nothing about the entries.
    private const string SchemaReference = "$schema";

    public static IEnumerable<EntryLayer> Of(CatalogFile file, string? list)
    {
        if (list is null)
        {
            var entry = (JsonObject)file.Root.DeepClone();
            entry.Remove(SchemaReference);
            return [new EntryLayer(file, "$", entry, [])];
        }

        if (file.Root[list] is not JsonArray entries)
        {
            var found = file.Root.ContainsKey(list) ? $"\"{list}\" that is no list" : $"no \"{list}\"";
            throw new BadContentException(file.Name, "$", found, $"\"{list}\", a list in brackets");
        }

        var shared = new JsonObject(
            file.Root.Where(property => property.Key != list && property.Key != SchemaReference)
                .Select(property => KeyValuePair.Create(property.Key, property.Value?.DeepClone()))
        );
        return entries.Select(
            (node, index) =>
                node is JsonObject entry
                    ? new EntryLayer(file, $"$.{list}[{index}]", entry, shared)
                    : throw new BadContentException(file.Name, $"$.{list}[{index}]", "no object", "an object in braces")
        );
    }
}
