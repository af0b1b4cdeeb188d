using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Weights in one <c>.safetensors</c> file, or in the files that an index lists.</summary>
public sealed class SafetensorsStore : FileWeightStore
{
    private SafetensorsStore(IReadOnlyList<FileTensors> parts)
        : base(parts) { }

    /// <param name="path">A folder, an index or a single file; one shard alone gives its own tensors only.</param>
    /// <exception cref="BadContentException">What is there is not sound, or not safetensors.</exception>
    /// <exception cref="IOException">Nothing is there, or it cannot be read.</exception>
    public static SafetensorsStore Open(string path)
    {
        var file = Directory.Exists(path)
            ? ModelFiles.SafetensorsIn(path)
                ?? throw new BadContentException(path, "", "no weights", "model.safetensors or its index")
            : path;
        if (!File.Exists(file))
            throw new FileNotFoundException($"{file}: no such file or folder", file);
        return file.EndsWith(ModelFiles.IndexEnding, StringComparison.OrdinalIgnoreCase)
            ? OpenIndexed(file)
            : new([PartOf(file, SafetensorsHeader.Read(file))]);
    }

    private static SafetensorsStore OpenIndexed(string path)
    {
        var folder = Path.GetDirectoryName(path) ?? "";
        var index = SafetensorsIndex.Read(path);
        var headers = new List<(string Shard, SafetensorsHeader Header)>();
        foreach (var shard in index.Shards)
        {
            var file = Path.Combine(folder, shard);
            if (!File.Exists(file))
                throw new FileNotFoundException($"{file}: no such file, but {path} lists it", file);
            headers.Add((shard, SafetensorsHeader.Read(file)));
        }
        // Says what a shard lacks or has twice.
        _ = index.Join(headers);
        return new([.. headers.Select(pair => PartOf(Path.Combine(folder, pair.Shard), pair.Header))]);
    }

    private static FileTensors PartOf(string path, SafetensorsHeader header) =>
        new(path, header.Tensors, header.Offsets, header.DataStart);
}
