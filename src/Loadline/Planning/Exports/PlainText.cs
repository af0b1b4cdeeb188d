using System.Globalization;
using System.Text;

namespace Loadline.Planning;

/// <summary>Texts of users and of the catalog where they are only read: comments and Markdown.</summary>
internal static class PlainText
{
    private const int Longest = 300;

    /// <summary>On one line, so that what follows a line break cannot leave the comment it stands in.</summary>
    public static string OneLine(string text)
    {
        var line = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (line.Length >= Longest)
                return line.Append("...").ToString();
            var isBreak =
                Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Control
                    or UnicodeCategory.Format
                    or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator;
            line.Append(isBreak ? " " : rune.ToString());
        }
        return line.ToString();
    }

    /// <summary>On one line, with everything that Markdown or HTML would act on made harmless.</summary>
    public static string Markdown(string text)
    {
        var escaped = new StringBuilder();
        foreach (var character in OneLine(text))
        {
            if (@"\`*_{}[]<>|&~$".Contains(character))
                escaped.Append('\\');
            escaped.Append(character);
        }
        return escaped.ToString();
    }

    public static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>A learning rate: a millionth is not nothing.</summary>
    public static string Rate(double value) => value.ToString("0.############", CultureInfo.InvariantCulture);

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
