using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Weights in one <c>.gguf</c> file, or in the parts named <c>-00001-of-00003.gguf</c>.</summary>
public sealed class GgufStore : FileWeightStore
{
    private GgufStore(GgufMetadata metadata, IReadOnlyList<FileTensors> parts)
        : base(parts) => Metadata = metadata;

    /// <summary>Of the first part; the others only say which part they are.</summary>
    public GgufMetadata Metadata { get; }

    /// <param name="path">The file, or any of its parts.</param>
    /// <exception cref="BadContentException">A part is missing, not sound, or not of this model.</exception>
    /// <exception cref="IOException">Nothing is there, or it cannot be read.</exception>
    public static GgufStore Open(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: no such file", path);
        // Checks that the parts are those of one model.
        var model = GgufFile.Read(path);
        var folder = Path.GetDirectoryName(path) ?? "";
        var parts = GgufFile
            .PartsOf(Path.GetFileName(path), path)
            .Select(name => GgufHeader.Read(Path.Combine(folder, name)))
            .Select(header => new FileTensors(header.File, header.Tensors, header.Offsets, header.DataStart));
        return new(model.Metadata, [.. parts]);
    }
}
