using System.Buffers.Binary;
using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization.Tokenization;

/// <summary>
/// The long arrays of a GGUF file's metadata, which <see cref="GgufHeader"/> steps over: nobody who plans reads them.
/// </summary>
internal sealed class GgufLists
{
    private const int LongestText = 65_535;

    private readonly Dictionary<string, ImmutableArray<string>> texts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<double>> numbers = new(StringComparer.Ordinal);

    public ImmutableArray<string>? Texts(string key) => texts.TryGetValue(key, out var list) ? list : null;

    public ImmutableArray<double>? Numbers(string key) => numbers.TryGetValue(key, out var list) ? list : null;

    /// <param name="path">A file whose header was read and is sound.</param>
    /// <param name="keys">Arrays wanted.</param>
    /// <exception cref="BadContentException">It is not sound.</exception>
    public static GgufLists Read(string path, IReadOnlyList<string> keys)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        var cursor = new ByteCursor(stream, path);
        cursor.Skip(16, "the header");
        var count = cursor.UInt64("the number of metadata entries");
        var lists = new GgufLists();
        for (var i = 0UL; i < count; i++)
        {
            var key = cursor.Text(LongestText, "a metadata key");
            var type = (GgufType)cursor.UInt32(key);
            if (type == GgufType.Array)
                lists.ReadArray(cursor, key, keys.Contains(key));
            else
                Skip(cursor, type, key);
        }
        return lists;
    }

    private void ReadArray(ByteCursor cursor, string key, bool wanted)
    {
        var type = (GgufType)cursor.UInt32(key);
        var at = cursor.Position;
        var count = cursor.UInt64(key);
        if (!wanted)
        {
            if (GgufValue.SizeOf(type) is { } bytes)
                cursor.Skip((long)count * bytes, key);
            for (var i = 0UL; GgufValue.SizeOf(type) is null && i < count; i++)
                Skip(cursor, type, key);
            return;
        }
        if (count > Vocabulary.MostTokens)
            throw cursor.Bad(at, $"{count} entries of {FileText.Quote(key)}", $"at most {Vocabulary.MostTokens}");
        if (type == GgufType.String)
        {
            var list = ImmutableArray.CreateBuilder<string>();
            for (var i = 0UL; i < count; i++)
                list.Add(cursor.Text(LongestText, key));
            texts[key] = list.ToImmutable();
        }
        else if (GgufValue.SizeOf(type) is { } size)
        {
            var list = ImmutableArray.CreateBuilder<double>();
            for (var i = 0UL; i < count; i++)
                list.Add(NumberOf(type, cursor.Take(size, key)));
            numbers[key] = list.ToImmutable();
        }
        else
            throw cursor.Bad(at, $"{FileText.Quote(key)} of arrays", "numbers or strings");
    }

    private static double NumberOf(GgufType type, ReadOnlySpan<byte> bytes) =>
        type == GgufType.Float32
            ? BinaryPrimitives.ReadSingleLittleEndian(bytes)
            : new GgufValue(type, type, 1, bytes.ToArray()).Whole ?? double.NaN;

    private static void Skip(ByteCursor cursor, GgufType type, string what)
    {
        if (GgufValue.SizeOf(type) is { } size)
            cursor.Skip(size, what);
        else if (type == GgufType.String)
            cursor.Skip((long)cursor.UInt64(what), what);
        else
            throw cursor.Bad(cursor.Position, $"{FileText.Quote(what)} of arrays in arrays", "numbers or strings");
    }
}
