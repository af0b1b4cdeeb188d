using System.Buffers;

namespace Loadline.Quantization;

/// <summary>What is done with some whole rows of a matrix, each filled up with zeros to whole groups.</summary>
internal delegate void RowTile(long firstRow, int rows, Span<float> numbers);

/// <summary>Walks over the rows of a matrix in tiles that stay in a core's own caches.</summary>
internal static class RowTiles
{
    /// <summary>32 KiB of fp32: read twice, this stays in the first-level cache.</summary>
    private const int Numbers = 8 * 1024;

    /// <param name="stride">What a row is filled up to; at least <paramref name="columns"/>.</param>
    /// <param name="least">Rows that a tile has at least, as long as there are so many.</param>
    public static void Walk(MatrixRows weights, long rows, long columns, int stride, int least, RowTile visit)
    {
        if (rows == 0 || columns == 0)
            return;
        var height = (int)Math.Min(rows, Math.Max(least, Numbers / stride / least * least));
        var rented = ArrayPool<float>.Shared.Rent(checked(height * stride));
        for (var first = 0L; first < rows; first += height)
        {
            var count = (int)Math.Min(height, rows - first);
            var tile = rented.AsSpan(0, count * stride);
            if (stride == columns)
                weights(first, tile);
            else
                for (var row = 0; row < count; row++)
                {
                    var padded = tile.Slice(row * stride, stride);
                    weights(first + row, padded[..(int)columns]);
                    padded[(int)columns..].Clear();
                }
            visit(first, count, tile);
        }
        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary>Columns rounded up to whole groups.</summary>
    public static int StrideOf(long columns, int group) => checked((int)((columns + group - 1) / group * group));
}
