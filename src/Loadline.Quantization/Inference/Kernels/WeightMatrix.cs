using Loadline.Models;

namespace Loadline.Quantization.Inference;

/// <summary>A matrix of a model in memory, in as many bytes as its format stores it in.</summary>
internal abstract unsafe class WeightMatrix(int rows, int columns, long storedBytes)
{
    /// <summary>Output features.</summary>
    public int Rows { get; } = rows;

    /// <summary>Input features.</summary>
    public int Columns { get; } = columns;

    public long StoredBytes { get; } = storedBytes;

    /// <summary>Columns that numbers must be decoded in multiples of; all when rows cannot be read in part.</summary>
    public abstract int ColumnStep { get; }

    /// <summary>The numbers of a part of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">A multiple of <see cref="ColumnStep"/>.</param>
    /// <param name="numbers">As many as wanted: to the end of the row or a multiple of that step.</param>
    public abstract void Decode(int row, int column, Span<float> numbers);

    /// <summary>The numbers themselves where they are fp32 at addresses that tiles can read; null otherwise.</summary>
    public virtual float* Direct => null;
}

/// <summary>Rows in a block format, kept as they were in the file.</summary>
internal sealed unsafe class BlockMatrix : WeightMatrix
{
    private readonly AlignedMemory memory;
    private readonly long start;
    private readonly BlockCodec codec;
    private readonly int rowBytes;
    private readonly PlainWidening widening;

    /// <param name="memory">Holds the rows, one behind the other.</param>
    /// <param name="start">Byte at which the first one begins.</param>
    /// <param name="codec">Of their format.</param>
    /// <param name="rows">Output features.</param>
    /// <param name="columns">Input features: whole blocks.</param>
    public BlockMatrix(AlignedMemory memory, long start, BlockCodec codec, int rows, int columns)
        : base(rows, columns, codec.Format.SizeOf(rows, columns).Bytes)
    {
        this.memory = memory;
        this.start = start;
        this.codec = codec;
        rowBytes = checked((int)codec.Format.SizeOf(1, columns).Bytes);
        widening = PlainFormats.WideningOf(codec.Format);
    }

    public override int ColumnStep => codec.Format.BlockLength;

    public override float* Direct =>
        codec.Format == BlockFormats.Fp32 && Columns % DotTiles.Lanes == 0 && start % AlignedMemory.Alignment == 0
            ? (float*)(memory.Start + start)
            : null;

    public override void Decode(int row, int column, Span<float> numbers)
    {
        var format = codec.Format;
        var from = start + (long)row * rowBytes + (long)column / format.BlockLength * format.BlockBytes;
        var bytes = memory.Slice(from, checked((int)format.SizeOf(1, numbers.Length).Bytes));
        if (widening == PlainWidening.None)
            codec.Decode(bytes, numbers);
        else
            PlainFormats.Widen(widening, bytes, numbers);
    }
}

/// <summary>A matrix whose codes and scales are tensors of their own.</summary>
internal sealed class PartsMatrix(MatrixCodec codec, IReadOnlyList<ReadOnlyMemory<byte>> parts, int rows, int columns)
    : WeightMatrix(rows, columns, parts.Sum(part => (long)part.Length))
{
    public override int ColumnStep => Columns;

    public override void Decode(int row, int column, Span<float> numbers) =>
        codec.DecodeRows(parts, Rows, Columns, row, numbers);
}
