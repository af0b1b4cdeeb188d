using System.Text;
using System.Text.Json;
using Loadline.Models;

namespace Loadline.Simulation;

/// <summary>Rows of a trace that is a JSON object per line.</summary>
/// <param name="lines">At the first row.</param>
/// <param name="columns">All the format knows.</param>
internal sealed class JsonTraceRows(TraceLines lines, TraceColumn[] columns) : TraceRows(lines, columns)
{
    private readonly string?[] texts = new string?[columns.Length];
    private readonly List<long> list = [];
    private byte[] json = [];
    private bool started;

    /// <summary>The list of the row; empty when it has none.</summary>
    public List<long> List => list;

    public override bool Next()
    {
        if (started && !Lines.Next())
            return false;
        started = true;
        Array.Clear(texts);
        list.Clear();
        var reader = Open(Lines, ref json);
        try
        {
            ReadObject(ref reader);
        }
        catch (JsonException exception)
        {
            throw Malformed(Lines, exception);
        }
        return true;
    }

    public override ReadOnlySpan<char> Text(int column) => texts[column];

    /// <summary>The names in the object of the current line.</summary>
    /// <exception cref="BadContentException">Not well-formed JSON.</exception>
    public static IReadOnlyList<string> Heading(TraceLines lines)
    {
        var json = Array.Empty<byte>();
        var reader = Open(lines, ref json);
        var names = new List<string>();
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
                    names.Add(TextOf(ref reader, lines));
            }
        }
        catch (JsonException exception)
        {
            throw Malformed(lines, exception);
        }
        return names;
    }

    private void ReadObject(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Wrong($"\"{Short(Lines.Current)}\"", "a JSON object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var column = ColumnOf(ref reader);
            if (texts[column] is not null)
                throw Wrong(column, "a second time", "each name once");
            reader.Read();
            ReadValue(ref reader, column);
        }
        // Only white space may follow; the reader throws at anything else.
        reader.Read();
    }

    private int ColumnOf(ref Utf8JsonReader reader)
    {
        for (var column = 0; column < Columns.Count; column++)
        {
            if (reader.ValueTextEquals(Columns[column].Name))
                return column;
        }
        throw Wrong($"\"{Short(TextOf(ref reader, Lines))}\"", $"names among {Names}");
    }

    private void ReadValue(ref Utf8JsonReader reader, int column)
    {
        switch (reader.TokenType, Columns[column].Value)
        {
            case (JsonTokenType.Null, _):
                texts[column] = "";
                break;
            case (JsonTokenType.Number, TraceValue.Number or TraceValue.Text):
                texts[column] = Encoding.UTF8.GetString(reader.ValueSpan);
                break;
            case (JsonTokenType.String, TraceValue.Text):
                texts[column] = TextOf(ref reader, Lines);
                break;
            case (JsonTokenType.StartArray, TraceValue.List):
                texts[column] = "[...]";
                ReadList(ref reader, column);
                break;
            default:
                var expected = Columns[column].Value switch
                {
                    TraceValue.Number => "a number",
                    TraceValue.Text => "a text",
                    _ => "a list of whole numbers",
                };
                throw Wrong(column, $"a JSON {reader.TokenType}", expected);
        }
    }

    private void ReadList(ref Utf8JsonReader reader, int column)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number))
                throw Wrong(column, $"\"{Short(Encoding.UTF8.GetString(reader.ValueSpan))}\"", "whole numbers");
            list.Add(number);
        }
    }

    private static Utf8JsonReader Open(TraceLines lines, ref byte[] json)
    {
        var most = Encoding.UTF8.GetMaxByteCount(lines.Current.Length);
        if (json.Length < most)
            json = new byte[most];
        var length = Encoding.UTF8.GetBytes(lines.Current, json);
        return new Utf8JsonReader(json.AsSpan(0, length), new JsonReaderOptions { MaxDepth = 8 });
    }

    private static string TextOf(ref Utf8JsonReader reader, TraceLines lines)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new BadContentException(
                lines.File,
                $"line {lines.Number}, position {reader.TokenStartIndex + 1}",
                "a string with half a surrogate pair",
                "well-formed JSON"
            );
        }
    }

    private static BadContentException Malformed(TraceLines lines, JsonException exception) =>
        new(
            lines.File,
            $"line {lines.Number}, position {exception.BytePositionInLine + 1}",
            JsonFile.Problem(exception),
            "well-formed JSON"
        );
}
