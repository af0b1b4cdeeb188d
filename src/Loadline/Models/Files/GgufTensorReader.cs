using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>Reads the tensor list of a GGUF file and checks that it fits the file.</summary>
internal sealed class GgufTensorReader(ByteCursor cursor, GgufMetadata metadata)
{
    /// <summary>An empty name's length, the number of dimensions, a type and an offset.</summary>
    public const int LeastBytes = 8 + 4 + 4 + 8;

    private const int LongestName = 65_535;
    private const int MostDimensions = 4;
    private const int DefaultAlignment = 32;
    private const string AlignmentKey = "general.alignment";

    private readonly ImmutableArray<StoredTensor>.Builder tensors = ImmutableArray.CreateBuilder<StoredTensor>();
    private readonly ImmutableArray<long>.Builder offsets = ImmutableArray.CreateBuilder<long>();
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private readonly ShapePool shapes = new();

    public GgufHeader Read(long count, int version)
    {
        var alignment = ReadAlignment();
        for (var i = 0L; i < count; i++)
            ReadTensor(alignment);

        var dataStart = (cursor.Position + alignment - 1) / alignment * alignment;
        CheckLayout(dataStart);
        return new GgufHeader(metadata, tensors.ToImmutable(), offsets.ToImmutable())
        {
            DataStart = dataStart,
            Version = version,
        };
    }

    private long ReadAlignment()
    {
        if (metadata.Find(AlignmentKey) is not { } value)
            return DefaultAlignment;
        return value is { Type: GgufType.UInt32, Whole: { } alignment and > 0 } && long.IsPow2(alignment)
            ? alignment
            : throw metadata.Wrong(AlignmentKey, value.ToString(), "a power of two, as a 32-bit unsigned number");
    }

    private void ReadTensor(long alignment)
    {
        var at = cursor.Position;
        var name = cursor.Text(LongestName, "a tensor name");
        if (!names.Add(name))
            throw cursor.Bad(at, $"tensor {FileText.Quote(name)} for the second time", "each name once");

        var what = $"tensor {FileText.Quote(name)}";
        var shape = ReadShape(what);
        var format = ReadFormat(what);
        var bytes = Size(what, shape, format, at);
        at = cursor.Position;
        var offset = cursor.UInt64(what);
        if (offset % (ulong)alignment != 0)
            throw cursor.Bad(at, $"{what} at offset {offset}", $"a multiple of {alignment}");
        if (offset > (ulong)cursor.Length || bytes > cursor.Length - (long)offset)
        {
            var found = $"{what} of {bytes} bytes at offset {offset}";
            throw cursor.Bad(at, found, $"a place inside the file of {cursor.Length} bytes");
        }
        tensors.Add(new StoredTensor(name, format, shape, bytes));
        offsets.Add((long)offset);
    }

    private ImmutableArray<long> ReadShape(string what)
    {
        var at = cursor.Position;
        var rank = cursor.UInt32(what);
        if (rank > MostDimensions)
            throw cursor.Bad(at, $"{what} of {rank} dimensions", $"at most {MostDimensions}");

        Span<long> dimensions = stackalloc long[MostDimensions];
        for (var i = 0; i < rank; i++)
        {
            at = cursor.Position;
            var dimension = cursor.UInt64(what);
            if (dimension is 0 or > long.MaxValue)
                throw cursor.Bad(at, $"dimension {dimension} of {what}", "1 to 2^63 - 1");
            // GGUF lists the contiguous dimension first; everybody else lists it last.
            dimensions[(int)rank - 1 - i] = (long)dimension;
        }
        return shapes.Get(dimensions[..(int)rank]);
    }

    private BlockFormat ReadFormat(string what)
    {
        var at = cursor.Position;
        var type = cursor.UInt32(what);
        if (GgufTensorTypes.Find(type) is { } format)
            return format;
        throw GgufTensorTypes.RemovedName(type) is { } removed
            ? cursor.Bad(at, $"{what} of type {removed}, which GGUF no longer has", "a file converted again")
            : cursor.Bad(at, $"{what} of unknown type {type}", $"0 to {GgufTensorTypes.Count - 1}");
    }

    private long Size(string what, ImmutableArray<long> shape, BlockFormat format, long at)
    {
        var row = shape.IsEmpty ? 1 : shape[^1];
        if (row % format.BlockLength != 0)
        {
            var found = $"{what} with rows of {row} in {format}";
            throw cursor.Bad(at, found, $"a multiple of {format.BlockLength}");
        }
        var bytes = (UInt128)(row / format.BlockLength) * (UInt128)format.BlockBytes;
        for (var i = 0; i < shape.Length - 1; i++)
        {
            bytes *= (UInt128)shape[i];
            if (bytes > (UInt128)cursor.Length)
                break;
        }
        return bytes <= (UInt128)cursor.Length
            ? (long)bytes
            : throw cursor.Bad(
                at,
                $"{what} of {string.Join(" x ", shape)} {format}",
                $"at most the {cursor.Length} bytes of the file"
            );
    }

    private void CheckLayout(long dataStart)
    {
        var order = new (long Begin, long Bytes, int Index)[tensors.Count];
        for (var i = 0; i < order.Length; i++)
            order[i] = (offsets[i], tensors[i].Bytes, i);
        Array.Sort(order);

        var end = 0L;
        foreach (var (begin, bytes, index) in order)
        {
            var name = FileText.Quote(tensors[index].Name);
            if (begin < end)
            {
                var found = $"tensor {name} at offset {begin}, overlapping the tensor before it";
                throw cursor.Bad(dataStart + begin, found, $"{end} or more");
            }
            end = begin + bytes;
            if (end > cursor.Length - dataStart)
            {
                var found = $"tensor {name} of {bytes} bytes at offset {begin}, but the file ends";
                throw cursor.Bad(cursor.Length, found, $"{dataStart + end} bytes of file");
            }
        }
    }
}
