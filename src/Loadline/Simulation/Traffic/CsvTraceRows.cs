namespace Loadline.Simulation;

/// <summary>Rows of a comma-separated trace. A field may be quoted, but not go on in the next line.</summary>
internal sealed class CsvTraceRows : TraceRows
{
    private readonly int[] placeOf;
    private readonly Range[] fields;

    /// <param name="lines">At the heading.</param>
    /// <param name="columns">All the format knows.</param>
    /// <exception cref="BadContentException">A column comes twice or is none of the format's.</exception>
    public CsvTraceRows(TraceLines lines, TraceColumn[] columns)
        : base(lines, columns)
    {
        var heading = Heading(lines);
        fields = new Range[heading.Count];
        placeOf = new int[columns.Length];
        Array.Fill(placeOf, -1);
        for (var place = 0; place < heading.Count; place++)
        {
            var column = Array.FindIndex(columns, column => column.Name == heading[place]);
            if (column < 0)
                throw Wrong($"column \"{Short(heading[place])}\"", $"columns among {Names}");
            if (placeOf[column] >= 0)
                throw Wrong($"column \"{heading[place]}\" a second time", "each column once");
            placeOf[column] = place;
        }
    }

    /// <summary>The names in the current line.</summary>
    /// <exception cref="BadContentException">More of them than a trace has, or a quote that does not close.</exception>
    public static IReadOnlyList<string> Heading(TraceLines lines)
    {
        const int Most = 100;
        var fields = new Range[Most];
        var count = Split(lines, fields);
        return count <= Most
            ? [.. fields[..count].Select(field => new string(lines.Current[field]))]
            : throw new BadContentException(lines.File, $"line {lines.Number}", $"{count} columns", "a trace");
    }

    public override bool Next()
    {
        if (!Lines.Next())
            return false;
        var count = Split(Lines, fields);
        return count == fields.Length ? true : throw Wrong($"{count} fields", $"{fields.Length} as in the heading");
    }

    public override ReadOnlySpan<char> Text(int column) =>
        placeOf[column] < 0 ? [] : Lines.Current[fields[placeOf[column]]];

    /// <summary>Finds the fields of a line, as far as there is room for them, and returns how many they are.</summary>
    private static int Split(TraceLines lines, Span<Range> fields)
    {
        var line = lines.Current;
        var count = 0;
        var start = 0;
        while (true)
        {
            Range field;
            int end;
            if (start < line.Length && line[start] == '"')
            {
                (field, end) = Unquote(lines, start);
            }
            else
            {
                var length = line[start..].IndexOf(',');
                end = length < 0 ? line.Length : start + length;
                field = start..end;
            }
            if (count < fields.Length)
                fields[count] = field;
            count++;
            if (end == line.Length)
                return count;
            start = end + 1;
        }
    }

    /// <summary>Writes what is between quotes, in which "" stands for a quote, to the front of where it was.</summary>
    private static (Range Field, int End) Unquote(TraceLines lines, int start)
    {
        var line = lines.Current;
        var to = start;
        var from = start + 1;
        while (true)
        {
            if (from == line.Length)
                throw new BadContentException(
                    lines.File,
                    $"line {lines.Number}",
                    "a quote that is not closed in its line",
                    "a closing quote"
                );
            if (line[from] == '"')
            {
                from++;
                if (from == line.Length || line[from] == ',')
                    return (start..to, from);
                if (line[from] != '"')
                    throw new BadContentException(
                        lines.File,
                        $"line {lines.Number}",
                        "text behind a closing quote",
                        "a comma"
                    );
            }
            line[to++] = line[from++];
        }
    }
}
