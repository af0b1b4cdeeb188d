namespace Loadline.Models;

/// <summary>The folder in which Hugging Face tools keep what they downloaded.</summary>
/// <remarks>
/// <c>models--org--name/refs/main</c> holds a revision, <c>snapshots/REVISION/</c> links to the files.
/// https://huggingface.co/docs/huggingface_hub/guides/manage-cache
/// </remarks>
/// <param name="folder">The cache itself, such as <c>~/.cache/huggingface/hub</c>.</param>
public sealed class HubCache(string folder)
{
    /// <summary>A revision is a commit hash; anything longer than a path component is not one.</summary>
    private const int LongestRevision = 255;

    public string Folder { get; } = folder;

    /// <summary>The cache that the environment names, in the order Hugging Face's own tools look.</summary>
    /// <param name="environment">Value of a variable; null when it is not set.</param>
    /// <returns>Null when not even a home folder is known.</returns>
    public static HubCache? FromEnvironment(Func<string, string?> environment)
    {
        var cache =
            HubEnvironment.Set(environment, "HF_HUB_CACHE") ?? HubEnvironment.Set(environment, "HUGGINGFACE_HUB_CACHE");
        if (cache is not null)
            return new HubCache(cache);
        return HubEnvironment.HomeOf(environment) is { } home ? new HubCache(Path.Combine(home, "hub")) : null;
    }

    /// <summary>The folder with a model's files; null when the id is no hub id or the cache does not have it.</summary>
    /// <param name="id">Such as <c>facebook/opt-350m</c>.</param>
    /// <param name="revision">A branch, tag or commit.</param>
    /// <exception cref="BadContentException">The cache names a revision that cannot be one.</exception>
    public string? Find(string id, string revision = "main")
    {
        if (!IsId(id) || !IsName(revision))
            return null;
        var model = Path.Combine(Folder, $"models--{id.Replace("/", "--", StringComparison.Ordinal)}");
        var reference = Path.Combine(model, "refs", revision);
        var commit = File.Exists(reference) ? ReadRevision(reference) : revision;
        var snapshot = Path.Combine(model, "snapshots", commit);
        return Directory.Exists(snapshot) ? snapshot : null;
    }

    /// <summary>The folder of a model; null when the cache has nothing of it but, say, its tokenizer.</summary>
    internal string? FindModel(string id) =>
        Find(id) is { } snapshot && ModelFiles.HasModel(snapshot) ? snapshot : null;

    /// <summary>The GGUF file that a reference names; null when the cache does not have it.</summary>
    /// <exception cref="BadContentException">Several go by that name.</exception>
    internal string? FindFile(HubReference reference)
    {
        if (Find(reference.Id) is not { } snapshot)
            return null;
        var files = Directory
            .EnumerateFiles(snapshot, "*.gguf", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(snapshot, file).Replace('\\', '/'));
        return GgufChoice.Find(reference, files) is { } found ? Path.Combine(snapshot, found) : null;
    }

    /// <summary>One or two names of letters, digits, dots, dashes and underscores, divided by a slash.</summary>
    public static bool IsId(string id)
    {
        var parts = id.Split('/');
        return parts.Length is 1 or 2 && parts.All(IsName) && !id.Contains("--", StringComparison.Ordinal);
    }

    internal static bool IsName(string name) =>
        name.Length is > 0 and <= LongestRevision
        && name[0] != '.'
        && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_');

    private static string ReadRevision(string reference)
    {
        Span<byte> bytes = stackalloc byte[LongestRevision + 1];
        using var stream = new FileStream(reference, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        var revision = System.Text.Encoding.UTF8.GetString(bytes[..length]).Trim();
        return IsName(revision)
            ? revision
            : throw new BadContentException(reference, "", FileText.Quote(revision), "a commit hash");
    }
}
