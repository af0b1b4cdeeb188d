using System.Globalization;
using System.Text;

namespace Loadline.Prediction;

/// <summary>One row of a <see cref="CsvTable"/>; a column that is missing or empty reads as null.</summary>
public sealed class CsvRow(string file, int line, IReadOnlyDictionary<string, int> columns, string[] fields)
{
    /// <summary>Line of the file on which the row begins, counted from 1.</summary>
    public int Line => line;

    public string? this[string column] =>
        columns.TryGetValue(column, out var index) && fields[index] is { Length: > 0 } text ? text : null;

    public string Text(string column) => this[column] ?? throw Wrong(column, "empty", "a value");

    public double? Number(string column)
    {
        if (this[column] is not { } text)
            return null;
        return
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number)
            ? number
            : throw Wrong(column, $"\"{text}\"", "a number");
    }

    /// <summary>What was measured: an error is a share of it.</summary>
    public double AboveZero(string column) =>
        Number(column) is > 0 and var value
            ? value
            : throw Wrong(column, this[column] is { } text ? $"\"{text}\"" : "empty", "a number above 0");

    public long? WholeNumber(string column)
    {
        if (Number(column) is not { } number)
            return null;
        const double Most = 1L << 53;
        return number == Math.Floor(number) && Math.Abs(number) <= Most
            ? (long)number
            : throw Wrong(column, $"\"{this[column]}\"", "a whole number");
    }

    /// <summary>The same row with another value in a column, which it may lack.</summary>
    public CsvRow With(string column, string value)
    {
        if (columns.TryGetValue(column, out var index))
        {
            string[] changed = [.. fields];
            changed[index] = value;
            return new CsvRow(file, line, columns, changed);
        }
        var longer = new Dictionary<string, int>(columns) { [column] = fields.Length };
        return new CsvRow(file, line, longer, [.. fields, value]);
    }

    public BadContentException Wrong(string column, string found, string expected) =>
        new(file, $"line {line}, column {column}", found, expected);
}

/// <summary>A comma-separated file with a heading (RFC 4180): quoted fields may hold commas and line breaks.</summary>
public sealed class CsvTable
{
    private readonly Dictionary<string, int> columns;

    private CsvTable(string file, Dictionary<string, int> columns, List<CsvRow> rows)
    {
        File = file;
        this.columns = columns;
        Rows = rows;
    }

    public string File { get; }

    public IReadOnlyList<CsvRow> Rows { get; }

    public bool HasColumns(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (!columns.ContainsKey(name))
                return false;
        }
        return true;
    }

    /// <summary>The rows that meet a condition, under the same heading.</summary>
    public CsvTable Where(Func<CsvRow, bool> condition) => new(File, columns, [.. Rows.Where(condition)]);

    /// <exception cref="BadContentException">No heading, a repeated column, or a row with too few or many fields.</exception>
    public static CsvTable Read(string file, TextReader text)
    {
        var reader = new FieldReader(file, text);
        var heading = reader.ReadRow() ?? throw new BadContentException(file, "line 1", "nothing", "column names");
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < heading.Length; i++)
        {
            if (!columns.TryAdd(heading[i].TrimStart('\ufeff'), i))
                throw new BadContentException(
                    file,
                    "line 1",
                    $"column \"{heading[i]}\" a second time",
                    "each column once"
                );
        }

        var rows = new List<CsvRow>();
        while (true)
        {
            var line = reader.Line;
            if (reader.ReadRow() is not { } fields)
                break;
            if (fields is [""])
                continue;
            if (fields.Length != heading.Length)
                throw new BadContentException(
                    file,
                    $"line {line}",
                    $"{fields.Length} fields",
                    $"{heading.Length} as in the heading"
                );
            rows.Add(new CsvRow(file, line, columns, fields));
        }
        return new CsvTable(file, columns, rows);
    }

    private sealed class FieldReader(string file, TextReader text)
    {
        private readonly StringBuilder field = new();

        /// <summary>Line the next row begins on.</summary>
        public int Line { get; private set; } = 1;

        public string[]? ReadRow()
        {
            if (text.Peek() < 0)
                return null;
            var fields = new List<string>();
            field.Clear();
            while (true)
            {
                var next = text.Read();
                switch (next)
                {
                    case '"' when field.Length == 0:
                        ReadQuoted();
                        break;
                    case ',':
                        fields.Add(Take());
                        break;
                    case '\r' when text.Peek() == '\n':
                        break;
                    case '\n' or < 0:
                        Line++;
                        fields.Add(Take());
                        return [.. fields];
                    default:
                        field.Append((char)next);
                        break;
                }
            }
        }

        private string Take()
        {
            var taken = field.ToString();
            field.Clear();
            return taken;
        }

        private void ReadQuoted()
        {
            var start = Line;
            while (true)
            {
                var next = text.Read();
                if (next < 0)
                    throw new BadContentException(
                        file,
                        $"line {start}",
                        "a quote that is never closed",
                        "a closing quote"
                    );
                if (next == '\n')
                    Line++;
                if (next != '"')
                {
                    field.Append((char)next);
                    continue;
                }
                if (text.Peek() != '"')
                    return;
                field.Append((char)text.Read());
            }
        }
    }
}
