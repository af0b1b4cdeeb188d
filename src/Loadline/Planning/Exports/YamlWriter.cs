using System.Globalization;
using System.Text;

namespace Loadline.Planning;

/// <summary>
/// Writes YAML line by line, with comments. Whatever is not surely a plain word goes into double quotes, whose escapes
/// leave nothing to act on (YAML 1.2, 7.3.1).
/// </summary>
internal sealed class YamlWriter
{
    private static readonly string[] NotText = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];

    private readonly StringBuilder text = new();
    private int depth;
    private bool startsItem;

    public override string ToString() => text.ToString();

    public void Comment(string comment) => Line($"# {PlainText.OneLine(comment)}");

    public void Blank() => text.Append('\n');

    /// <summary>Begins another document.</summary>
    public void Document() => text.Append("---\n");

    public void Text(string key, string value) => Line($"{Scalar(key)}: {Scalar(value)}");

    public void Number(string key, long value) => Line($"{Scalar(key)}: {PlainText.Number(value)}");

    public void Real(string key, double value) => Line($"{Scalar(key)}: {PlainText.Number(value)}");

    /// <summary>A number that may be as small as a learning rate.</summary>
    public void Rate(string key, double value) => Line($"{Scalar(key)}: {PlainText.Rate(value)}");

    public void Flag(string key, bool value) => Line($"{Scalar(key)}: {(value ? "true" : "false")}");

    public void Null(string key) => Line($"{Scalar(key)}:");

    public void Item(string value) => Line($"- {Scalar(value)}");

    /// <summary>A text of several lines, kept as it is; in quotes where it has more than plain characters.</summary>
    public void Block(string key, string block)
    {
        if (
            block.Length == 0
            || block[0] == ' '
            || block.Any(character => character is not ('\n' or (>= ' ' and < '\x7F')))
        )
        {
            Text(key, block);
            return;
        }
        using (Map(key, " |"))
        {
            foreach (var line in block.TrimEnd('\n').Split('\n'))
            {
                if (line.Length == 0)
                    Blank();
                else
                    Line(line);
            }
        }
    }

    /// <summary>Everything until the result is disposed of stands below the key.</summary>
    public Level Map(string key) => Map(key, "");

    /// <summary>The same, to be repeated elsewhere by <see cref="Repeat"/>.</summary>
    public Level Anchored(string key, string anchor) => Map(key, $" &{anchor}");

    /// <summary>Everything that stands below an anchor, here again.</summary>
    public void Repeat(string anchor) => Line($"<<: *{anchor}");

    /// <summary>Everything until the result is disposed of is one item of a list.</summary>
    public Level MapItem()
    {
        depth++;
        startsItem = true;
        return new Level(this);
    }

    public void List(string key, IEnumerable<string> values)
    {
        using (Map(key))
        {
            foreach (var value in values)
                Item(value);
        }
    }

    /// <summary>A text as a YAML scalar.</summary>
    public static string Scalar(string value) => IsPlain(value) ? value : Quoted(value);

    private Level Map(string key, string header)
    {
        Line($"{Scalar(key)}:{header}");
        depth++;
        return new Level(this);
    }

    private void Line(string line)
    {
        var indent = startsItem ? depth - 1 : depth;
        text.Append(' ', 2 * indent).Append(startsItem ? "- " : "").Append(line).Append('\n');
        startsItem = false;
    }

    private static bool IsPlain(string value) =>
        value.Length > 0
        && char.IsAsciiLetter(value[0])
        && char.IsAsciiLetterOrDigit(value[^1])
        && value.All(character => char.IsAsciiLetterOrDigit(character) || "-_./:".Contains(character))
        && !NotText.Contains(value, StringComparer.OrdinalIgnoreCase);

    private static string Quoted(string value)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in value.EnumerateRunes())
        {
            if (rune.Value is '"' or '\\')
                quoted.Append('\\').Append((char)rune.Value);
            else if (rune.Value is >= ' ' and < 0x7F)
                quoted.Append((char)rune.Value);
            else
                quoted
                    .Append(rune.IsBmp ? "\\u" : "\\U")
                    .Append(rune.Value.ToString(rune.IsBmp ? "x4" : "x8", CultureInfo.InvariantCulture));
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>One level of indentation.</summary>
    internal readonly struct Level(YamlWriter writer) : IDisposable
    {
        public void Dispose() => writer.depth--;
    }
}
