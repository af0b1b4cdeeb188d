namespace Loadline.Quantization.Inference;

/// <summary>
/// Multiplies rows of activations by a weight matrix in any format: y[t, n] = sum over k of x[t, k] w[n, k].
/// </summary>
/// <remarks>
/// Weights are decoded a panel at a time, some rows by some columns that stay in the second-level cache while all rows
/// of activations pass; an fp32 matrix is read where it is. Threads share out whole panels, so that no result depends
/// on their number.
/// </remarks>
internal sealed unsafe class MatrixProduct : IDisposable
{
    /// <summary>Numbers of a panel, which take 192 KiB of a second-level cache of 512 KiB or more.</summary>
    private const int PanelSize = 48 * BlockColumns;

    /// <summary>Columns whose products are added up before they are added to the result.</summary>
    private const int BlockColumns = 1024;

    /// <summary>
    /// Columns of a panel where few rows pass it: the time goes into reading weights then, and whole rows behind each
    /// other are read faster than pieces of them.
    /// </summary>
    private const int WideColumns = 4 * BlockColumns;

    /// <summary>Up to how many rows of activations panels are wide.</summary>
    private const int FewRows = 128;

    /// <summary>Rows of activations that take turns with a panel; six by 1,024 numbers take 24 KiB of the first level.</summary>
    private const int TileRows = 6;

    /// <summary>
    /// Rows of activations from which even an fp32 matrix is copied to a panel: rows of 4,096 numbers begin at the same
    /// sets of every cache and would push each other out, and the copy is a small part of so much work.
    /// </summary>
    private const int RowsWorthCopying = 12;

    private readonly FloatRows?[] panels;
    private readonly DotTiles.Path path;
    private readonly int threads;

    public MatrixProduct(int threads, DotTiles.Path? path = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        this.threads = threads;
        this.path = path ?? DotTiles.Best;
        panels = new FloatRows[threads];
    }

    public int Threads => threads;

    /// <param name="x">Activations; rows padded with zeros to a multiple of <see cref="DotTiles.Lanes"/>.</param>
    /// <param name="xStride">Numbers from one row to the next.</param>
    /// <param name="rows">Rows of activations.</param>
    /// <param name="weights">The matrix.</param>
    /// <param name="y">First result of the first row.</param>
    /// <param name="yStride">Numbers from one row to the next.</param>
    public void Multiply(float* x, nint xStride, int rows, WeightMatrix weights, float* y, nint yStride)
    {
        if (rows == 0)
            return;
        var columns = ColumnsOf(weights, rows);
        var height = Math.Max(DotTiles.Width, PanelSize / columns / DotTiles.Width * DotTiles.Width);
        Team.Run(
            threads,
            (weights.Rows + height - 1) / height,
            (worker, panel) =>
            {
                var first = panel * height;
                var shape = new PanelShape(first, Math.Min(height, weights.Rows - first), columns);
                Panel(worker, shape, x, xStride, rows, weights, y + first, yStride);
            }
        );
    }

    public void Dispose()
    {
        foreach (var panel in panels)
            panel?.Dispose();
    }

    /// <summary>Columns decoded at a time: whole blocks of the format and of the sums, or whole rows.</summary>
    private static int ColumnsOf(WeightMatrix weights, int rows)
    {
        var columns = rows <= FewRows ? WideColumns : BlockColumns;
        return columns % weights.ColumnStep == 0 ? columns : Math.Max(weights.Columns, BlockColumns);
    }

    private void Panel(
        int worker,
        PanelShape shape,
        float* x,
        nint xStride,
        int rows,
        WeightMatrix weights,
        float* y,
        nint yStride
    )
    {
        var direct = rows < RowsWorthCopying && shape.Rows % DotTiles.Width == 0 ? weights.Direct : null;
        for (var column = 0; column < weights.Columns; column += shape.Columns)
        {
            var width = Math.Min(shape.Columns, weights.Columns - column);
            var (start, stride) = direct is null
                ? Decode(worker, shape, weights, column, width)
                : ((nint)(direct + (nint)shape.First * weights.Columns + column), weights.Columns);
            // The order of the sums must not depend on how many columns were decoded.
            for (var block = 0; block < width; block += BlockColumns)
                Tiles(
                    x + column + block,
                    xStride,
                    rows,
                    (float*)start + block,
                    stride,
                    shape.Rows,
                    Math.Min(BlockColumns, width - block),
                    y,
                    yStride,
                    adds: column + block > 0
                );
        }
    }

    private (nint Start, int Stride) Decode(int worker, PanelShape shape, WeightMatrix weights, int column, int width)
    {
        var panel = panels[worker];
        if (panel is null || panel.Columns < width || panel.Rows < shape.Rows)
        {
            panel?.Dispose();
            panels[worker] = panel = new FloatRows(
                Math.Max(shape.Rows, panel?.Rows ?? 0),
                Math.Max(shape.Columns, panel?.Columns ?? 0)
            );
        }
        for (var row = 0; row < shape.Rows; row++)
        {
            var numbers = panel.At(row);
            weights.Decode(shape.First + row, column, new Span<float>(numbers, width));
            new Span<float>(numbers + width, DotTiles.Padded(width) - width).Clear();
        }
        return ((nint)panel.Start, panel.Stride);
    }

    private void Tiles(
        float* x,
        nint xStride,
        int rows,
        float* panel,
        nint panelStride,
        int height,
        int width,
        float* y,
        nint yStride,
        bool adds
    )
    {
        var edge = stackalloc float[TileRows * DotTiles.Width];
        var count = DotTiles.Padded(width);
        for (var row = 0; row < rows; row += TileRows)
        {
            var taken = Math.Min(TileRows, rows - row);
            var left = x + row * xStride;
            for (var n = 0; n < height; n += DotTiles.Width)
            {
                var right = panel + n * panelStride;
                var sums = y + row * yStride + n;
                if (n + DotTiles.Width <= height)
                {
                    DotTiles.Multiply(path, left, xStride, taken, right, panelStride, count, sums, yStride, adds);
                    continue;
                }
                // Fewer than four rows are left; those behind them in the panel are multiplied in vain.
                DotTiles.Multiply(path, left, xStride, taken, right, panelStride, count, edge, DotTiles.Width, false);
                for (var i = 0; i < taken; i++)
                {
                    for (var j = 0; j < height - n; j++)
                    {
                        var sum = sums + i * yStride + j;
                        *sum = adds ? *sum + edge[i * DotTiles.Width + j] : edge[i * DotTiles.Width + j];
                    }
                }
            }
        }
    }

    /// <summary>Some rows of a matrix and the columns of them that are decoded at a time.</summary>
    private readonly record struct PanelShape(int First, int Rows, int Columns);
}
