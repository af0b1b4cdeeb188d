using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Gives tensors their places in one or several <c>.safetensors</c> files.</summary>
/// <remarks>https://github.com/huggingface/safetensors#format; the data begins at a multiple of 8.</remarks>
internal static class SafetensorsLayoutBuilder
{
    private const int LengthBytes = 8;
    private const int Alignment = 8;

    public static (ImmutableArray<PlannedTensor> Tensors, ImmutableArray<PlannedFile> Files) Place(
        IReadOnlyList<PlannedTensor> tensors,
        string folder,
        long shardBytes
    )
    {
        var shards = Divide(tensors, shardBytes);
        var placed = new PlannedTensor[tensors.Count];
        var files = new List<PlannedFile>();
        foreach (var shard in shards)
        {
            var name =
                shards.Count == 1
                    ? ModelFiles.SingleName
                    : FormattableString.Invariant($"model-{files.Count + 1:D5}-of-{shards.Count:D5}.safetensors");
            files.Add(PlaceShard(tensors, shard, files.Count, Path.Combine(folder, name), placed));
        }
        return ([.. placed], [.. files]);
    }

    /// <summary>A weight and its scales stay together.</summary>
    private static List<List<int>> Divide(IReadOnlyList<PlannedTensor> tensors, long shardBytes)
    {
        List<List<int>> shards =
        [
            [],
        ];
        var bytes = 0L;
        for (var i = 0; i < tensors.Count; i++)
        {
            if (shards[^1].Count > 0 && bytes + tensors[i].BytesOut > shardBytes)
            {
                shards.Add([]);
                bytes = 0;
            }
            shards[^1].Add(i);
            bytes += tensors[i].BytesOut;
        }
        return shards;
    }

    private static PlannedFile PlaceShard(
        IReadOnlyList<PlannedTensor> tensors,
        List<int> shard,
        int file,
        string path,
        PlannedTensor[] placed
    )
    {
        // Wide numbers first, as the format's own writer has them, so that all lie at multiples of their size.
        var parts = shard
            .SelectMany(tensor => tensors[tensor].Parts.Select((part, number) => (tensor, number, part)))
            .OrderByDescending(entry => entry.part.Format.BlockBytes)
            .ToList();
        var offsets = new long[parts.Count];
        var end = 0L;
        for (var i = 0; i < parts.Count; i++)
        {
            offsets[i] = end;
            end = checked(end + parts[i].part.Bytes);
        }
        var header = Header(parts.ConvertAll(entry => entry.part), offsets);
        var places = shard.ToDictionary(tensor => tensor, tensor => new OutputPlace[tensors[tensor].Parts.Length]);
        for (var i = 0; i < parts.Count; i++)
            places[parts[i].tensor][parts[i].number] = new OutputPlace(file, header.Length + offsets[i]);
        foreach (var tensor in shard)
            placed[tensor] = tensors[tensor] with { Places = [.. places[tensor]] };
        return new PlannedFile(path, header, header.Length + end);
    }

    private static byte[] Header(List<OutputTensor> parts, long[] offsets)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("__metadata__");
            writer.WriteString("format", "pt");
            writer.WriteEndObject();
            for (var i = 0; i < parts.Count; i++)
                WriteTensor(writer, parts[i], offsets[i]);
            writer.WriteEndObject();
        }
        var length = (buffer.WrittenCount + Alignment - 1) / Alignment * Alignment;
        var header = new byte[LengthBytes + length];
        header.AsSpan().Fill((byte)' ');
        BinaryPrimitives.WriteInt64LittleEndian(header, length);
        buffer.WrittenSpan.CopyTo(header.AsSpan(LengthBytes));
        return header;
    }

    private static void WriteTensor(Utf8JsonWriter writer, OutputTensor part, long offset)
    {
        writer.WriteStartObject(part.Name);
        writer.WriteString("dtype", SafetensorsTypes.NameOf(part.Format));
        writer.WriteStartArray("shape");
        foreach (var dimension in part.Shape)
            writer.WriteNumberValue(dimension);
        writer.WriteEndArray();
        writer.WriteStartArray("data_offsets");
        writer.WriteNumberValue(offset);
        writer.WriteNumberValue(offset + part.Bytes);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
