using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Finds the constants of an operator by what its kernel does with the weights.</summary>
internal static class KernelLookup
{
    /// <summary>Share of a link's bandwidth that a ring of all-reduces attains where none was measured.</summary>
    private const double LinkFraction = 0.5;

    public static MatrixConstants For(Operator item, Deployment deployment)
    {
        var kernels = deployment.Kernels;
        return item.Kind switch
        {
            OperatorKind.Elementwise => new MatrixConstants
            {
                ComputeFraction = 1,
                MemoryFraction = kernels.Constants.ElementwiseFraction,
                Startup = kernels.Constants.ElementwiseStartup,
                Smoothness = 1,
            },
            OperatorKind.Experts => Usable(
                kernels.Experts(FormatOf(deployment, item.Quantized)).Constants,
                kernels.DatasheetOnly.Experts,
                deployment,
                item.Quantized
            ),
            _ => Usable(
                kernels.Matrices(FormatOf(deployment, item.Quantized)).Constants,
                kernels.DatasheetOnly.Matrices,
                deployment,
                item.Quantized
            ),
        };
    }

    public static AttentionConstants Attention(Deployment deployment)
    {
        var constants = deployment.Kernels.Constants;
        return deployment.KvCache.BitsPerWeight <= 8 && constants.Fp8CacheAttention is { } narrow
            ? narrow
            : constants.Attention;
    }

    /// <summary>How closely the constants belong to the deployment: the weaker of its matrices and its experts.</summary>
    public static KernelRung WeakestRung(Deployment deployment)
    {
        var kernels = deployment.Kernels;
        var format = FormatOf(deployment, quantized: true);
        var rung = kernels.Matrices(format).Rung;
        var hasExperts = deployment.Architecture.Tensors.Tensors.Any(tensor => tensor.Role == TensorRole.Expert);
        return hasExperts && kernels.Experts(format).Rung is var experts && experts > rung ? experts : rung;
    }

    /// <summary>Where the constants came from, for the list of assumptions.</summary>
    public static string Describe(Deployment deployment)
    {
        var name = deployment.Accelerator.Name;
        var format = FormatOf(deployment, quantized: true);
        return WeakestRung(deployment) switch
        {
            KernelRung.OwnEngine => $"Kernel times: fitted on {name} under {deployment.Engine.Name}.",
            KernelRung.OtherEngine =>
                $"Kernel times: fitted on {name} under {deployment.Kernels.Constants.Engine}, carried over to {deployment.Engine.Name}.",
            KernelRung.SameChip =>
                $"Kernel times: fitted on {deployment.Kernels.Constants.Accelerator}, which has the same chip as {name}.",
            KernelRung.EngineClass =>
                $"Kernel times: fitted for {deployment.Engine.Name} on hardware of the class of {name}.",
            _ => $"Kernel times: no measurements of {format} on {name}; class medians over its datasheet figures.",
        };
    }

    /// <summary>The measured all-reduce nearest in size, or the link's own bandwidth where none was measured.</summary>
    public static (Duration Latency, Bandwidth Bandwidth) AllReduce(Deployment deployment)
    {
        var ranks = deployment.Parallelism.Tensor;
        var nearest = deployment.Kernels.Constants.AllReduce.MinBy(entry => Math.Abs(entry.Devices - ranks));
        if (nearest is not null)
            return (nearest.Latency, nearest.Bandwidth);

        var link = deployment.Accelerator.Link;
        var rate =
            link?.BandwidthPerDirection
            ?? throw new MissingFigureException(deployment.Accelerator.Id, "link.bandwidthPerDirection");
        var latency =
            deployment.Kernels.Constants.LinkLatency
            ?? deployment.Kernels.DatasheetOnly.LinkLatency
            ?? throw new MissingFigureException(deployment.Kernels.DatasheetOnly.Id, "linkLatency");
        var isBus = link.Kind.StartsWith("PCIe", StringComparison.OrdinalIgnoreCase);
        var startup = isBus ? latency.Bus + latency.BusPerFurtherDevice * (ranks - 2) : latency.Fabric;
        // A ring moves 2 (n - 1) / n of the message over every link.
        return (startup, rate * (LinkFraction * ranks / (2.0 * (ranks - 1))));
    }

    /// <summary>
    /// Format under which the kernels of a matrix are catalogued. Weights whose unit the hardware lacks are widened
    /// while they are read, like any weight-only format of their size.
    /// </summary>
    private static string FormatOf(Deployment deployment, bool quantized)
    {
        var weights = deployment.Weights;
        if (!quantized && !weights.IsGguf)
            return weights.Rest == BlockFormats.Fp32 ? "fp32" : "bf16";

        var matrices = weights.Matrices;
        if (deployment.Arithmetic != weights.Arithmetic && matrices.BitsPerWeight < 12)
            return matrices.BitsPerWeight < 6 ? "int4" : "int8";
        if (matrices == BlockFormats.Fp32)
            return weights.Arithmetic == Arithmetic.Tf32 ? "tf32" : "fp32";
        return matrices.Name switch
        {
            "fp8-tensor" or "fp8-channel" => "fp8",
            "int8-channel" => weights.Arithmetic == Arithmetic.Int8 ? "w8a8" : "int8",
            "int4-g128" => "int4",
            _ when matrices.Name.StartsWith("fp8-block", StringComparison.Ordinal) => "fp8-block",
            _ when matrices.Name.StartsWith("int4", StringComparison.Ordinal) => "int4",
            // GGUF types and what is catalogued under its own name.
            var name => name,
        };
    }

    /// <summary>Constants whose rate the accelerator has; the class medians where they are shares of another rate.</summary>
    private static MatrixConstants Usable(
        MatrixConstants constants,
        System.Collections.Immutable.ImmutableDictionary<string, MatrixConstants> medians,
        Deployment deployment,
        bool quantized
    ) =>
        constants.Arithmetic is { } rate && deployment.Accelerator.Peak[rate] is null
            ? constants with
            {
                ComputeFraction = medians[quantized ? "int4" : "bf16"].ComputeFraction,
                Arithmetic = null,
            }
            : constants;
}
