using System.Text;

namespace Loadline.Planning;

/// <summary>Names that may stand in a host name (RFC 1035): lower-case letters, digits and hyphens, a letter first.</summary>
internal static class DnsLabel
{
    /// <summary>RFC 1035 allows 63; the rest is left to what the platforms append.</summary>
    public const int Longest = 40;

    private const string LastResort = "loadline";

    /// <summary>The first text that leaves something to make a label of.</summary>
    public static string Of(params ReadOnlySpan<string> texts)
    {
        foreach (var text in texts)
        {
            if (Of(text) is { Length: > 0 } label)
                return label;
        }
        return LastResort;
    }

    private static string Of(string text)
    {
        var label = new StringBuilder();
        foreach (var character in text)
        {
            if (label.Length == Longest)
                break;
            if (char.IsAsciiLetter(character) || (char.IsAsciiDigit(character) && label.Length > 0))
                label.Append(char.ToLowerInvariant(character));
            else if (label.Length > 0 && label[^1] != '-')
                label.Append('-');
        }
        return label.ToString().TrimEnd('-');
    }
}
