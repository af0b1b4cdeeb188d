using System.Text.Json;

namespace Loadline.Models;

/// <summary>
/// A Hugging Face <c>config.json</c>, read field by field so that a wrong one is named with its file and JSON path.
/// </summary>
public sealed class ModelConfig
{
    /// <summary>Largest size any dimension may claim; beyond it a product of three no longer fits in 63 bits.</summary>
    private const long LargestDimension = 1L << 31;

    private readonly JsonElement root;
    private readonly string path;

    public ModelConfig(string file, JsonElement root, string path = "$")
    {
        File = file;
        this.root = root;
        this.path = path;
        if (root.ValueKind != JsonValueKind.Object)
            throw new BadContentException(file, path, Describe(root), "an object");
    }

    /// <summary>Name for messages: a path, or a catalog id.</summary>
    public string File { get; }

    public string ModelType => OptionalText("model_type") ?? throw Missing("model_type", "a string such as \"llama\"");

    public bool Has(string name) => root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>Names of the fields, in the order of the file.</summary>
    public IEnumerable<string> Fields => root.EnumerateObject().Select(property => property.Name);

    /// <summary>True when the field is there, even as an explicit <c>null</c>, which is not the same as a default.</summary>
    public bool Mentions(string name) => root.TryGetProperty(name, out _);

    /// <summary>A required positive whole number.</summary>
    public int Size(string name) => OptionalSize(name) ?? throw Missing(name, "a positive whole number");

    /// <summary>The first of several spellings that is present.</summary>
    public int Size(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (OptionalSize(name) is { } size)
                return size;
        }
        throw Missing(string.Join(" or ", names!), "a positive whole number");
    }

    public int? OptionalSize(string name)
    {
        if (!Has(name))
            return null;
        var value = root.GetProperty(name);
        if (
            value.ValueKind != JsonValueKind.Number
            || !value.TryGetInt64(out var number)
            || number is < 1 or >= LargestDimension
        )
            throw Wrong(name, value, "a positive whole number below 2^31");
        return (int)number;
    }

    /// <summary>A whole number that may be zero or negative, as layer indices are.</summary>
    public int? OptionalInteger(string name)
    {
        if (!Has(name))
            return null;
        var value = root.GetProperty(name);
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var number))
            throw Wrong(name, value, "a whole number");
        return number;
    }

    public double? OptionalNumber(string name)
    {
        if (!Has(name))
            return null;
        var value = root.GetProperty(name);
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || !double.IsFinite(number))
            throw Wrong(name, value, "a number");
        return number;
    }

    public bool Flag(string name, bool defaultValue)
    {
        if (!Has(name))
            return defaultValue;
        var value = root.GetProperty(name);
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(name, value, "true or false"),
        };
    }

    public string? OptionalText(string name)
    {
        if (!Has(name))
            return null;
        var value = root.GetProperty(name);
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(name, value, "a string");
    }

    public IReadOnlyList<string>? OptionalTexts(string name) =>
        OptionalList(name, JsonValueKind.String, value => value.GetString()!, "an array of strings");

    public IReadOnlyList<int>? OptionalIntegers(string name) =>
        OptionalList(
            name,
            JsonValueKind.Number,
            value => value.TryGetInt32(out var number) ? number : throw Wrong(name, value, "whole numbers"),
            "an array of whole numbers"
        );

    /// <summary>A nested object such as <c>text_config</c>; null when absent.</summary>
    public ModelConfig? Section(string name) =>
        Has(name) ? new ModelConfig(File, root.GetProperty(name), $"{path}.{name}") : null;

    /// <summary>A list of nested objects such as <c>block_configs</c>; null when absent.</summary>
    public IReadOnlyList<ModelConfig>? Sections(string name)
    {
        if (!Has(name))
            return null;
        var value = root.GetProperty(name);
        return value.ValueKind == JsonValueKind.Array
            ?
            [
                .. value
                    .EnumerateArray()
                    .Select((item, index) => new ModelConfig(File, item, $"{path}.{name}[{index}]")),
            ]
            : throw Wrong(name, value, "an array of objects");
    }

    /// <summary>The raw value, for forms too irregular for the readers above; null when absent.</summary>
    public JsonElement? Raw(string name) => Has(name) ? root.GetProperty(name) : null;

    public BadContentException Missing(string name, string expected) =>
        new(File, $"{path}.{name}", "missing", expected);

    public BadContentException Wrong(string name, JsonElement found, string expected) =>
        new(File, $"{path}.{name}", Describe(found), expected);

    /// <summary>For values that are well-formed one by one but contradict each other.</summary>
    public BadContentException Contradiction(string name, string found, string expected) =>
        new(File, $"{path}.{name}", found, expected);

    private List<T>? OptionalList<T>(string name, JsonValueKind kind, Func<JsonElement, T> read, string expected)
    {
        if (!Has(name))
            return null;
        var value = root.GetProperty(name);
        if (value.ValueKind != JsonValueKind.Array)
            throw Wrong(name, value, expected);

        var list = new List<T>();
        foreach (var item in value.EnumerateArray())
            list.Add(item.ValueKind == kind ? read(item) : throw Wrong(name, item, expected));
        return list;
    }

    private static string Describe(JsonElement element)
    {
        var text = element.GetRawText();
        return text.Length <= 60 ? text : text[..57] + "...";
    }
}
