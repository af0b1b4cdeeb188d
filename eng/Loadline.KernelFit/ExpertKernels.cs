using System.Globalization;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.KernelFit;

/// <summary>The measured experts of one layer for T tokens of k experts each.</summary>
internal sealed record ExpertKernel(
    int Tokens,
    int Hidden,
    int Width,
    int Active,
    int Experts,
    int MatricesPerExpert,
    int Distinct,
    KernelFormat Format,
    double Seconds,
    double Weight
) : MeasuredKernel(Seconds, Weight, $"{Hidden}x{Width}x{Active}x{Experts}")
{
    public override Arithmetic Arithmetic => Format.Arithmetic;
}

/// <summary>Grouped expert matrices: the moe tables, all experts on one rank, split by width over none to many.</summary>
internal static class ExpertKernels
{
    private const int MostTokens = 16384;
    private const int LeastWidth = 128;

    public static OperatorFit<ExpertKernel, MatrixConstants> NewFit() =>
        new(
            [
                new("computeFraction", 0.4, 0.02, 1),
                new("memoryFraction", 0.75, 0.02, 1),
                new("startup", 25, 1, 300),
                new("startupPerHundredExperts", 5, 0.05, 100),
                new("activationBytes", 1, 0.01, 50),
                new("smoothness", 1.5, 1, 8),
            ],
            values => new MatrixConstants
            {
                ComputeFraction = values[0],
                MemoryFraction = values[1],
                Startup = Duration.FromMicroseconds(values[2]),
                StartupPerHundredExperts = Duration.FromMicroseconds(values[3]),
                ActivationBytes = values[4],
                Smoothness = values[5],
            },
            Seconds
        );

    public static IEnumerable<IGrouping<KernelFormat, ExpertKernel>> Of(KernelTable table, Exclusions exclusions) =>
        Enumerable
            .Range(0, table.Count)
            .Where(row => !exclusions.Expert(table, row))
            .Where(row => table.Count32("num_tokens", row) <= MostTokens)
            .Where(row => table.Count32("inter_size", row) / table.Count32("moe_tp_size", row) >= LeastWidth)
            .Select(row => Read(table, row))
            // Several kernels for one shape: an engine takes the fastest.
            .GroupBy(kernel => kernel with { Seconds = 0 })
            .Select(same => same.MinBy(kernel => kernel.Seconds)!)
            .OrderBy(kernel =>
                (kernel.Hidden, kernel.Width, kernel.Active, kernel.Experts, kernel.Distinct, kernel.Tokens)
            )
            .GroupBy(kernel => kernel.Format)
            .OrderBy(group => KernelFormat.All.IndexOf(group.Key));

    private static ExpertKernel Read(KernelTable table, int row)
    {
        var tokens = table.Count32("num_tokens", row);
        var experts = table.Count32("num_experts", row);
        var active = table.Count32("topk", row);
        var exponent = double.Parse(
            table.Text("distribution", row).Replace("power_law_", "", StringComparison.Ordinal),
            CultureInfo.InvariantCulture
        );
        return new ExpertKernel(
            tokens,
            table.Count32("hidden_size", row),
            table.Count32("inter_size", row) / table.Count32("moe_tp_size", row),
            active,
            experts,
            IsGated(table, row) ? 3 : 2,
            ExpertLoads.Distinct(tokens, experts, active, exponent),
            KernelFormat.All.First(one => one.Table == table.Text("moe_dtype", row)),
            table.Seconds(row),
            tokens <= 512 ? 2 : 1
        );
    }

    /// <summary>Nemotron 3 squares a ReLU and has no gate; TensorRT-LLM's tables name that kernel, the others' do not.</summary>
    private static bool IsGated(KernelTable table, int row)
    {
        if (table.Engine == "trtllm")
            return !table.Text("kernel_source", row).Contains("nongated", StringComparison.Ordinal);
        return table.Count32("topk", row) != 22
            && (table.Count32("hidden_size", row), table.Count32("inter_size", row)) != (2688, 1856);
    }

    private static double Seconds(MatrixConstants constants, Device device, ExpertKernel kernel)
    {
        var rows = (double)kernel.Tokens * kernel.Active;
        var elements = (double)kernel.MatricesPerExpert * kernel.Hidden * kernel.Width;
        var features = (double)kernel.MatricesPerExpert * (kernel.Hidden + kernel.Width);
        return MatrixCost
            .OfExperts(constants, features, kernel.Experts, device.Peak(kernel.Format.Arithmetic), device.Bandwidth)
            .Seconds(
                rows,
                2 * rows * elements,
                kernel.Distinct * elements * kernel.Format.BytesPerWeight + 2 * rows * features,
                out _
            );
    }
}
