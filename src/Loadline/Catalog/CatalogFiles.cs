using System.Text.Json;
using System.Text.Json.Nodes;
using Loadline.Models;

namespace Loadline.Catalog;

/// <summary>One catalog file as parsed.</summary>
/// <param name="Name">Path of the user's own file, or <c>catalog/...</c> of one built into the library.</param>
/// <param name="Root">Its content.</param>
internal sealed record CatalogFile(string Name, JsonObject Root);

/// <summary>Finds and parses the files built into the library and those of the user's own directory.</summary>
internal sealed class CatalogFiles(string? userDirectory)
{
    private const string BuiltInRoot = "catalog/";

    private static readonly JsonDocumentOptions ParseOptions = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    private static readonly JsonReaderOptions ReaderOptions = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    // MSBuild writes the separator of the machine that built the library into resource names.
    private readonly Lazy<Dictionary<string, string>> resources = new(() =>
        typeof(CatalogFiles)
            .Assembly.GetManifestResourceNames()
            .ToDictionary(name => name.Replace('\\', '/'), StringComparer.Ordinal)
    );

    /// <summary>Built-in files of a folder such as <c>offers</c>, or the one file of that name.</summary>
    public IEnumerable<CatalogFile> BuiltIn(string folderOrFile)
    {
        var path = BuiltInRoot + folderOrFile;
        return resources
            .Value.Keys.Where(name => name == path || name.StartsWith(path + '/', StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => BuiltInFile(name[BuiltInRoot.Length..])!);
    }

    public CatalogFile? BuiltInFile(string path)
    {
        var name = BuiltInRoot + path;
        if (!resources.Value.TryGetValue(name, out var resource))
            return null;

        using var stream = typeof(CatalogFiles).Assembly.GetManifestResourceStream(resource)!;
        return Parse(name, () => JsonNode.Parse(stream, documentOptions: ParseOptions));
    }

    /// <summary>The user's files of a folder, or the one file of that name; none without a directory.</summary>
    public IEnumerable<CatalogFile> Own(string folderOrFile)
    {
        if (userDirectory is null)
            return [];

        var path = Path.Combine(userDirectory, folderOrFile);
        if (!Directory.Exists(path))
            return OwnFile(folderOrFile) is { } file ? [file] : [];

        return Directory
            .EnumerateFiles(path, "*.json", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(ParseOwn);
    }

    public CatalogFile? OwnFile(string path)
    {
        if (userDirectory is null)
            return null;

        var name = Path.Combine([userDirectory, .. path.Split('/')]);
        return File.Exists(name) ? ParseOwn(name) : null;
    }

    private static CatalogFile ParseOwn(string name) => ParseOwn(name, File.ReadAllBytes(name));

    /// <summary>A user's file; the built-in ones are known to be text.</summary>
    internal static CatalogFile ParseOwn(string name, byte[] bytes)
    {
        var json = JsonFile.Text(bytes, name);
        return Parse(
            name,
            () =>
            {
                JsonFile.CheckStrings(json.Span, ReaderOptions, name);
                return JsonNode.Parse(json.Span, documentOptions: ParseOptions);
            }
        );
    }

    private static CatalogFile Parse(string name, Func<JsonNode?> parse)
    {
        try
        {
            return parse() is JsonObject root
                ? new CatalogFile(name, root)
                : throw new BadContentException(name, "", "no JSON object", "an object in braces");
        }
        catch (JsonException error)
        {
            var place = error.LineNumber is { } line ? $"line {line + 1}" : "";
            var reason = error.Message.Split(" LineNumber:")[0].TrimEnd('.');
            throw new BadContentException(name, place, reason, "");
        }
    }
}
