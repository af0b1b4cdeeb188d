using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Models;

/// <summary>
/// How one number, or a block of numbers that share scales, is laid out in memory.
/// Rows are packed one by one: the last block of a row is stored whole even when it is not full.
/// </summary>
/// <param name="Name">The field's own spelling: <c>bf16</c>, <c>Q4_K</c>, <c>nvfp4</c>.</param>
/// <param name="BlockLength">Weights in one block along a row.</param>
/// <param name="BlockBytes">Bytes of one block, scales inside the block included.</param>
public sealed record BlockFormat(string Name, int BlockLength, int BlockBytes)
{
    /// <summary>Scales kept beside the weights: one of <see cref="ScaleBytes"/> per tile of rows x columns.</summary>
    public long ScaleTileRows { get; init; } = 1;

    /// <summary>Columns of a scale tile; <see cref="long.MaxValue"/> is one scale per row (per channel).</summary>
    public long ScaleTileColumns { get; init; } = long.MaxValue;

    public int ScaleBytes { get; init; }

    /// <summary>Scales inside a block.</summary>
    public int ScalesPerBlock { get; init; }

    /// <summary>Codes that are packed into one byte; 1 for codes of eight bits and for plain numbers.</summary>
    public int CodesPerByte { get; init; } = 1;

    /// <summary>Bytes per tensor that do not grow with it, such as a second-level scale.</summary>
    public int TensorBytes { get; init; }

    /// <summary>Mean bits of a weight in a large tensor, scales included.</summary>
    public double BitsPerWeight =>
        8.0 * BlockBytes / BlockLength
        + (ScaleTileColumns == long.MaxValue ? 0 : 8.0 * ScaleBytes / ((double)ScaleTileRows * ScaleTileColumns));

    public ByteSize SizeOf(long rows, long columns)
    {
        var blocksPerRow = WholeBlocks.Covering(columns, BlockLength);
        var scales = ScaleBytes == 0 ? 0 : ScaleTiles(rows, columns);
        return new ByteSize(checked(rows * blocksPerRow * BlockBytes + scales * ScaleBytes + TensorBytes));
    }

    /// <summary>Size of a tensor whose last dimension is the row and whose other dimensions count rows.</summary>
    public ByteSize SizeOf(ImmutableArray<long> shape) =>
        shape.IsEmpty ? SizeOf(1, 1) : SizeOf(RowsOf(shape), shape[^1]);

    /// <summary>Scales of such a tensor, inside the blocks and beside them; not those that are one per tensor.</summary>
    public long ScalesOf(ImmutableArray<long> shape)
    {
        if (shape.IsEmpty)
            return 0;
        var rows = RowsOf(shape);
        var inBlocks = checked(rows * WholeBlocks.Covering(shape[^1], BlockLength) * ScalesPerBlock);
        return ScaleBytes == 0 ? inBlocks : inBlocks + ScaleTiles(rows, shape[^1]);
    }

    public override string ToString() => Name;

    private static long RowsOf(ImmutableArray<long> shape)
    {
        var rows = 1L;
        for (var i = 0; i < shape.Length - 1; i++)
            rows = checked(rows * shape[i]);
        return rows;
    }

    private long ScaleTiles(long rows, long columns) =>
        WholeBlocks.Covering(rows, ScaleTileRows) * WholeBlocks.Covering(columns, ScaleTileColumns);
}
