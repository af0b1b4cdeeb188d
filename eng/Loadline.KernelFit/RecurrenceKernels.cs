using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.KernelFit;

/// <summary>The measured kernels of one layer of linear attention: its short convolution and its recurrence.</summary>
internal sealed record RecurrenceKernel(double StateElements, StepShape Step, double Seconds, string Shape)
    : MeasuredKernel(Seconds, 1, Shape);

/// <summary>Gated delta networks and their kin: the gdn and kda tables. Mamba-2's hold the convolution alone.</summary>
internal static class RecurrenceKernels
{
    private const int MostTokens = 32768;

    private static readonly RecurrentConstants None = new() { MemoryFraction = 1, Startup = Duration.Zero };

    public static OperatorFit<RecurrenceKernel, RecurrentConstants> NewDecodeFit() =>
        new(
            [new("memoryFraction", 0.8, 0.02, 1), new("startup", 6, 0.5, 200)],
            values => None with { MemoryFraction = values[0], Startup = Duration.FromMicroseconds(values[1]) },
            Seconds
        );

    public static OperatorFit<RecurrenceKernel, RecurrentConstants> NewPrefillFit() =>
        new(
            [
                new("prefillRate", 200, 5, 2000),
                new("prefillStartup", 20, 0.5, 500),
                new("prefillStartupPerThousandTokens", 10, 0.01, 1000),
            ],
            values =>
                None with
                {
                    PrefillRate = new FlopRate(values[0] * 1e12),
                    PrefillStartup = Duration.FromMicroseconds(values[1]),
                    PrefillStartupPerThousandTokens = Duration.FromMicroseconds(values[2]),
                },
            Seconds
        );

    public static IReadOnlyList<RecurrenceKernel> Of(
        KernelTable table,
        Device device,
        Exclusions exclusions,
        bool isDecode
    )
    {
        var phase = isDecode ? "generation" : "context";
        var parts = Enumerable
            .Range(0, table.Count)
            .Where(row => table.Text("phase", row) == phase && table.Number("num_tokens", row) <= MostTokens)
            .Select(row => (Row: row, IsConvolution: IsConvolution(table, row)))
            .GroupBy(pair => Read(table, pair.Row, isDecode));
        return
        [
            .. parts
                .Where(layer => layer.Select(pair => pair.IsConvolution).Distinct().Count() == 2)
                .Select(layer =>
                    layer.Key with
                    {
                        // Several kernels for one part: an engine takes the fastest.
                        Seconds = layer
                            .GroupBy(pair => pair.IsConvolution)
                            .Sum(part => part.Min(pair => table.Seconds(pair.Row))),
                    }
                )
                .Where(kernel =>
                    !isDecode || !exclusions.Decode(device, 4 * kernel.StateElements * kernel.Step.DecodeSequences)
                )
                .OrderBy(kernel => kernel.Shape, StringComparer.Ordinal)
                .ThenBy(kernel => kernel.Step.Tokens),
        ];
    }

    private static bool IsConvolution(KernelTable table, int row) =>
        table.Text("kernel_source", row).StartsWith("causal_conv1d", StringComparison.Ordinal);

    private static RecurrenceKernel Read(KernelTable table, int row, bool isDecode)
    {
        var heads = table.Number("num_v_heads", row);
        var (key, value) = (table.Number("head_k_dim", row), table.Number("head_v_dim", row));
        var batch = table.Number("batch_size", row);
        return new RecurrenceKernel(
            heads * key * value,
            isDecode ? StepShape.Decode(batch, 0) : new StepShape(batch * table.Number("seq_len", row), 0, batch, 0, 0),
            0,
            $"{heads}x{key}x{value} of {table.Number("num_k_heads", row)}"
        );
    }

    private static double Seconds(RecurrentConstants constants, Device device, RecurrenceKernel kernel) =>
        new RecurrenceCost(constants, device.Bandwidth, device.Wide, computeSlowdown: 1).Seconds(
            kernel.StateElements,
            kernel.Step,
            out _,
            out _,
            out _
        );
}
