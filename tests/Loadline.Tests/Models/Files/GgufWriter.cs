using System.Text;
using Loadline.Models;

namespace Loadline.Tests.Models.Files;

/// <summary>Writes small GGUF files; every count can be replaced by a lie.</summary>
internal sealed class GgufWriter
{
    private readonly List<byte> entries = [];
    private readonly List<byte> infos = [];
    private ulong entryCount;
    private ulong tensorCount;
    private ulong nextOffset;

    public uint Version { get; init; } = 3;

    public int Alignment { get; init; } = 32;

    public ulong? ClaimedEntries { get; init; }

    public ulong? ClaimedTensors { get; init; }

    /// <summary>Bytes cut off the end, or added when negative.</summary>
    public int Cut { get; init; }

    public GgufWriter Add(string key, uint value) => Entry(key, GgufType.UInt32, writer => writer.Write(value));

    public GgufWriter Add(string key, string value) =>
        Entry(key, GgufType.String, writer => Text(writer, Encoding.UTF8.GetBytes(value)));

    public GgufWriter AddStrings(string key, int count) =>
        Entry(
            key,
            GgufType.Array,
            writer =>
            {
                writer.Write((uint)GgufType.String);
                writer.Write((ulong)count);
                for (var i = 0; i < count; i++)
                    Text(writer, Encoding.UTF8.GetBytes($"t{i}"));
            }
        );

    public GgufWriter AddNumbers(string key, params int[] values) =>
        Entry(
            key,
            GgufType.Array,
            writer =>
            {
                writer.Write((uint)GgufType.Int32);
                writer.Write((ulong)values.Length);
                foreach (var value in values)
                    writer.Write(value);
            }
        );

    public GgufWriter Entry(string key, GgufType type, Action<BinaryWriter> value) =>
        Entry(Encoding.UTF8.GetBytes(key), (uint)type, value);

    public GgufWriter Entry(byte[] key, uint type, Action<BinaryWriter> value)
    {
        Append(
            entries,
            writer =>
            {
                Text(writer, key);
                writer.Write(type);
                value(writer);
            }
        );
        entryCount++;
        return this;
    }

    /// <param name="name">Its name.</param>
    /// <param name="type">Number of the ggml type.</param>
    /// <param name="bytes">Bytes of its data.</param>
    /// <param name="shape">Rows first, as Loadline shows it; written the other way round.</param>
    public GgufWriter Tensor(string name, uint type, int bytes, params ulong[] shape)
    {
        Info(name, type, nextOffset, [.. shape.Reverse()]);
        nextOffset = (nextOffset + (ulong)bytes + (ulong)Alignment - 1) / (ulong)Alignment * (ulong)Alignment;
        return this;
    }

    /// <summary>A tensor as written, dimensions in the order of the file, with no room made for its data.</summary>
    public GgufWriter Info(string name, uint type, ulong offset, params ulong[] dimensions)
    {
        Append(
            infos,
            writer =>
            {
                Text(writer, Encoding.UTF8.GetBytes(name));
                writer.Write((uint)dimensions.Length);
                foreach (var dimension in dimensions)
                    writer.Write(dimension);
                writer.Write(type);
                writer.Write(offset);
            }
        );
        tensorCount++;
        return this;
    }

    public byte[] ToBytes()
    {
        var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write(ClaimedTensors ?? tensorCount);
        writer.Write(ClaimedEntries ?? entryCount);
        writer.Write(entries.ToArray());
        writer.Write(infos.ToArray());
        while (file.Length % Alignment != 0)
            writer.Write((byte)0);
        writer.Write(new byte[nextOffset]);
        var bytes = file.ToArray();
        Array.Resize(ref bytes, bytes.Length - Cut);
        return bytes;
    }

    private static void Append(List<byte> bytes, Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        write(writer);
        bytes.AddRange(stream.ToArray());
    }

    private static void Text(BinaryWriter writer, byte[] text)
    {
        writer.Write((ulong)text.Length);
        writer.Write(text);
    }
}
