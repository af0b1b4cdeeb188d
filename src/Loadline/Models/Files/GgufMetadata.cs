namespace Loadline.Models;

/// <summary>The key-value pairs of a GGUF file, read field by field so that a wrong one is named.</summary>
public sealed class GgufMetadata
{
    private const long LargestSize = 1L << 31;

    private readonly Dictionary<string, GgufValue> values;

    internal GgufMetadata(string file, Dictionary<string, GgufValue> values)
    {
        File = file;
        this.values = values;
    }

    public string File { get; }

    public int Count => values.Count;

    public GgufValue? Find(string key) => values.TryGetValue(key, out var value) ? value : null;

    public string? Text(string key)
    {
        if (Find(key) is not { } value)
            return null;
        return value.Text ?? throw Wrong(key, value.ToString(), "a short string");
    }

    /// <summary>A whole number from 0 on; null when absent.</summary>
    public int? Size(string key)
    {
        if (Find(key) is not { } value)
            return null;
        return value.Whole is { } whole and >= 0 and < LargestSize
            ? (int)whole
            : throw Wrong(key, value.ToString(), "a whole number below 2^31");
    }

    public int RequiredSize(string key) =>
        Size(key) is { } size and > 0
            ? size
            : throw Wrong(key, Find(key)?.ToString() ?? "missing", "a positive number");

    /// <summary>
    /// A number that holds for all layers. It may be written once, or once per layer when all layers agree; layers
    /// that differ are refused, because one of their numbers would stand for all.
    /// </summary>
    public int? SizeOfEveryLayer(string key, int layers)
    {
        if (Find(key) is not { Type: GgufType.Array } value)
            return Size(key);
        if (value.Wholes is not { } items || items.Any(item => item is < 0 or >= LargestSize))
            throw Wrong(key, value.ToString(), "whole numbers below 2^31");
        if (items.Count != layers)
            throw Wrong(key, value.ToString(), $"one number for each of {layers} layers");
        if (items.FirstOrDefault(item => item != items[0], items[0]) is var other && other != items[0])
            throw Wrong(key, $"{items[0]} in one layer and {other} in another", "one number for all layers");
        return (int)items[0];
    }

    public BadContentException Wrong(string key, string found, string expected) =>
        new(File, $"metadata {FileText.Quote(key)}", found, expected);
}
