using System.Globalization;

namespace Loadline.Simulation;

/// <summary>What a column of a trace holds.</summary>
internal enum TraceValue
{
    Number,
    Text,

    /// <summary>Whole numbers in brackets; only in JSON.</summary>
    List,
}

/// <summary>A column a trace may have.</summary>
internal sealed record TraceColumn(string Name, TraceValue Value = TraceValue.Number, bool Required = true);

/// <summary>
/// The rows of a trace one after another. A column is named by its place among those the format knows; one that is
/// missing or empty reads as the empty text.
/// </summary>
internal abstract class TraceRows(TraceLines lines, TraceColumn[] columns)
{
    /// <summary>Longest time after the start: 300 years.</summary>
    public const double LatestSeconds = 1e10;

    /// <summary>Most tokens of a prompt or an answer: a hundred times what models take.</summary>
    public const int MostTokens = 100_000_000;

    protected TraceLines Lines => lines;

    protected IReadOnlyList<TraceColumn> Columns => columns;

    /// <summary>Number of the line the row is on, counted from 1.</summary>
    public long Line => lines.Number;

    public abstract bool Next();

    /// <summary>The value as it is written, until the next row is asked for.</summary>
    public abstract ReadOnlySpan<char> Text(int column);

    /// <summary>A time that is not before the start.</summary>
    public double Seconds(int column, double unitSeconds = 1)
    {
        var text = Text(column);
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        if (!double.TryParse(text, style | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number))
            throw Wrong(column, "a number");
        var seconds = number * unitSeconds;
        return seconds is >= 0 and <= LatestSeconds
            ? seconds
            : throw Wrong(column, $"a time from 0 to {LatestSeconds:0} seconds");
    }

    public int Tokens(int column, int least = 0)
    {
        var text = Text(column);
        // Tools that read and write tables turn whole numbers into 374.0.
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var tokens))
        {
            const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
            tokens =
                double.TryParse(text, style, CultureInfo.InvariantCulture, out var number)
                && number is >= 0 and <= MostTokens
                && number == Math.Floor(number)
                    ? (int)number
                    : -1;
        }
        return tokens >= least && tokens <= MostTokens
            ? tokens
            : throw Wrong(column, $"a whole number from {least} to {MostTokens}");
    }

    public BadContentException Wrong(int column, string expected)
    {
        var text = Text(column);
        return Wrong(column, text.IsEmpty ? "nothing" : $"\"{Short(text)}\"", expected);
    }

    public BadContentException Wrong(int column, string found, string expected) =>
        new(lines.File, $"line {Line}, column {columns[column].Name}", found, expected);

    protected BadContentException Wrong(string found, string expected) =>
        new(lines.File, $"line {Line}", found, expected);

    public string ShortText(int column) => Short(Text(column));

    /// <summary>What of a text goes into a message.</summary>
    public static string Short(ReadOnlySpan<char> text) => text.Length <= 40 ? $"{text}" : $"{text[..40]}...";

    protected string Names => string.Join(", ", columns.Select(column => column.Name));
}
