using System.Collections.Immutable;
using System.Text.Json;

namespace Loadline.Models;

/// <summary>Which files a repository has, as <c>/api/models/ID</c> lists them.</summary>
internal static class HubListing
{
    /// <summary>The longest, of datasets more than of models, are a few megabytes.</summary>
    public const long LargestAnswer = 16_000_000;

    private const int MostFiles = 100_000;

    /// <exception cref="BadContentException">Not such a list.</exception>
    public static ImmutableArray<string> Parse(JsonElement root, string url)
    {
        if (
            root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("siblings", out var siblings)
            || siblings.ValueKind != JsonValueKind.Array
        )
            throw new BadContentException(url, "$.siblings", "missing", "a list of files");
        if (siblings.GetArrayLength() > MostFiles)
            throw new BadContentException(url, "$.siblings", $"{siblings.GetArrayLength()} files", $"{MostFiles}");

        var files = ImmutableArray.CreateBuilder<string>();
        foreach (var sibling in siblings.EnumerateArray())
        {
            var place = $"$.siblings[{files.Count}].rfilename";
            if (
                sibling.ValueKind != JsonValueKind.Object
                || !sibling.TryGetProperty("rfilename", out var name)
                || name.ValueKind != JsonValueKind.String
            )
                throw new BadContentException(url, place, "missing", "the name of a file");
            var path = name.GetString()!;
            if (!HubReference.IsFile(path))
                throw new BadContentException(url, place, FileText.Quote(path), "a path inside the repository");
            files.Add(path);
        }
        return files.ToImmutable();
    }
}
