using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.KernelFit;

/// <summary>A measured matrix multiplication of M rows.</summary>
internal sealed record MatrixKernel(int Rows, int Output, int Input, KernelFormat Format, double Seconds, double Weight)
    : MeasuredKernel(Seconds, Weight, $"{Output}x{Input}");

/// <summary>Dense matrices: the gemm tables.</summary>
internal static class MatrixKernels
{
    private const int MostRows = 16384;

    /// <summary>Decode and whole prompt chunks count twice what lies between and beyond.</summary>
    private static double WeightOf(int rows) => rows is <= 512 or (>= 1024 and <= 8192) ? 2 : 1;

    public static OperatorFit<MatrixKernel, MatrixConstants> NewFit() =>
        new(
            [
                new("computeFraction", 0.7, 0.02, 1),
                new("memoryFraction", 0.8, 0.02, 1),
                new("startup", 5, 0.1, 200),
                new("startupPerThousandInputs", 0.3, 0.001, 30),
                new("activationBytes", 0.5, 0.01, 100),
                new("smoothness", 2, 1, 8),
            ],
            values => new MatrixConstants
            {
                ComputeFraction = values[0],
                MemoryFraction = values[1],
                Startup = Duration.FromMicroseconds(values[2]),
                StartupPerThousandInputs = Duration.FromMicroseconds(values[3]),
                ActivationBytes = values[4],
                Smoothness = values[5],
            },
            Seconds
        );

    public static IEnumerable<IGrouping<KernelFormat, MatrixKernel>> Of(
        KernelTable table,
        ModelShapes models,
        Exclusions exclusions
    )
    {
        var rows = Enumerable.Range(0, table.Count).Where(row => table.Count32("m", row) <= MostRows).ToList();
        Sizes SizesOf(int row) => new(table.Number("n", row), table.Number("k", row), 1);
        var votes = models.MatrixVotes([.. rows.Select(SizesOf).Distinct()]);
        return rows.Where(row => votes.ContainsKey(SizesOf(row)))
            .Where(row => !exclusions.Matrix(table, row))
            .Select(row =>
            {
                var (m, n, k) = (table.Count32("m", row), table.Count32("n", row), table.Count32("k", row));
                var format = KernelFormat.All.First(one => one.Table == table.Text("gemm_dtype", row));
                return new MatrixKernel(m, n, k, format, table.Seconds(row), votes[SizesOf(row)] * WeightOf(m));
            })
            // Several kernels for one shape: an engine takes the fastest.
            .GroupBy(kernel => (kernel.Format, kernel.Rows, kernel.Output, kernel.Input))
            .Select(same => same.MinBy(kernel => kernel.Seconds)!)
            .OrderBy(kernel => (kernel.Output, kernel.Input, kernel.Rows))
            .GroupBy(kernel => kernel.Format)
            .OrderBy(group => KernelFormat.All.IndexOf(group.Key));
    }

    private static double Seconds(MatrixConstants constants, Device device, MatrixKernel kernel)
    {
        double rows = kernel.Rows;
        var (outputs, inputs) = ((double)kernel.Output, (double)kernel.Input);
        return MatrixCost
            .OfMatrix(constants, inputs, device.Peak(kernel.Format.Arithmetic), device.Bandwidth)
            .Seconds(
                rows,
                2 * rows * outputs * inputs,
                outputs * inputs * kernel.Format.BytesPerWeight + 2 * rows * (outputs + inputs),
                out _
            );
    }
}
