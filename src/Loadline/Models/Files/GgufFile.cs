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
        var folder = Path.GetDirectoryName(path) ?? "";
        var names = PartsOf(Path.GetFileName(path), path);
        var headers = new List<GgufHeader>();
        foreach (var file in names.Select(name => Path.Combine(folder, name)))
        {
            if (names.Count > 1 && !File.Exists(file))
            {
                var found = $"part {headers.Count + 1} of {names.Count} is not beside it";
                throw new BadContentException(path, "", found, file);
            }
            headers.Add(GgufHeader.Read(file));
        }
        return Join(headers);
    }

    /// <summary>Reads a model that is one file from wherever its bytes are.</summary>
    /// <param name="stream">Seekable; only its header is read.</param>
    /// <param name="file">Name for messages.</param>
    /// <exception cref="BadContentException">What is there is not a model, or not a sound one.</exception>
    public static Model ReadModel(Stream stream, string file) =>
        ModelFiles.Complete(file, Join([GgufHeader.Read(stream, file)]), file);

    /// <summary>Names of all files of the model one of whose files is named; that one alone if it is the whole.</summary>
    /// <exception cref="BadContentException">The name numbers a part that cannot be.</exception>
    internal static IReadOnlyList<string> PartsOf(string name, string path)
    {
        var match = PartName().Match(name);
        if (!match.Success)
            return [name];

        var count = int.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture);
        var number = int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);
        if (number < 1 || number > count)
            throw new BadContentException(path, "", $"named part {number} of {count}", $"part 1 to {count}");
        var model = match.Groups["model"].Value;
        return [.. Enumerable.Range(1, count).Select(part => $"{model}-{part:D5}-of-{count:D5}.gguf")];
    }

    /// <summary>The name of a file without its ending and without the number of its part.</summary>
    internal static string StemOf(string name) =>
        PartName().Match(name) is { Success: true } match
            ? match.Groups["model"].Value
            : Path.GetFileNameWithoutExtension(name);

    /// <summary>True for every part but the first, so that a folder of parts counts as one model.</summary>
    public static bool IsLaterPart(string path) =>
        PartName().Match(Path.GetFileName(path)) is { Success: true } match && match.Groups["number"].Value != "00001";

    /// <summary>The model that these headers of all its files make up.</summary>
    /// <exception cref="BadContentException">They are not the parts of one model.</exception>
    internal static GgufFile Join(IReadOnlyList<GgufHeader> parts)
    {
        if (parts.Count == 1)
            CheckWhole(parts[0].Metadata);
        else
            CheckParts(parts);
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

    private static void CheckWhole(GgufMetadata metadata)
    {
        if (metadata.Size(PartCountKey) is { } count and > 1)
            throw metadata.Wrong(PartCountKey, $"{count}", $"a name ending in -00001-of-{count:D5}.gguf");
    }

    private static void CheckParts(IReadOnlyList<GgufHeader> parts)
    {
        for (var part = 0; part < parts.Count; part++)
        {
            var metadata = parts[part].Metadata;
            if (metadata.Size(PartCountKey) is not { } claimed || claimed != parts.Count)
            {
                var found = metadata.Find(PartCountKey)?.ToString() ?? "missing";
                throw metadata.Wrong(PartCountKey, found, $"{parts.Count}, as the file is named");
            }
            if (metadata.Size("split.no") is { } number && number != part)
                throw metadata.Wrong("split.no", $"{number}", $"{part}, as the file is named");
        }
    }

    [GeneratedRegex(@"^(?<model>.+)-(?<number>\d{5})-of-(?<count>\d{5})\.gguf$", RegexOptions.IgnoreCase)]
    private static partial Regex PartName();
}
