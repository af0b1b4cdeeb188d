using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Finds the constants of an operator, falling back by what the kernel does with the weights.</summary>
internal static class KernelLookup
{
    private const double PcieBandwidthFraction = 0.5;
    private const double FabricBandwidthFraction = 0.45;

    public static MatrixConstants For(Operator item, Deployment deployment)
    {
        var kernels = deployment.Kernels;
        switch (item.Kind)
        {
            case OperatorKind.Elementwise:
                return new MatrixConstants
                {
                    ComputeFraction = 1,
                    MemoryFraction = kernels.ElementwiseFraction,
                    Startup = kernels.ElementwiseStartup,
                    Smoothness = 1,
                };
            case OperatorKind.Experts when Find(kernels.Experts, Names(deployment, item.Quantized)) is { } experts:
                return experts;
            default:
                return Find(kernels.Matrices, Names(deployment, item.Quantized))
                    ?? throw new MissingFigureException(kernels.Accelerator, "kernel constants for any format");
        }
    }

    /// <summary>The measured all-reduce nearest in size, or the link's own bandwidth where none was measured.</summary>
    public static (Duration Latency, Bandwidth Bandwidth) AllReduce(Deployment deployment)
    {
        var ranks = deployment.Parallelism.Tensor;
        AllReduceConstants? nearest = null;
        foreach (var entry in deployment.Kernels.AllReduce)
        {
            if (nearest is null || Distance(entry) < Distance(nearest))
                nearest = entry;
        }
        if (nearest is not null)
            return (nearest.Latency, nearest.Bandwidth);

        // A ring moves 2 (n - 1) / n of the message over every link.
        var link = deployment.Accelerator.Link;
        var isFabric = link is not null && !link.Kind.StartsWith("PCIe", StringComparison.OrdinalIgnoreCase);
        var latency = isFabric ? 5 : 8 + 6 * (ranks - 2);
        var rate =
            link?.BandwidthPerDirection
            ?? throw new MissingFigureException(deployment.Accelerator.Id, "link.bandwidthPerDirection");
        var fraction = isFabric ? FabricBandwidthFraction : PcieBandwidthFraction;
        return (Duration.FromMicroseconds(latency), rate * (fraction * ranks / (2.0 * (ranks - 1))));

        int Distance(AllReduceConstants entry) => Math.Abs(entry.Devices - ranks);
    }

    /// <summary>
    /// Names to try in turn. Weights whose unit the hardware lacks are widened while they are read, like any
    /// weight-only format of their size.
    /// </summary>
    private static List<string> Names(Deployment deployment, bool quantized)
    {
        var weights = deployment.Weights;
        var wide = weights.Rest == BlockFormats.Fp32 ? "fp32" : "bf16";
        if (!quantized)
            return [wide, "bf16", "fp16"];

        var native = deployment.Arithmetic == weights.Arithmetic;
        var weightOnly =
            weights.Matrices.BitsPerWeight < 6 ? "int4"
            : weights.Matrices.BitsPerWeight < 12 ? "int8"
            : wide;
        return native
            ? [weights.Matrices.Name, weights.Name, weightOnly, wide, "bf16", "fp16"]
            : [weightOnly, "int4", "int8", wide, "bf16", "fp16"];
    }

    private static MatrixConstants? Find(ImmutableDictionary<string, MatrixConstants> table, List<string> names)
    {
        foreach (var name in names)
        {
            if (table.TryGetValue(name, out var constants))
                return constants;
        }
        return null;
    }
}
