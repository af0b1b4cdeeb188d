using System.Collections.Immutable;
using System.Text.Json;

namespace Loadline.Models;

/// <summary><c>model.safetensors.index.json</c>: which tensor of a checkpoint is in which of its files.</summary>
public sealed class SafetensorsIndex
{
    private const long LargestFile = 100_000_000;

    private readonly Dictionary<string, string> shardOf = new(StringComparer.Ordinal);

    private SafetensorsIndex(string file) => File = file;

    public string File { get; }

    /// <summary>Bytes of all tensors as the index claims; null when it does not say.</summary>
    public long? TotalSize { get; private set; }

    /// <summary>Names of the files, each once, in the order of their first tensor.</summary>
    public ImmutableArray<string> Shards { get; private set; } = [];

    public int Count => shardOf.Count;

    /// <exception cref="BadContentException">Not a sound index.</exception>
    public static SafetensorsIndex Read(string path) => Parse(JsonFile.Read(path, LargestFile), path);

    internal static SafetensorsIndex Parse(JsonElement root, string path)
    {
        if (
            root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("weight_map", out var map)
            || map.ValueKind != JsonValueKind.Object
        )
            throw new BadContentException(path, "$.weight_map", "missing", "an object of tensor names and files");

        var index = new SafetensorsIndex(path) { TotalSize = ReadTotal(root, path) };
        var shards = new OrderedSet();
        foreach (var entry in map.EnumerateObject())
        {
            var place = $"$.weight_map.{FileText.Quote(entry.Name)}";
            if (entry.Value.ValueKind != JsonValueKind.String)
                throw new BadContentException(path, place, entry.Value.ValueKind.ToString(), "a file name");
            index.shardOf.Add(entry.Name, shards.Add(FileName(entry.Value.GetString()!, path, place)));
        }
        index.Shards = shards.ToImmutable();
        return index;
    }

    /// <summary>Reads the header of every shard; null when none of them is there.</summary>
    /// <exception cref="BadContentException">Some shards are missing, or do not hold what the index says.</exception>
    public Checkpoint? ReadShards()
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(File))!;
        var missing = Shards.FirstOrDefault(shard => !System.IO.File.Exists(Path.Combine(folder, shard)));
        if (missing is not null && !Shards.Any(shard => System.IO.File.Exists(Path.Combine(folder, shard))))
            return null;
        if (missing is not null)
        {
            var found = $"{FileText.Quote(missing)}, which is not beside the index";
            throw new BadContentException(File, "$.weight_map", found, "every shard, or none, in the same folder");
        }

        var headers = Shards.Select(shard => (shard, SafetensorsHeader.Read(Path.Combine(folder, shard))));
        return Join(headers.ToList());
    }

    private Checkpoint Join(List<(string Shard, SafetensorsHeader Header)> headers)
    {
        var tensors = ImmutableArray.CreateBuilder<StoredTensor>(headers.Sum(pair => pair.Header.Tensors.Length));
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (shard, header) in headers)
        {
            foreach (var tensor in header.Tensors)
            {
                if (!seen.TryAdd(tensor.Name, shard))
                {
                    var found = $"also in {FileText.Quote(seen[tensor.Name])}";
                    throw new BadContentException(shard, $"tensor {FileText.Quote(tensor.Name)}", found, "one file");
                }
                tensors.Add(tensor);
            }
        }
        foreach (var (name, shard) in shardOf)
        {
            var place = $"$.weight_map.{FileText.Quote(name)}";
            if (!seen.TryGetValue(name, out var actual))
                throw new BadContentException(File, place, $"{FileText.Quote(shard)}, which lacks it", "its file");
            if (actual != shard)
                throw new BadContentException(File, place, FileText.Quote(shard), FileText.Quote(actual));
        }
        return new Checkpoint(tensors.MoveToImmutable());
    }

    private static long? ReadTotal(JsonElement root, string path)
    {
        if (
            !root.TryGetProperty("metadata", out var metadata)
            || metadata.ValueKind != JsonValueKind.Object
            || !metadata.TryGetProperty("total_size", out var size)
        )
            return null;
        // Some writers count in floating point: 16060522496.0 is the same number.
        if (
            size.ValueKind == JsonValueKind.Number
            && size.TryGetDecimal(out var total)
            && total is >= 0 and <= long.MaxValue
        )
            return (long)total;
        throw new BadContentException(path, "$.metadata.total_size", size.ValueKind.ToString(), "a number of bytes");
    }

    /// <summary>A shard lies beside its index; a path that leads elsewhere is an attempt to read other files.</summary>
    private static string FileName(string shard, string path, string place)
    {
        var plain =
            shard.Length > 0
            && shard is not ("." or "..")
            && shard.AsSpan().IndexOfAny(['/', '\\', ':', '\0']) < 0
            && !shard.Any(char.IsControl);
        return plain
            ? shard
            : throw new BadContentException(path, place, FileText.Quote(shard), "a file name without folders");
    }

    private sealed class OrderedSet
    {
        private readonly Dictionary<string, string> known = new(StringComparer.Ordinal);
        private readonly ImmutableArray<string>.Builder order = ImmutableArray.CreateBuilder<string>();

        /// <summary>The one copy of the text that everybody shares.</summary>
        public string Add(string text)
        {
            if (known.TryGetValue(text, out var same))
                return same;
            known.Add(text, text);
            order.Add(text);
            return text;
        }

        public ImmutableArray<string> ToImmutable() => order.ToImmutable();
    }
}
