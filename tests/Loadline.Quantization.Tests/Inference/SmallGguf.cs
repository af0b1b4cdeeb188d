using System.Text;

namespace Loadline.Quantization.Tests;

/// <summary>Writes a GGUF file of version 3 the way docs/gguf.md of ggml-org/ggml lays it out.</summary>
internal sealed class SmallGguf : IDisposable
{
    private const int Alignment = 32;
    private const uint UInt32 = 4;
    private const uint Float32 = 6;
    private const uint String = 8;
    private const uint Array = 9;
    private const uint Fp32Tensor = 0;

    private readonly MemoryStream metadata = new();
    private readonly MemoryStream tensors = new();
    private readonly MemoryStream data = new();
    private ulong entries;
    private ulong count;

    public void Add(string key, uint value) => Entry(key, UInt32, writer => writer.Write(value));

    public void Add(string key, float value) => Entry(key, Float32, writer => writer.Write(value));

    public void Add(string key, string value) => Entry(key, String, writer => Text(writer, value));

    public void Add(string key, IReadOnlyList<string> values) =>
        Entry(
            key,
            Array,
            writer =>
            {
                writer.Write(String);
                writer.Write((ulong)values.Count);
                foreach (var value in values)
                    Text(writer, value);
            }
        );

    public void Add(string key, IReadOnlyList<float> values) =>
        Entry(
            key,
            Array,
            writer =>
            {
                writer.Write(Float32);
                writer.Write((ulong)values.Count);
                foreach (var value in values)
                    writer.Write(value);
            }
        );

    /// <param name="name">Name of the tensor.</param>
    /// <param name="shape">Rows first, as everywhere but in the file itself.</param>
    /// <param name="numbers">Kept as fp32.</param>
    public void Add(string name, IReadOnlyList<long> shape, float[] numbers)
    {
        using var writer = new BinaryWriter(tensors, Encoding.UTF8, leaveOpen: true);
        Text(writer, name);
        writer.Write((uint)shape.Count);
        foreach (var size in shape.Reverse())
            writer.Write((ulong)size);
        writer.Write(Fp32Tensor);
        writer.Write((ulong)data.Length);
        foreach (var number in numbers)
            data.Write(BitConverter.GetBytes(number));
        data.Write(new byte[(Alignment - data.Length % Alignment) % Alignment]);
        count++;
    }

    public void Save(string path)
    {
        using var file = File.Create(path);
        using var writer = new BinaryWriter(file);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write(count);
        writer.Write(entries);
        writer.Write(metadata.ToArray());
        writer.Write(tensors.ToArray());
        writer.Flush();
        writer.Write(new byte[(Alignment - file.Length % Alignment) % Alignment]);
        writer.Write(data.ToArray());
    }

    public void Dispose()
    {
        metadata.Dispose();
        tensors.Dispose();
        data.Dispose();
    }

    private void Entry(string key, uint type, Action<BinaryWriter> write)
    {
        using var writer = new BinaryWriter(metadata, Encoding.UTF8, leaveOpen: true);
        Text(writer, key);
        writer.Write(type);
        write(writer);
        entries++;
    }

    private static void Text(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}
