using System.Globalization;
using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.KernelFit;

/// <summary>A measured message between devices.</summary>
internal sealed record CollectiveKernel(int Devices, double Bytes, double Seconds)
    : MeasuredKernel(Seconds, 1, string.Create(CultureInfo.InvariantCulture, $"{Bytes}"));

/// <summary>All-reduces and the exchange of tokens between experts: the comm tables.</summary>
internal static class CollectiveKernels
{
    /// <summary>From one token of the smallest model to a whole chunk of the largest.</summary>
    private const double LeastBytes = 2048;
    private const double MostBytes = 256e6;

    private static readonly int[] EveryDevice = [2, 4, 8];

    public static OperatorFit<CollectiveKernel, AllReduceConstants> NewAllReduceFit() =>
        new(
            [
                new("latency", 5, 0.5, 500),
                new("bandwidth", 100, 0.5, 3000),
                new("ringLatencyRatio", 3, 1, 30),
                new("ringBandwidthRatio", 2, 1, 30),
            ],
            values => new AllReduceConstants
            {
                Devices = 0,
                Latency = Duration.FromMicroseconds(values[0]),
                Bandwidth = new Bandwidth(values[1] * 1e9),
                RingLatency = Duration.FromMicroseconds(values[0] * values[2]),
                RingBandwidth = new Bandwidth(values[1] * values[3] * 1e9),
            },
            (constants, _, kernel) => AllReduceCost.Of(constants).Seconds(kernel.Bytes),
            leastRows: 10
        );

    /// <summary>Latency in us and bandwidth in GB/s of one way of the exchange.</summary>
    public static OperatorFit<CollectiveKernel, double[]> NewExchangeFit() =>
        new(
            [new("latency", 15, 0.5, 500), new("bandwidth", 200, 0.5, 3000)],
            values => values,
            (constants, _, kernel) => constants[0] * 1e-6 + kernel.Bytes / (constants[1] * 1e9)
        );

    /// <summary>
    /// All-reduces of an engine by number of devices, captured in graphs where it captures any, or NCCL's where they are
    /// faster.
    /// </summary>
    public static IEnumerable<(int Devices, IReadOnlyList<CollectiveKernel> Kernels)> AllReduces(
        KernelTable table,
        KernelTable? nccl,
        Exclusions exclusions
    )
    {
        var isCaptured = Enumerable.Range(0, table.Count).Any(row => !IsEager(table, row));
        var own = Enumerable
            .Range(0, table.Count)
            .Where(row => !(isCaptured && IsEager(table, row) && exclusions.Eager()))
            .Select(row => Read(table, row));
        var others = nccl is null
            ? []
            : Enumerable
                .Range(0, nccl.Count)
                .Where(row => nccl.Text("op_name", row) == "all_reduce" && nccl.Text("nccl_dtype", row) == "half")
                .Select(row => Read(nccl, row));
        var fastest = own.Concat(others)
            .Where(kernel => kernel.Bytes is >= LeastBytes and <= MostBytes)
            .GroupBy(kernel => (kernel.Devices, kernel.Bytes))
            .Select(same => same.MinBy(kernel => kernel.Seconds)!)
            .OrderBy(kernel => (kernel.Devices, kernel.Bytes))
            .ToList();
        foreach (var devices in EveryDevice)
        {
            var kernels = fastest.Where(kernel => kernel.Devices == devices).ToList();
            if (kernels.Count > 0)
                yield return (devices, kernels);
        }
    }

    /// <summary>
    /// DeepEP's exchange between the devices of one node, the faster of its low-latency and its best normal kernels.
    /// </summary>
    public static IEnumerable<CollectiveKernel> Exchanges(KernelTable lowLatency, KernelTable normal, bool isDispatch)
    {
        var way = isDispatch ? "dispatch" : "combine";
        var bytesPerElement = isDispatch ? 1 : 2;
        var small = Enumerable
            .Range(0, lowLatency.Count)
            .Select(row => Exchange(lowLatency, row, bytesPerElement, lowLatency.Number($"{way}_avg_t_us", row)));
        var large = Enumerable
            .Range(0, normal.Count)
            .Select(row =>
                Exchange(
                    normal,
                    row,
                    bytesPerElement,
                    normal.Number($"{way}_transmit_us", row) + normal.Number($"{way}_notify_us", row)
                )
            );
        return small
            .Concat(large)
            .Where(kernel => kernel.Bytes is >= LeastBytes and <= MostBytes)
            .GroupBy(kernel => kernel.Bytes)
            .Select(same => same.MinBy(kernel => kernel.Seconds)!)
            .OrderBy(kernel => kernel.Bytes);
    }

    private static CollectiveKernel Exchange(KernelTable table, int row, int bytesPerElement, double microseconds) =>
        new(
            0,
            table.Number("num_token", row)
                * table.Number("num_topk", row)
                * table.Number("hidden_size", row)
                * bytesPerElement,
            microseconds * 1e-6
        );

    private static bool IsEager(KernelTable table, int row) =>
        table.Text("kernel_source", row).EndsWith("_eager", StringComparison.Ordinal);

    /// <summary>The tables count elements of 16 bit.</summary>
    private static CollectiveKernel Read(KernelTable table, int row) =>
        new(table.Count32("num_gpus", row), 2 * table.Number("message_size", row), table.Seconds(row));
}
