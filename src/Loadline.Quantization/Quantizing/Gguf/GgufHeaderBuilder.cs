using System.Buffers;
using System.Buffers.Binary;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>The beginning of a GGUF file: metadata, then the list of tensors.</summary>
/// <remarks>https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, version 3, little-endian.</remarks>
internal sealed class GgufHeaderBuilder
{
    /// <summary>Bytes to a multiple of which every tensor begins.</summary>
    public const int Alignment = 32;

    private const uint Version = 3;

    private readonly ArrayBufferWriter<byte> entries = new();
    private readonly HashSet<string> keys = new(StringComparer.Ordinal);

    public bool Has(string key) => keys.Contains(key);

    public void Add(string key, string value)
    {
        Begin(key, GgufType.String);
        Write(value);
    }

    public void Add(string key, uint value)
    {
        Begin(key, GgufType.UInt32);
        Write(value);
    }

    public void Add(string key, float value)
    {
        Begin(key, GgufType.Float32);
        Write(BitConverter.SingleToUInt32Bits(value));
    }

    public void Add(string key, bool value)
    {
        Begin(key, GgufType.Bool);
        entries.Write([value ? (byte)1 : (byte)0]);
    }

    public void Add(string key, IReadOnlyList<string> values)
    {
        BeginArray(key, GgufType.String, values.Count);
        foreach (var value in values)
            Write(value);
    }

    public void Add(string key, IReadOnlyList<float> values)
    {
        BeginArray(key, GgufType.Float32, values.Count);
        foreach (var value in values)
            Write(BitConverter.SingleToUInt32Bits(value));
    }

    public void Add(string key, IReadOnlyList<int> values)
    {
        BeginArray(key, GgufType.Int32, values.Count);
        foreach (var value in values)
            Write((uint)value);
    }

    /// <summary>An entry as another file has it: its type and value, byte for byte.</summary>
    public void AddRaw(string key, ReadOnlySpan<byte> typeAndValue)
    {
        AddKey(key);
        entries.Write(typeAndValue);
    }

    /// <summary>The header for these tensors, and where each begins in the file.</summary>
    public (byte[] Header, long[] Positions, long Length) Build(IReadOnlyList<OutputTensor> tensors)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write("GGUF"u8);
        WriteTo(buffer, Version);
        WriteTo(buffer, (ulong)tensors.Count);
        WriteTo(buffer, (ulong)keys.Count);
        buffer.Write(entries.WrittenSpan);
        var offsets = new long[tensors.Count];
        var end = 0L;
        for (var i = 0; i < tensors.Count; i++)
        {
            offsets[i] = end;
            WriteTensor(buffer, tensors[i], end);
            end = Align(checked(end + tensors[i].Bytes));
        }
        var header = new byte[Align(buffer.WrittenCount)];
        buffer.WrittenSpan.CopyTo(header);
        return (header, [.. offsets.Select(offset => header.Length + offset)], header.Length + end);
    }

    private static void WriteTensor(ArrayBufferWriter<byte> buffer, OutputTensor tensor, long offset)
    {
        WriteTo(buffer, tensor.Name);
        WriteTo(buffer, (uint)tensor.Shape.Length);
        // GGUF lists the contiguous dimension first.
        for (var i = tensor.Shape.Length - 1; i >= 0; i--)
            WriteTo(buffer, (ulong)tensor.Shape[i]);
        WriteTo(buffer, GgufTensorTypes.NumberOf(tensor.Format));
        WriteTo(buffer, (ulong)offset);
    }

    private void Begin(string key, GgufType type)
    {
        AddKey(key);
        Write((uint)type);
    }

    private void BeginArray(string key, GgufType type, int count)
    {
        Begin(key, GgufType.Array);
        Write((uint)type);
        WriteTo(entries, (ulong)count);
    }

    private void AddKey(string key)
    {
        if (!keys.Add(key))
            throw new ArgumentException($"{key} is there already", nameof(key));
        Write(key);
    }

    private void Write(string text) => WriteTo(entries, text);

    private void Write(uint number) => WriteTo(entries, number);

    private static void WriteTo(ArrayBufferWriter<byte> buffer, string text)
    {
        var count = System.Text.Encoding.UTF8.GetByteCount(text);
        WriteTo(buffer, (ulong)count);
        System.Text.Encoding.UTF8.GetBytes(text, buffer.GetSpan(count));
        buffer.Advance(count);
    }

    private static void WriteTo(ArrayBufferWriter<byte> buffer, uint number)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.GetSpan(4), number);
        buffer.Advance(4);
    }

    private static void WriteTo(ArrayBufferWriter<byte> buffer, ulong number)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(buffer.GetSpan(8), number);
        buffer.Advance(8);
    }

    private static long Align(long position) => (position + Alignment - 1) / Alignment * Alignment;
}
