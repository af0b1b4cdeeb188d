using System.Text.Unicode;

namespace Loadline.Models;

/// <summary>Walks the key-value pairs, keeping what is short and stepping over what is long.</summary>
internal sealed class GgufMetadataReader(ByteCursor cursor)
{
    /// <summary>A key's length, one byte of key, a type and a one-byte value.</summary>
    public const int LeastBytes = 8 + 1 + 4 + 1;

    /// <summary>Real files have some dozens; the limit keeps a list of tiny entries from costing memory.</summary>
    public const int MostEntries = 65_535;

    /// <summary>The specification's own limit.</summary>
    private const int LongestKey = 65_535;

    /// <summary>Architecture names and the like; chat templates are longer and nobody here reads them.</summary>
    private const int LongestText = 1024;

    /// <summary>Bytes of an array worth keeping: a number for each of some thousand layers.</summary>
    private const int LongestArray = 8192;

    /// <summary>The specification lets arrays nest and sets no limit; writers do not nest at all.</summary>
    private const int DeepestArray = 4;

    /// <summary>Strings and arrays to step over one by one; ten times the largest tokenizers there are.</summary>
    private long itemsLeft = 16_777_216;

    public GgufMetadata Read(long count)
    {
        var values = new Dictionary<string, GgufValue>(StringComparer.Ordinal);
        for (var i = 0L; i < count; i++)
        {
            var at = cursor.Position;
            var key = cursor.Text(LongestKey, "a metadata key");
            if (key.Length == 0)
                throw cursor.Bad(at, "an empty metadata key", "a name");
            // Made once: tokenizer arrays read a length 150,000 times, and each could need it for a message.
            var what = $"metadata {FileText.Quote(key)}";
            var value = ReadValue(ReadType(what), what);
            if (!values.TryAdd(key, value))
                throw cursor.Bad(at, $"metadata {FileText.Quote(key)} for the second time", "each key once");
        }
        return new GgufMetadata(cursor.File, values);
    }

    private GgufValue ReadValue(GgufType type, string what)
    {
        if (type == GgufType.Array)
            return ReadArray(what);
        if (GgufValue.SizeOf(type) is { } size)
            return new GgufValue(type, type, 1, cursor.Take(size, what).ToArray());

        var at = cursor.Position;
        var length = ReadLength(what, 1);
        if (length > LongestText)
        {
            cursor.Skip(length, what);
            return new GgufValue(type, type, length, default);
        }
        var text = cursor.Take((int)length, what);
        return Utf8.IsValid(text)
            ? new GgufValue(type, type, length, text.ToArray())
            : throw cursor.Bad(at + 8, $"{what} that is not UTF-8", "valid UTF-8");
    }

    private GgufValue ReadArray(string what)
    {
        var type = ReadType(what);
        var count = ReadLength(what, GgufValue.SizeOf(type) ?? 8);
        if (GgufValue.SizeOf(type) is not { } size)
        {
            SkipItems(type, count, what, 1);
            return new GgufValue(GgufType.Array, type, count, default);
        }
        if (count <= LongestArray / size)
            return new GgufValue(GgufType.Array, type, count, cursor.Take((int)count * size, what).ToArray());
        cursor.Skip(count * size, what);
        return new GgufValue(GgufType.Array, type, count, default);
    }

    private void SkipItems(GgufType type, long count, string what, int depth)
    {
        if (depth > DeepestArray)
            throw cursor.Bad(cursor.Position, $"{what} with arrays in arrays", $"at most {DeepestArray} levels");
        // A sparse file of terabytes costs nothing to make and would take hours to walk.
        if (count > itemsLeft)
            throw cursor.Bad(cursor.Position, $"{what} of {count} strings or arrays", $"at most {itemsLeft}");
        itemsLeft -= count;
        for (var i = 0L; i < count; i++)
        {
            if (type == GgufType.String)
            {
                cursor.Skip(ReadLength(what, 1), what);
                continue;
            }
            var inner = ReadType(what);
            var innerCount = ReadLength(what, GgufValue.SizeOf(inner) ?? 8);
            if (GgufValue.SizeOf(inner) is { } size)
                cursor.Skip(innerCount * size, what);
            else
                SkipItems(inner, innerCount, what, depth + 1);
        }
    }

    private GgufType ReadType(string what)
    {
        var at = cursor.Position;
        var type = (GgufType)cursor.UInt32(what);
        return type <= GgufType.Float64
            ? type
            : throw cursor.Bad(at, $"{what} of unknown type {(uint)type}", "0 to 12");
    }

    /// <summary>A count of things that take at least <paramref name="least"/> bytes each.</summary>
    private long ReadLength(string what, int least)
    {
        var at = cursor.Position;
        var length = cursor.UInt64(what);
        if (length <= (ulong)(cursor.Remaining / least))
            return (long)length;
        var found = $"{what} of length {length} claimed, but the file has {cursor.Length} bytes";
        throw cursor.Bad(at, found, $"at most {cursor.Remaining / least}");
    }
}
