using System.Collections.Immutable;

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
    /// One number for each of so many layers, be it written once for all or one by one; null when absent.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="lengths">Lengths that an array may have: prediction layers are counted in or left out.</param>
    public ImmutableArray<int>? SizePerLayer(string key, params ReadOnlySpan<int> lengths)
    {
        if (Find(key) is not { Type: GgufType.Array } value)
            return Size(key) is { } size ? [.. Enumerable.Repeat(size, lengths[0])] : null;
        if (value.Wholes is not { } items || items.Any(item => item is < 0 or >= LargestSize))
            throw Wrong(key, value.ToString(), "whole numbers below 2^31");
        return lengths.Contains(items.Count)
            ? [.. items.Select(item => (int)item)]
            : throw Wrong(key, value.ToString(), $"one number for each of {lengths[0]} layers");
    }

    public BadContentException Wrong(string key, string found, string expected) =>
        new(File, $"metadata {FileText.Quote(key)}", found, expected);
}
