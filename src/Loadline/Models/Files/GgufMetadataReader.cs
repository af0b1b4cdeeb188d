using System.Text.Unicode;

namespace Loadline.Models;

/// <summary>Walks the key-value pairs, keeping what is short and stepping over what is long.</summary>
internal static class GgufMetadataReader
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

    public static GgufMetadata Read(ByteCursor cursor, long count)
    {
        var values = new Dictionary<string, GgufValue>(StringComparer.Ordinal);
        for (var i = 0L; i < count; i++)
        {
            var at = cursor.Position;
            var key = cursor.Text(LongestKey, "a metadata key");
            if (key.Length == 0)
                throw cursor.Bad(at, "an empty metadata key", "a name");
            var value = ReadValue(cursor, ReadType(cursor, key), key);
            if (!values.TryAdd(key, value))
                throw cursor.Bad(at, $"metadata {FileText.Quote(key)} for the second time", "each key once");
        }
        return new GgufMetadata(cursor.File, values);
    }

    private static GgufValue ReadValue(ByteCursor cursor, GgufType type, string key)
    {
        if (type == GgufType.Array)
            return ReadArray(cursor, key);
        if (GgufValue.SizeOf(type) is { } size)
            return new GgufValue(type, type, 1, cursor.Take(size, Value(key)).ToArray());

        var at = cursor.Position;
        var length = ReadLength(cursor, key, 1);
        if (length > LongestText)
        {
            cursor.Skip(length, Value(key));
            return new GgufValue(type, type, length, default);
        }
        var text = cursor.Take((int)length, Value(key));
        return Utf8.IsValid(text)
            ? new GgufValue(type, type, length, text.ToArray())
            : throw cursor.Bad(at + 8, $"{Value(key)} that is not UTF-8", "valid UTF-8");
    }

    private static GgufValue ReadArray(ByteCursor cursor, string key)
    {
        var type = ReadType(cursor, key);
        var count = ReadLength(cursor, key, GgufValue.SizeOf(type) ?? 8);
        if (GgufValue.SizeOf(type) is not { } size)
        {
            SkipItems(cursor, type, count, key, 1);
            return new GgufValue(GgufType.Array, type, count, default);
        }
        if (count <= LongestArray / size)
            return new GgufValue(GgufType.Array, type, count, cursor.Take((int)count * size, Value(key)).ToArray());
        cursor.Skip(count * size, Value(key));
        return new GgufValue(GgufType.Array, type, count, default);
    }

    private static void SkipItems(ByteCursor cursor, GgufType type, long count, string key, int depth)
    {
        if (depth > DeepestArray)
            throw cursor.Bad(cursor.Position, $"{Value(key)} with arrays in arrays", $"at most {DeepestArray} levels");
        for (var i = 0L; i < count; i++)
        {
            if (type == GgufType.String)
            {
                cursor.Skip(ReadLength(cursor, key, 1), Value(key));
                continue;
            }
            var inner = ReadType(cursor, key);
            var innerCount = ReadLength(cursor, key, GgufValue.SizeOf(inner) ?? 8);
            if (GgufValue.SizeOf(inner) is { } size)
                cursor.Skip(innerCount * size, Value(key));
            else
                SkipItems(cursor, inner, innerCount, key, depth + 1);
        }
    }

    private static GgufType ReadType(ByteCursor cursor, string key)
    {
        var at = cursor.Position;
        var type = (GgufType)cursor.UInt32($"the type of {FileText.Quote(key)}");
        return type <= GgufType.Float64
            ? type
            : throw cursor.Bad(at, $"{Value(key)} of unknown type {(uint)type}", "0 to 12");
    }

    /// <summary>A count of things that take at least <paramref name="least"/> bytes each.</summary>
    private static long ReadLength(ByteCursor cursor, string key, int least)
    {
        var at = cursor.Position;
        var length = cursor.UInt64($"the length of {FileText.Quote(key)}");
        if (length <= (ulong)(cursor.Remaining / least))
            return (long)length;
        var found = $"{Value(key)} of length {length} claimed, but the file has {cursor.Length} bytes";
        throw cursor.Bad(at, found, $"at most {cursor.Remaining / least}");
    }

    private static string Value(string key) => $"metadata {FileText.Quote(key)}";
}
