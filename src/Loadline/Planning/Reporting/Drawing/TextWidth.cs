using System.Text;

namespace Loadline.Planning;

/// <summary>About how wide a text is in a sans-serif face, where no browser is there to measure it.</summary>
/// <remarks>Widths in em, those of DejaVu Sans, the widest face that a system is likely to have.</remarks>
internal static class TextWidth
{
    private const double Narrow = 0.38;
    private const double Usual = 0.62;
    private const double Capital = 0.72;
    private const double Wide = 0.98;

    /// <summary>Chinese, Japanese and Korean characters and pictures fill their square.</summary>
    private const double Square = 1.05;
    private const int FirstSquare = 0x1100;

    public static double Of(string text, double size) => size * text.EnumerateRunes().Sum(OfRune);

    /// <summary>The text, or as much of it as has room, with an ellipsis.</summary>
    public static string Shortened(string text, double room, double size)
    {
        if (Of(text, size) <= room)
            return text;
        var kept = new StringBuilder();
        var left = room - Wide * size;
        foreach (var rune in text.EnumerateRunes())
        {
            left -= OfRune(rune) * size;
            if (left < 0)
                break;
            kept.Append(rune.ToString());
        }
        return $"{kept.ToString().TrimEnd()}…";
    }

    /// <summary>Lines no wider than the room, words whole where they fit; the last one shortened.</summary>
    public static IReadOnlyList<string> Lines(string text, double room, double size, int most)
    {
        var lines = new List<string>();
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var longer = lines.Count == 0 ? word : $"{lines[^1]} {word}";
            var fits = lines.Count > 0 && Of(longer, size) <= room;
            if (fits || lines.Count == most)
                lines[^1] = longer;
            else
                lines.Add(word);
        }
        return [.. lines.Select(line => Shortened(line, room, size))];
    }

    private static double OfRune(Rune rune) =>
        rune.Value switch
        {
            >= FirstSquare and not (>= 0x2000 and < 0x2E80) => Square,
            ' ' or 'i' or 'j' or 'l' or 'I' or 'f' or 't' or 'r' or '.' or ',' or ':' or ';' or '|' or '(' or ')' =>
                Narrow,
            'm' or 'w' or 'M' or 'W' or '@' or '%' or '…' => Wide,
            >= 'A' and <= 'Z' => Capital,
            _ => Usual,
        };
}
