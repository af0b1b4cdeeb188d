using System.Buffers.Binary;
using System.Text;

namespace Loadline.Models;

/// <summary>The types a GGUF metadata value can have, with the numbers the format gives them.</summary>
public enum GgufType : uint
{
    UInt8 = 0,
    Int8 = 1,
    UInt16 = 2,
    Int16 = 3,
    UInt32 = 4,
    Int32 = 5,
    Float32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    UInt64 = 10,
    Int64 = 11,
    Float64 = 12,
}

/// <summary>
/// One metadata value. Tokenizers put arrays of 150,000 strings there; such values are known by type and count only.
/// </summary>
/// <param name="Type">Type of the value; of an array, <see cref="GgufType.Array"/>.</param>
/// <param name="ElementType">Type of an array's elements; of anything else, the same as <paramref name="Type"/>.</param>
/// <param name="Count">Elements of an array, bytes of a string, otherwise 1.</param>
/// <param name="Bytes">The value as stored; empty when it was too long to keep.</param>
public readonly record struct GgufValue(GgufType Type, GgufType ElementType, long Count, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The value as a whole number; null when it is not one or does not fit.</summary>
    public long? Whole => Type == GgufType.Array ? null : WholeAt(0);

    public string? Text =>
        Type == GgufType.String && Bytes.Length == Count ? Encoding.UTF8.GetString(Bytes.Span) : null;

    /// <summary>The elements of a short array of whole numbers or truth values; null for anything else.</summary>
    public IReadOnlyList<long>? Wholes
    {
        get
        {
            if (Type != GgufType.Array || SizeOf(ElementType) is not { } size || Bytes.Length != Count * size)
                return null;
            var items = new long[Count];
            for (var i = 0; i < items.Length; i++)
            {
                if (WholeAt(i) is not { } item)
                    return null;
                items[i] = item;
            }
            return items;
        }
    }

    /// <summary>Bytes of one value; null for strings and arrays, which carry their own length.</summary>
    public static int? SizeOf(GgufType type) =>
        type switch
        {
            GgufType.UInt8 or GgufType.Int8 or GgufType.Bool => 1,
            GgufType.UInt16 or GgufType.Int16 => 2,
            GgufType.UInt32 or GgufType.Int32 or GgufType.Float32 => 4,
            GgufType.UInt64 or GgufType.Int64 or GgufType.Float64 => 8,
            _ => null,
        };

    public override string ToString() =>
        Type switch
        {
            GgufType.Array => $"an array of {Count} {ElementType}",
            GgufType.String => Text is { } text ? FileText.Quote(text) : $"a string of {Count} bytes",
            _ => Whole?.ToString() ?? Type.ToString(),
        };

    private long? WholeAt(int index)
    {
        var span = Bytes.Span;
        return ElementType switch
        {
            GgufType.UInt8 or GgufType.Bool => span[index],
            GgufType.Int8 => unchecked((sbyte)span[index]),
            GgufType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(span[(2 * index)..]),
            GgufType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(span[(2 * index)..]),
            GgufType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(span[(4 * index)..]),
            GgufType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(span[(4 * index)..]),
            GgufType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(span[(8 * index)..]),
            GgufType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(span[(8 * index)..]) is var value
            && value <= long.MaxValue
                ? (long)value
                : null,
            _ => null,
        };
    }
}
