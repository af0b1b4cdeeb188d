using System.Text;

namespace Loadline.Planning;

/// <summary>Words of shell commands.</summary>
internal static class ShellText
{
    private const string Plain = "-_./:=,@%+";

    /// <summary>
    /// The text as one word that the shell changes nothing in: plain where it can be, otherwise in single quotes, in
    /// which nothing but a single quote means anything. A null character, which no argument can hold, is left out.
    /// </summary>
    /// <remarks>POSIX.1-2017, Shell Command Language, 2.2.2 Single-Quotes.</remarks>
    public static string Word(string text)
    {
        if (text.Length > 0 && text.All(character => char.IsAsciiLetterOrDigit(character) || Plain.Contains(character)))
            return text;
        return new StringBuilder("'")
            .Append(text.Replace("\0", "", StringComparison.Ordinal).Replace("'", @"'\''", StringComparison.Ordinal))
            .Append('\'')
            .ToString();
    }

    public static string Words(IEnumerable<string> texts) => string.Join(' ', texts.Select(Word));
}
