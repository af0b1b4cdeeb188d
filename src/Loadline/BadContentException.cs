namespace Loadline;

/// <summary>
/// Something a user gave (a file, a scenario, a name) says what cannot be. One line: the file, the place in it, what
/// was found and what was expected.
/// </summary>
public sealed class BadContentException(string file, string place, string found, string expected)
    : Exception(Compose(file, place, found, expected))
{
    public string File { get; } = file;

    /// <summary>JSON path, byte offset, line or field; empty when the whole file is meant.</summary>
    public string Place { get; } = place;

    public string Found { get; } = found;

    public string Expected { get; } = expected;

    private static string Compose(string file, string place, string found, string expected)
    {
        var where = place.Length == 0 ? file : $"{file}: {place}";
        var what = expected.Length == 0 ? $"{where}: {found}" : $"{where}: {found}; expected {expected}";
        return what.ReplaceLineEndings(" ");
    }
}
