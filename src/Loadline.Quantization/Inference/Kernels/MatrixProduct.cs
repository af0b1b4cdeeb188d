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
    /// <summary>Rows of a panel: 48 by 1,024 numbers take 192 KiB of a second-level cache of 512 KiB or more.</summary>
    private const int PanelRows = 48;

    private const int PanelColumns = 1024;

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
        var count = (weights.Rows + PanelRows - 1) / PanelRows;
        Team.Run(
            threads,
            count,
            (worker, panel) => Panel(worker, panel * PanelRows, x, xStride, rows, weights, y, yStride)
        );
    }

    public void Dispose()
    {
        foreach (var panel in panels)
            panel?.Dispose();
    }

    private void Panel(
        int worker,
        int firstRow,
        float* x,
        nint xStride,
        int rows,
        WeightMatrix weights,
        float* y,
        nint yStride
    )
    {
        var height = Math.Min(PanelRows, weights.Rows - firstRow);
        var whole = height / DotTiles.Width * DotTiles.Width;
        var direct = rows < RowsWorthCopying ? weights.Direct : null;
        var step = StepOf(weights);
        for (var column = 0; column < weights.Columns; column += step)
        {
            var width = Math.Min(step, weights.Columns - column);
            if (direct is not null && whole == height)
            {
                var first = direct + (nint)firstRow * weights.Columns + column;
                Tiles(
                    x + column,
                    xStride,
                    rows,
                    first,
                    weights.Columns,
                    height,
                    width,
                    y + firstRow,
                    yStride,
                    column > 0
                );
                continue;
            }
            var panel = PanelOf(worker, step);
            for (var row = 0; row < height; row++)
            {
                var numbers = panel.At(row);
                weights.Decode(firstRow + row, column, new Span<float>(numbers, width));
                new Span<float>(numbers + width, DotTiles.Padded(width) - width).Clear();
            }
            Tiles(
                x + column,
                xStride,
                rows,
                panel.Start,
                panel.Stride,
                height,
                width,
                y + firstRow,
                yStride,
                column > 0
            );
        }
    }

    /// <summary>Columns decoded at a time, in whole blocks and whole vectors.</summary>
    private static int StepOf(WeightMatrix weights)
    {
        var step = weights.ColumnStep;
        return step < weights.Columns && PanelColumns % step == 0 ? PanelColumns : weights.Columns;
    }

    private FloatRows PanelOf(int worker, int columns)
    {
        var panel = panels[worker];
        if (panel is null || panel.Columns < columns)
        {
            panel?.Dispose();
            panels[worker] = panel = new FloatRows(PanelRows, Math.Max(columns, PanelColumns));
        }
        return panel;
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
}
