using System.Buffers.Binary;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>The metadata of a GGUF file entry by entry, as stored: tokenizers and chat templates are kept unread.</summary>
/// <remarks>Only for files whose header was read and found sound by <see cref="GgufHeader"/>.</remarks>
internal sealed class RawGgufMetadata
{
    /// <summary>Magic number, version, number of tensors, number of entries.</summary>
    private const int EntriesStart = 4 + 4 + 8 + 8;

    private readonly byte[] bytes;
    private int position = EntriesStart;

    private RawGgufMetadata(byte[] bytes) => this.bytes = bytes;

    public static IReadOnlyList<(string Key, ReadOnlyMemory<byte> TypeAndValue)> Read(string path, long headerBytes)
    {
        if (headerBytes > int.MaxValue)
            throw new BadContentException(path, "", $"a header of {headerBytes} bytes", "less than 2 GiB");
        var header = new byte[headerBytes];
        using (var file = new WeightFile(path))
            file.Read(0, header);
        return new RawGgufMetadata(header).Entries();
    }

    private List<(string, ReadOnlyMemory<byte>)> Entries()
    {
        var count = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(EntriesStart - 8));
        var entries = new List<(string, ReadOnlyMemory<byte>)>();
        for (var i = 0UL; i < count; i++)
        {
            var length = (int)UInt64();
            var key = System.Text.Encoding.UTF8.GetString(bytes, position, length);
            position += length;
            var start = position;
            SkipValue((GgufType)UInt32());
            entries.Add((key, bytes.AsMemory(start, position - start)));
        }
        return entries;
    }

    private void SkipValue(GgufType type)
    {
        if (type == GgufType.String)
        {
            // Reading the length moves the position as well.
            var length = checked((int)UInt64());
            position += length;
        }
        else if (type == GgufType.Array)
            SkipArray();
        else
            position += GgufValue.SizeOf(type)!.Value;
    }

    private void SkipArray()
    {
        var type = (GgufType)UInt32();
        var count = UInt64();
        if (GgufValue.SizeOf(type) is { } size)
        {
            position += checked((int)count * size);
            return;
        }
        for (var i = 0UL; i < count; i++)
            SkipValue(type);
    }

    private uint UInt32()
    {
        var value = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(position));
        position += 4;
        return value;
    }

    private ulong UInt64()
    {
        var value = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(position));
        position += 8;
        return value;
    }
}
