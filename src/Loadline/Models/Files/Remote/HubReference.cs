namespace Loadline.Models;

/// <summary>
/// A model on a hub: <c>org/name</c>, and after a colon one of its GGUF files, by name or by quantization:
/// <c>org/name:model.gguf</c>, <c>org/name:Q4_K_M</c>.
/// </summary>
/// <param name="Id">Organisation and name.</param>
/// <param name="File">What follows the colon; null when nothing does.</param>
public sealed record HubReference(string Id, string? File)
{
    /// <summary>Null when the text is no such reference, as a path is not.</summary>
    public static HubReference? TryParse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var id = colon < 0 ? text : text[..colon];
        var file = colon < 0 ? null : text[(colon + 1)..];
        return HubCache.IsId(id) && id.Contains('/', StringComparison.Ordinal) && (file is null || IsFile(file))
            ? new HubReference(id, file)
            : null;
    }

    public override string ToString() => File is null ? Id : $"{Id}:{File}";

    /// <summary>A relative path that stays below where it starts.</summary>
    internal static bool IsFile(string path) =>
        path.Split('/').All(part => part.Length > 0 && part is not ("." or "..") && !part.Any(IsSpecial));

    private static bool IsSpecial(char character) => char.IsControl(character) || character is '\\' or ':';
}
