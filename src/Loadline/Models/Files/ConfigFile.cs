using System.Text.Json;

namespace Loadline.Models;

/// <summary>
/// Reads a <c>config.json</c>. Python writes numbers into it that JSON has not, <c>Infinity</c>, <c>-Infinity</c> and
/// <c>NaN</c>, as in <c>time_step_limit</c> of Nemotron; they are read as text, so that a field that must be a size and
/// is none of them is still refused by name.
/// </summary>
internal static class ConfigFile
{
    /// <summary>Real configurations are a few kilobytes.</summary>
    internal const long Largest = 16_000_000;

    /// <exception cref="BadContentException">Too long, or not well-formed.</exception>
    public static ModelConfig Read(string path) => Parse(JsonFile.ReadBytes(path, Largest), path);

    /// <exception cref="BadContentException">Not well-formed.</exception>
    public static ModelConfig Parse(ReadOnlyMemory<byte> json, string file) =>
        new(file, JsonFile.Parse(QuoteConstants(json), file));

    /// <summary>The same bytes where there is no such number, which is nearly always.</summary>
    private static ReadOnlyMemory<byte> QuoteConstants(ReadOnlyMemory<byte> json)
    {
        if (json.Span.IndexOf("Infinity"u8) < 0 && json.Span.IndexOf("NaN"u8) < 0)
            return json;

        var quoted = new List<byte>(json.Length + 64);
        var rest = json.Span;
        while (!rest.IsEmpty)
        {
            var length = rest[0] == (byte)'"' ? LengthOfString(rest) : LengthOfConstant(rest);
            if (length > 0 && rest[0] != (byte)'"')
                quoted.AddRange([(byte)'"', .. rest[..length], (byte)'"']);
            else
                quoted.AddRange(rest[..(length = Math.Max(length, 1))]);
            rest = rest[length..];
        }
        return quoted.ToArray();
    }

    private static int LengthOfString(ReadOnlySpan<byte> json)
    {
        for (var i = 1; i < json.Length; i++)
        {
            if (json[i] == (byte)'"')
                return i + 1;
            if (json[i] == (byte)'\\')
                i++;
        }
        return json.Length;
    }

    private static int LengthOfConstant(ReadOnlySpan<byte> json) =>
        json.StartsWith("-Infinity"u8) ? 9
        : json.StartsWith("Infinity"u8) ? 8
        : json.StartsWith("NaN"u8) ? 3
        : 0;
}
