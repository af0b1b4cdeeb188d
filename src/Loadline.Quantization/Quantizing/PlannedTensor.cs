using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>A tensor of the output: how it is called, what is in it and how much room it takes.</summary>
internal sealed record OutputTensor(string Name, BlockFormat Format, ImmutableArray<long> Shape, long Bytes);

/// <summary>Where an output tensor lies.</summary>
/// <param name="File">Number of the file.</param>
/// <param name="Position">Byte of the file.</param>
internal readonly record struct OutputPlace(int File, long Position);

/// <summary>How the numbers of a weight get into the output.</summary>
internal abstract record WeightEncoding
{
    private WeightEncoding() { }

    /// <summary>Byte for byte.</summary>
    public sealed record Copy(StoredTensor Tensor) : WeightEncoding;

    /// <summary>Bytes that no file has, such as a table that the output keeps.</summary>
    public sealed record Given(byte[] Bytes) : WeightEncoding;

    public sealed record Blocks(BlockCodec Codec) : WeightEncoding;

    public sealed record Matrix(MatrixCodec Codec) : WeightEncoding;
}

/// <summary>One weight of the input and what it becomes.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Format">For the report.</param>
/// <param name="Encoding">How.</param>
/// <param name="Source">Its numbers; null where it is copied and they cannot be looked at.</param>
/// <param name="Parts">The tensors that it becomes.</param>
internal sealed record PlannedTensor(
    string Name,
    string Format,
    WeightEncoding Encoding,
    MatrixSource? Source,
    ImmutableArray<OutputTensor> Parts
)
{
    public required long BytesIn { get; init; }

    public long BytesOut => Parts.Sum(part => part.Bytes);

    public string? Note { get; init; }

    /// <summary>One figure per column, or empty.</summary>
    public float[] Importance { get; init; } = [];

    /// <summary>One for each of <see cref="Parts"/>.</summary>
    public ImmutableArray<OutputPlace> Places { get; init; } = [];

    public TensorReport Report => new(Name, Format, BytesIn, BytesOut) { Note = Note };

    /// <summary>Several numbers to a row only where the format or the order of rows asks for it.</summary>
    public static (long Rows, long Columns) RowsOf(ImmutableArray<long> shape, BlockFormat format, bool keepRows)
    {
        var elements = 1L;
        foreach (var dimension in shape)
            elements = checked(elements * dimension);
        if (shape.IsEmpty || (format.BlockLength == 1 && !keepRows))
            return (elements, 1);
        return (shape[^1] == 0 ? 0 : elements / shape[^1], shape[^1]);
    }
}
