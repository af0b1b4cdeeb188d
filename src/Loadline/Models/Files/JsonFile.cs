using System.Text.Json;
using System.Text.Unicode;

namespace Loadline.Models;

/// <summary>Reads a JSON file strictly: no comments, no NaN, no key twice, nothing after the value.</summary>
public static class JsonFile
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    /// <param name="path">Also the name for messages.</param>
    /// <param name="largest">Bytes beyond which the file is not what it claims to be.</param>
    /// <exception cref="BadContentException">Too long, or not well-formed.</exception>
    public static JsonElement Read(string path, long largest) => Parse(ReadBytes(path, largest), path);

    /// <exception cref="BadContentException">Too long.</exception>
    internal static ReadOnlyMemory<byte> ReadBytes(string path, long largest)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        if (stream.Length > largest)
            throw new BadContentException(path, "", $"{stream.Length} bytes of JSON", $"at most {largest}");

        var bytes = new byte[stream.Length];
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return bytes.AsMemory(0, read);
    }

    /// <exception cref="BadContentException">Not well-formed.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> json, string file)
    {
        json = Text(json, file);
        try
        {
            CheckStrings(json.Span, new JsonReaderOptions { MaxDepth = Strict.MaxDepth }, file);
            using var document = JsonDocument.Parse(json, Strict);
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            // Only a key that comes twice has no place, and by then the rest is known to be well-formed.
            var place =
                exception.LineNumber is { } line && exception.BytePositionInLine is { } position
                    ? $"line {line + 1}, position {position + 1}"
                    : PlaceOfDuplicate(json.Span);
            throw new BadContentException(file, place, Problem(exception), "well-formed JSON");
        }
    }

    /// <summary>The text itself: Windows editors put a byte order mark in front, which is no part of it.</summary>
    /// <exception cref="BadContentException">Not UTF-8.</exception>
    internal static ReadOnlyMemory<byte> Text(ReadOnlyMemory<byte> json, string file)
    {
        if (json.Span.StartsWith("\uFEFF"u8))
            json = json[3..];
        return Utf8.IsValid(json.Span)
            ? json
            : throw new BadContentException(file, "", "bytes that are not UTF-8", "JSON in UTF-8");
    }

    /// <summary>An escape such as \ud800 stands for no character, which JSON readers notice only when asked.</summary>
    /// <exception cref="BadContentException">A string holds such an escape.</exception>
    /// <exception cref="JsonException">Not well-formed.</exception>
    internal static void CheckStrings(ReadOnlySpan<byte> json, JsonReaderOptions options, string file)
    {
        var reader = new Utf8JsonReader(json, options);
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped)
                continue;
            try
            {
                reader.GetString();
            }
            catch (InvalidOperationException)
            {
                var place = PlaceOf(json, reader.TokenStartIndex);
                throw new BadContentException(file, place, "a string with half a surrogate pair", "well-formed JSON");
            }
        }
    }

    /// <summary>The parser names a key that comes twice, but not where.</summary>
    private static string PlaceOfDuplicate(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Strict.MaxDepth });
        var keys = new Stack<HashSet<string>>();
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.StartObject)
                keys.Push(new HashSet<string>(StringComparer.Ordinal));
            else if (reader.TokenType == JsonTokenType.EndObject)
                keys.Pop();
            else if (reader.TokenType == JsonTokenType.PropertyName && !keys.Peek().Add(reader.GetString()!))
                break;
        }
        return PlaceOf(json, reader.TokenStartIndex);
    }

    private static string PlaceOf(ReadOnlySpan<byte> json, long start)
    {
        var before = json[..(int)start];
        return $"line {before.Count((byte)'\n') + 1}, position {before.Length - before.LastIndexOf((byte)'\n')}";
    }

    /// <summary>The reader's message without the position it repeats at the end.</summary>
    internal static string Problem(JsonException exception)
    {
        var message = exception.Message;
        foreach (var suffix in (ReadOnlySpan<string>)[" Path:", " LineNumber:"])
        {
            var position = message.IndexOf(suffix, StringComparison.Ordinal);
            if (position > 0)
                message = message[..position];
        }
        return message.TrimEnd('.');
    }
}
