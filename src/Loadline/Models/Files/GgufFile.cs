using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Loadline.Models;

/// <summary>A whole GGUF model, be it one file or several parts named <c>-00001-of-00003.gguf</c>.</summary>
public sealed partial class GgufFile
{
    private const string PartCountKey = "split.count";

    private GgufFile(GgufMetadata metadata, Checkpoint checkpoint)
    {
        Metadata = metadata;
        Checkpoint = checkpoint;
    }

    /// <summary>Of the first part; the others only say which part they are.</summary>
    public GgufMetadata Metadata { get; }

    public Checkpoint Checkpoint { get; }

    /// <summary>Reads the headers of all parts, whichever part is named.</summary>
    /// <exception cref="BadContentException">A part is missing, not sound, or not of this model.</exception>
    public static GgufFile Read(string path)
    {
        var name = Path.GetFileName(path);
        var match = PartName().Match(name);
        if (!match.Success)
            return ReadSingle(path);

        var count = int.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture);
        var number = int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);
        if (number < 1 || number > count)
            throw new BadContentException(path, "", $"named part {number} of {count}", $"part 1 to {count}");
        var parts = new List<GgufHeader>();
        for (var part = 1; part <= count; part++)
        {
            var file = Path.Combine(
                Path.GetDirectoryName(path) ?? "",
                $"{match.Groups["model"].Value}-{part:D5}-of-{count:D5}.gguf"
            );
            if (!File.Exists(file))
                throw new BadContentException(path, "", $"part {part} of {count} is not beside it", file);
            parts.Add(ReadPart(file, part, count));
        }
        return Join(parts);
    }

    /// <summary>True for every part but the first, so that a folder of parts counts as one model.</summary>
    public static bool IsLaterPart(string path) =>
        PartName().Match(Path.GetFileName(path)) is { Success: true } match && match.Groups["number"].Value != "00001";

    private static GgufFile ReadSingle(string path)
    {
        var header = GgufHeader.Read(path);
        if (header.Metadata.Size(PartCountKey) is { } count and > 1)
            throw header.Metadata.Wrong(PartCountKey, $"{count}", $"a name ending in -00001-of-{count:D5}.gguf");
        return new GgufFile(header.Metadata, new Checkpoint(header.Tensors));
    }

    private static GgufHeader ReadPart(string file, int part, int count)
    {
        var header = GgufHeader.Read(file);
        if (header.Metadata.Size(PartCountKey) is not { } claimed || claimed != count)
        {
            var found = header.Metadata.Find(PartCountKey)?.ToString() ?? "missing";
            throw header.Metadata.Wrong(PartCountKey, found, $"{count}, as the file is named");
        }
        if (header.Metadata.Size("split.no") is { } number && number != part - 1)
            throw header.Metadata.Wrong("split.no", $"{number}", $"{part - 1}, as the file is named");
        return header;
    }

    internal static GgufFile Join(IReadOnlyList<GgufHeader> parts)
    {
        var tensors = ImmutableArray.CreateBuilder<StoredTensor>(parts.Sum(part => part.Tensors.Length));
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in parts)
        {
            foreach (var tensor in part.Tensors)
            {
                if (!names.TryAdd(tensor.Name, part.File))
                {
                    var place = $"tensor {FileText.Quote(tensor.Name)}";
                    throw new BadContentException(part.File, place, $"also in {names[tensor.Name]}", "one part");
                }
                tensors.Add(tensor);
            }
        }
        var first = parts[0].Metadata;
        if (first.Size("split.tensors.count") is { } total && total != tensors.Count)
            throw first.Wrong("split.tensors.count", $"{total}", $"{tensors.Count}, the tensors of all parts");
        return new GgufFile(first, new Checkpoint(tensors.MoveToImmutable()));
    }

    [GeneratedRegex(@"^(?<model>.+)-(?<number>\d{5})-of-(?<count>\d{5})\.gguf$", RegexOptions.IgnoreCase)]
    private static partial Regex PartName();
}
