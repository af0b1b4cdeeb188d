using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Loadline.Planning;

/// <summary>A piece of well-formed XHTML or SVG. Text gets into it escaped, so that no name can become a tag.</summary>
internal readonly record struct Markup(string Text)
{
    public static Markup Empty => new("");

    /// <summary>Literal parts are markup; what is filled in is escaped, unless it is markup itself.</summary>
    public static Markup Of(MarkupHandler markup) => new(markup.ToString());

    public static Markup Join(IEnumerable<Markup> parts) => new(string.Concat(parts.Select(part => part.Text)));

    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsBlank(rune))
                escaped.Append(' ');
            else if (IsShown(rune))
                escaped.Append(
                    rune.Value switch
                    {
                        '&' => "&amp;",
                        '<' => "&lt;",
                        '>' => "&gt;",
                        '"' => "&quot;",
                        '\'' => "&#39;",
                        _ => rune.ToString(),
                    }
                );
        }
        return escaped.ToString();
    }

    private static bool IsBlank(Rune rune) => rune.Value is '\t' or '\n' or '\r';

    /// <summary>XML 1.0 has no control characters; embedding and isolating ones would turn the text around them.</summary>
    private static bool IsShown(Rune rune) =>
        Rune.GetUnicodeCategory(rune) != UnicodeCategory.Control
        && rune.Value is not (>= 0x202A and <= 0x202E or >= 0x2066 and <= 0x2069 or 0xFFFE or 0xFFFF);
}

/// <summary>Fills values into markup: text escaped, coordinates with two decimals.</summary>
[InterpolatedStringHandler]
internal readonly ref struct MarkupHandler(int literalLength, int formattedCount)
{
    private const int UsualLength = 12;

    private readonly StringBuilder text = new(literalLength + UsualLength * formattedCount);

    public void AppendLiteral(string markup) => text.Append(markup);

    public void AppendFormatted(Markup markup) => text.Append(markup.Text);

    public void AppendFormatted(string? value) => text.Append(Markup.Escape(value ?? ""));

    public void AppendFormatted(int value) => text.Append(value.ToString(CultureInfo.InvariantCulture));

    public void AppendFormatted(double coordinate)
    {
        if (!double.IsFinite(coordinate))
            throw new ArgumentOutOfRangeException(nameof(coordinate), coordinate, "a picture has finite coordinates");
        // Adding 0 turns -0 into 0.
        text.Append((Math.Round(coordinate, 2) + 0).ToString("0.##", CultureInfo.InvariantCulture));
    }

    public override string ToString() => text.ToString();
}
