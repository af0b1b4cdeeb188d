using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Loadline.Catalog;

/// <summary>Turns a merged entry into its record, or says which file and place is wrong and what belongs there.</summary>
internal static class EntryReader
{
    public static T Read<T>(CatalogEntry entry, JsonTypeInfo<T> type)
        where T : class
    {
        if (FlawIn(entry.Json, type, "") is { } flaw)
            throw Bad(entry, flaw.Place, flaw.Found, flaw.Expected);

        try
        {
            return entry.Json.Deserialize(type)!;
        }
        catch (UnreadableValueException error)
        {
            throw Bad(entry, PlaceOf(error), error.Found, error.Expected);
        }
        catch (JsonException error)
        {
            throw Bad(entry, PlaceOf(error), error.Message, "");
        }
    }

    private static string PlaceOf(JsonException error) => error.Path is ['$', .. var rest] ? rest : "";

    private static BadContentException Bad(CatalogEntry entry, string path, string found, string expected)
    {
        var (file, place) = entry.Locate(path);
        return new BadContentException(file, place, found, expected);
    }

    private readonly record struct Flaw(string Place, string Found, string Expected);

    // The serializer would refuse the same files, but in terms of .NET types that mean nothing to who wrote them.
    private static Flaw? FlawIn(JsonNode? node, JsonTypeInfo type, string place) =>
        type.Kind switch
        {
            JsonTypeInfoKind.Object => FlawInObject(node, type, place),
            JsonTypeInfoKind.Enumerable => node is JsonArray array
                ? FirstFlaw(array.Select((item, index) => (item, $"{place}[{index}]")), type.ElementType!)
                : new Flaw(place, Text(node), "a list in brackets"),
            JsonTypeInfoKind.Dictionary => node is JsonObject map
                ? FirstFlaw(map.Select(item => (item.Value, $"{place}.{item.Key}")), type.ElementType!)
                : new Flaw(place, Text(node), "an object in braces"),
            _ => FlawInValue(node, type.Type, place),
        };

    private static Flaw? FirstFlaw(IEnumerable<(JsonNode? Node, string Place)> items, Type type)
    {
        foreach (var (node, place) in items)
        {
            if (FlawIn(node, TypeInfoOf(type), place) is { } flaw)
                return flaw;
        }
        return null;
    }

    private static Flaw? FlawInObject(JsonNode? node, JsonTypeInfo type, string place)
    {
        if (node is not JsonObject found)
            return new Flaw(place, Text(node), "an object in braces");

        var known = type.Properties.Where(property => property.Set is not null || property.IsRequired).ToList();
        foreach (var property in known)
        {
            if (property.IsRequired && !found.ContainsKey(property.Name))
                return new Flaw(place, $"no \"{property.Name}\"", $"\"{property.Name}\", which every entry has");
        }
        foreach (var (name, value) in found)
        {
            var property = known.Find(property => property.Name == name);
            if (property is null)
            {
                var names = string.Join(", ", known.Select(property => property.Name));
                return new Flaw(place, $"unknown property \"{name}\"", $"one of {names}");
            }
            var optional = value is null && !property.IsRequired;
            if (!optional && FlawIn(value, TypeInfoOf(property.PropertyType), $"{place}.{name}") is { } flaw)
                return flaw;
        }
        return null;
    }

    private static Flaw? FlawInValue(JsonNode? node, Type type, string place)
    {
        var kind = node?.GetValueKind() ?? JsonValueKind.Null;
        if (type == typeof(string))
            return kind == JsonValueKind.String ? null : new Flaw(place, Text(node), "text in quotes");
        if (type == typeof(bool))
            return kind is JsonValueKind.True or JsonValueKind.False
                ? null
                : new Flaw(place, Text(node), "true or false");
        if (type == typeof(double))
            return kind == JsonValueKind.Number ? null : new Flaw(place, Text(node), "a number");
        if (type == typeof(int))
            return node is JsonValue value && value.TryGetValue<int>(out _)
                ? null
                : new Flaw(place, Text(node), "a whole number");
        if (type == typeof(long))
            return node is JsonValue value && value.TryGetValue<long>(out _)
                ? null
                : new Flaw(place, Text(node), "a whole number");

        // Quantities and names say themselves what they expect.
        return null;
    }

    private static JsonTypeInfo TypeInfoOf(Type type) =>
        CatalogJson.Default.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type)!;

    private static string Text(JsonNode? node)
    {
        const int Shown = 60;
        var text = node?.ToJsonString() ?? "null";
        return text.Length <= Shown ? text : text[..Shown] + "...";
    }
}
