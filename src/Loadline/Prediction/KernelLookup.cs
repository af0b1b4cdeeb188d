using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Finds the constants of an operator by what its kernel does with the weights.</summary>
internal static class KernelLookup
{
    /// <summary>Share of a link's bandwidth that a ring of all-reduces attains where none was measured.</summary>
    private const double LinkFraction = 0.5;

    /// <summary>
    /// Network of one device to other nodes: one 400 Gb/s adapter each. NVIDIA DGX H100 and DGX B200 datasheets.
    /// </summary>
    internal static readonly Bandwidth NetworkPerDevice = new(50e9);

    /// <summary>One message between nodes (p2p_latency of aiconfigurator's systems).</summary>
    private const double NetworkSeconds = 10e-6;

    /// <summary>For operators that read no weights and have constants of their own.</summary>
    private static readonly MatrixConstants MatrixConstantsOfNone = new()
    {
        ComputeFraction = 1,
        MemoryFraction = 1,
        Startup = Duration.Zero,
        Smoothness = 1,
    };

    public static MatrixConstants For(Operator item, Deployment deployment) =>
        deployment
            .Kernels.Slowdown.On(Unslowed(item, deployment))
            .WithStartups(deployment.Engine.Scheduling.StartupInGraphs);

    private static MatrixConstants Unslowed(Operator item, Deployment deployment)
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
                kernels.Experts(FormatOf(deployment, item.Weight!)).Constants,
                kernels.DatasheetOnly.Experts,
                deployment,
                item.Weight!
            ),
            OperatorKind.Matrix or OperatorKind.Head => Usable(
                kernels.Matrices(FormatOf(deployment, item.Weight!)).Constants,
                kernels.DatasheetOnly.Matrices,
                deployment,
                item.Weight!
            ),
            _ => MatrixConstantsOfNone,
        };
    }

    public static AttentionConstants Attention(Deployment deployment)
    {
        var constants = deployment.Kernels.Constants;
        var attention =
            deployment.KvCache.BitsPerWeight <= 8 && constants.Fp8CacheAttention is { } narrow
                ? narrow
                : constants.Attention;
        return deployment.Kernels.Slowdown.On(attention);
    }

    /// <summary>Decode of latent attention, which has kernels of its own where somebody measured them.</summary>
    public static LatentDecodeConstants LatentDecode(Deployment deployment)
    {
        var constants = deployment.Kernels.Constants;
        var measured =
            deployment.KvCache.BitsPerWeight <= 8
                ? constants.Fp8CacheLatentDecode ?? constants.LatentDecode
                : constants.LatentDecode;
        var attention = Attention(deployment);
        return measured is not null
            ? deployment.Kernels.Slowdown.On(measured)
            : new LatentDecodeConstants
            {
                MemoryFraction = attention.DecodeMemoryFraction,
                // All heads share a latent vector, so they fill a tile as the queries of a prompt do.
                ComputeFraction = attention.PrefillFraction,
                Startup = attention.DecodeStartup,
                StartupPerThousandSequences = attention.DecodeStartupPerThousandHeads,
            };
    }

    /// <summary>Kernels of linear attention; where none were measured they read memory like decode attention.</summary>
    public static RecurrentConstants Recurrent(Deployment deployment)
    {
        var attention = Attention(deployment);
        return deployment.Kernels.Constants.RecurrentState is { } measured
            ? deployment.Kernels.Slowdown.On(measured)
            : new RecurrentConstants
            {
                MemoryFraction = attention.DecodeMemoryFraction,
                Startup = attention.DecodeStartup,
            };
    }

    /// <summary>How closely the constants belong to the deployment: the weakest of its matrices and its experts.</summary>
    public static KernelRung WeakestRung(Deployment deployment)
    {
        var weakest = KernelRung.OwnEngine;
        foreach (var tensor in deployment.Architecture.Tensors.Tensors)
        {
            if (tensor.Part == ModelPart.Language && RungOf(deployment, tensor) is { } rung && rung > weakest)
                weakest = rung;
        }
        return weakest;
    }

    private static KernelRung? RungOf(Deployment deployment, Tensor tensor) =>
        tensor switch
        {
            { IsQuantizable: false } => null,
            { Role: TensorRole.Expert } => deployment.Kernels.Experts(FormatOf(deployment, tensor)).Rung,
            _ => deployment.Kernels.Matrices(FormatOf(deployment, tensor)).Rung,
        };

    /// <summary>Where the constants came from, for the list of assumptions.</summary>
    public static string Describe(Deployment deployment)
    {
        var name = deployment.Accelerator.Name;
        var weakest = WeakestRung(deployment);
        return weakest switch
        {
            KernelRung.EndToEnd => DescribeRuns(deployment),
            KernelRung.OwnEngine => $"Kernel times: fitted on {name} under {deployment.Engine.Name}.",
            KernelRung.OtherEngine =>
                $"Kernel times: fitted on {name} under {deployment.Kernels.Constants.Engine}, carried over to {deployment.Engine.Name}.",
            KernelRung.SameChip =>
                $"Kernel times: fitted on {deployment.Kernels.Constants.Accelerator}, which has the same chip as {name}.",
            KernelRung.EngineClass =>
                $"Kernel times: fitted for {deployment.Engine.Name} on hardware of the class of {name}.",
            _ =>
                $"Kernel times: no measurements of {FormatAt(deployment, weakest)} on {name}; class medians over its datasheet figures.",
        };
    }

    private static string DescribeRuns(Deployment deployment)
    {
        var runs = deployment.Kernels.Runs!;
        var fitted = deployment.Kernels.Slowdown == Slowdown.None ? "confirmed by" : "slowed down to";
        var sister =
            runs.Accelerator == deployment.Accelerator.Id ? "" : $" on {runs.Accelerator}, which has the same chip";
        return $"Kernel times: none measured on {deployment.Accelerator.Name}; class constants {fitted} {runs.Runs} published "
            + $"runs of {runs.Models} models under {deployment.Engine.Name}{sister}.";
    }

    /// <summary>
    /// Time of an all-reduce. Between nodes it goes up a tree and down again, each device with the share of the message
    /// that its place in the node leaves it.
    /// </summary>
    public static AllReduceCost AllReduce(Deployment deployment)
    {
        var ranks = deployment.Parallelism.Tensor;
        var nodes = deployment.Reaches(ranks);
        var within = AllReduceWithin(deployment, (int)WholeBlocks.Covering(ranks, nodes));
        if (nodes == 1)
            return within;
        var perNode = (double)ranks / nodes;
        return within.And(
            2 * Math.Ceiling(Math.Log2(nodes)) * NetworkSeconds,
            2.0 * (nodes - 1) / nodes / perNode / NetworkPerDevice.BytesPerSecond
        );
    }

    /// <summary>The measured all-reduce nearest in size, or the link's own bandwidth where none was measured.</summary>
    private static AllReduceCost AllReduceWithin(Deployment deployment, int ranks)
    {
        var nearest = deployment.Kernels.Constants.AllReduce.MinBy(entry => Math.Abs(entry.Devices - ranks));
        if (nearest is not null)
            return AllReduceCost.Of(nearest);

        var link = LinkOf(deployment.Accelerator);
        var latency = LinkLatencyOf(deployment);
        var startup = StartOverLink(link, latency, ranks);
        // A ring moves 2 (n - 1) / n of the message over every link.
        var rate = link.BandwidthPerDirection!.Value.BytesPerSecond;
        return new AllReduceCost(startup.Seconds, rate * LinkFraction * ranks / (2.0 * (ranks - 1)));
    }

    /// <summary>
    /// Latency and rate, in bytes of the tokens of one rank, of sending them to their experts and getting the results
    /// back. A token goes once to every group of ranks with one of its k experts: G (1 - (1 - 1 / G)^k) of G groups.
    /// </summary>
    public static (Duration Latency, Bandwidth Bandwidth) ExpertExchange(Operator item, Deployment deployment)
    {
        var parallelism = deployment.Parallelism;
        var groups = (double)item.ExpertGroups;
        var copies = groups * (1 - Math.Pow(1 - 1 / groups, item.ActiveExperts)) * parallelism.RanksPerExpert;
        // Not to itself.
        var sent = copies * (1 - 1.0 / parallelism.ExpertRanks);
        var measured = deployment.Kernels.Constants.ExpertExchange ?? deployment.Kernels.DatasheetOnly.ExpertExchange;
        var device = LinkOf(deployment.Accelerator);
        var latency = measured is not null
            ? measured.DispatchLatency + measured.CombineLatency
            : StartOverLink(device, LinkLatencyOf(deployment), parallelism.ExpertRanks) * 2;
        // Tokens leave in fp8, one byte where an activation has two; results come back as they are. Kernels that send them
        // so need a fabric: over PCIe both ways are collectives of the activations themselves.
        var dispatchedShare = IsBus(device) ? 1 : 0.5;
        var link = device.BandwidthPerDirection!.Value.BytesPerSecond * LinkFraction;
        var there = dispatchedShare / (measured?.DispatchBandwidth?.BytesPerSecond ?? link);
        var back = 1 / (measured?.CombineBandwidth?.BytesPerSecond ?? link);
        var nodes = deployment.Reaches(parallelism.ExpertRanks);
        if (nodes == 1)
            return (latency, new Bandwidth(1 / (sent * (there + back))));
        var away = (nodes - 1.0) / nodes;
        var beyond = (1 + dispatchedShare) / NetworkPerDevice.BytesPerSecond;
        var perByte = sent * (away * beyond + (1 - away) * (there + back));
        return (latency + new Duration(2 * NetworkSeconds), new Bandwidth(1 / perByte));
    }

    private static DeviceLink LinkOf(Accelerator accelerator) =>
        accelerator.Link is { BandwidthPerDirection: not null } link
            ? link
            : throw new MissingFigureException(accelerator.Id, "link.bandwidthPerDirection");

    private static bool IsBus(DeviceLink link) => link.Kind.StartsWith("PCIe", StringComparison.OrdinalIgnoreCase);

    private static Duration StartOverLink(DeviceLink link, LinkLatency latency, int ranks) =>
        IsBus(link) ? latency.Bus + latency.BusPerFurtherDevice * Math.Max(0, ranks - 2) : latency.Fabric;

    private static LinkLatency LinkLatencyOf(Deployment deployment) =>
        deployment.Kernels.Constants.LinkLatency
        ?? deployment.Kernels.DatasheetOnly.LinkLatency
        ?? throw new MissingFigureException(deployment.Kernels.DatasheetOnly.Id, "linkLatency");

    private static string FormatAt(Deployment deployment, KernelRung rung) =>
        FormatOf(
            deployment,
            deployment.Architecture.Tensors.Tensors.First(tensor => RungOf(deployment, tensor) == rung)
        );

    /// <summary>
    /// Format under which the kernels of a matrix are catalogued. Weights whose unit the hardware lacks are widened
    /// while they are read, like any weight-only format of their size.
    /// </summary>
    public static string FormatOf(Deployment deployment, Tensor tensor)
    {
        var weights = deployment.Weights;
        // What llama.cpp leaves in fp32 is small, and runs in the kernels of everything else.
        var block = weights.IsGguf && !tensor.IsQuantizable ? weights.Matrices : weights.FormatOf(tensor);
        var wanted = weights.ArithmeticOf(tensor);
        // GGUF kernels read their own blocks whatever the hardware multiplies in.
        if (deployment.ArithmeticOf(tensor) != wanted && block.BitsPerWeight < 12 && !weights.IsGguf)
            return WeightOnly(block);
        return block.Name switch
        {
            "fp32" => wanted == Arithmetic.Tf32 ? "tf32" : "fp32",
            "fp8-tensor" or "fp8-channel" => "fp8",
            "int8-channel" => wanted == Arithmetic.Int8 ? "w8a8" : "int8",
            _ when block.Name.StartsWith("fp8-block", StringComparison.Ordinal) => "fp8-block",
            _ when block.Name.StartsWith("int", StringComparison.Ordinal) => WeightOnly(block),
            // GGUF types and what is catalogued under its own name.
            var name => name,
        };
    }

    private static string WeightOnly(BlockFormat block) => block.BitsPerWeight < 6 ? "int4" : "int8";

    /// <summary>Constants whose rate the accelerator has; the class medians where they are shares of another rate.</summary>
    private static MatrixConstants Usable(
        MatrixConstants constants,
        System.Collections.Immutable.ImmutableDictionary<string, MatrixConstants> medians,
        Deployment deployment,
        Tensor tensor
    ) =>
        constants.Arithmetic is { } rate && deployment.Accelerator.Peak[rate] is null
            ? constants with
            {
                ComputeFraction = medians[tensor.IsQuantizable ? "int4" : "bf16"].ComputeFraction,
                Arithmetic = null,
            }
            : constants;
}
