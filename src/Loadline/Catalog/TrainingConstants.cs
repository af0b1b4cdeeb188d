using System.Collections.Immutable;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Catalog;

/// <summary>
/// What training attains of datasheets and what its software adds: shares by generation of hardware and arithmetic, costs
/// by kind of software, and how far off predictions were on measurements they had not seen.
/// </summary>
public sealed record TrainingConstants
{
    public required string Id { get; init; }

    /// <summary>By the beginning of an accelerator's generation; "other" for those that nobody measured.</summary>
    public required ImmutableDictionary<string, TrainingHardware> Hardware { get; init; }

    /// <summary>By kind of software; its <see cref="TrainingFramework.Tools"/> are what users call it.</summary>
    public required ImmutableDictionary<string, TrainingFramework> Frameworks { get; init; }

    /// <summary>Width of an expert's matrices at which they attain half the rate of dense ones.</summary>
    public required double ExpertHalfWidth { get; init; }

    /// <summary>Share of the bandwidth of memory that kernels attain which do little else.</summary>
    public required double MemoryShare { get; init; }

    /// <summary>Share of the bandwidth of links that collectives attain.</summary>
    public required double LinkShare { get; init; }

    /// <summary>Per device and direction, between nodes; assumed where nobody says otherwise.</summary>
    public required Bandwidth Network { get; init; }

    /// <summary>Shares of the time of each kind of communication that computation does not hide.</summary>
    public required double ExposedTensor { get; init; }
    public required double ExposedExpert { get; init; }
    public required double ExposedShard { get; init; }
    public required double ExposedReduction { get; init; }

    /// <summary>Elementwise traffic of 8- and 4-bit arithmetic over that of 16 bits: every input is scaled and cast.</summary>
    public required double CastFactor { get; init; }

    /// <summary>Share of the bandwidth of memory at which quantized weights are unpacked, by how they are stored.</summary>
    public required ImmutableDictionary<string, double> Unpacking { get; init; }

    /// <summary>Time of a step of reinforcement learning over the sum of its phases.</summary>
    public required double ReinforcementFactor { get; init; }

    /// <summary>Half-widths of 90 % intervals as factors, by quantity.</summary>
    public required ImmutableDictionary<string, TrainingError> Errors { get; init; }

    public required string Source { get; init; }
    public required string Retrieved { get; init; }

    /// <summary>The hardware whose name is the longest beginning of the accelerator's generation.</summary>
    public TrainingHardware For(Accelerator accelerator) =>
        Hardware
            .Where(pair => accelerator.Generation?.StartsWith(pair.Key, StringComparison.Ordinal) == true)
            .OrderByDescending(pair => pair.Key.Length)
            .Select(pair => pair.Value)
            .FirstOrDefault(Hardware["other"]);

    /// <summary>A kind of software by its own name or that of one of its tools.</summary>
    /// <exception cref="UnknownNameException">No software goes by the name.</exception>
    public TrainingFramework Framework(string name)
    {
        if (Frameworks.TryGetValue(name, out var framework))
            return framework;
        foreach (var candidate in Frameworks.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (candidate.Value.Tools.Contains(name, StringComparer.OrdinalIgnoreCase))
                return candidate.Value;
        }
        var known = Frameworks.Keys.Concat(Frameworks.Values.SelectMany(item => item.Tools));
        throw new UnknownNameException(
            "training framework",
            name,
            [.. known.Order(StringComparer.Ordinal)],
            ambiguous: false
        );
    }
}

/// <summary>Shares of a generation's datasheet that training attains.</summary>
public sealed record TrainingHardware
{
    /// <summary>Matrix products, by arithmetic (bf16, fp8, fp4), of its dense peak.</summary>
    public required ImmutableDictionary<string, double> Matrices { get; init; }

    /// <summary>Attention, by generation of its kernels, of the 16-bit peak.</summary>
    public required ImmutableDictionary<string, double> Attention { get; init; }

    /// <summary>Distinct setups behind it; 0 where it is assumed.</summary>
    public required int Setups { get; init; }
    public string? Notes { get; init; }

    /// <summary>Share of the peak of an arithmetic; the nearest wider one where it was not measured.</summary>
    public double MatricesIn(Arithmetic arithmetic) =>
        Matrices.TryGetValue(NameOf(arithmetic), out var share) ? share : Matrices["bf16"];

    public double AttentionBy(string kernels) =>
        Attention.TryGetValue(kernels, out var share) ? share : Attention.Values.Max();

    /// <summary>What an arithmetic is called here; the 16-bit ones are one.</summary>
    public static string NameOf(Arithmetic arithmetic) =>
        arithmetic switch
        {
            Arithmetic.Fp8 or Arithmetic.Int8 => "fp8",
            Arithmetic.Fp4 => "fp4",
            _ => "bf16",
        };
}

/// <summary>What a kind of training software costs beside the arithmetic.</summary>
public sealed record TrainingFramework
{
    /// <summary>Programs that train this way.</summary>
    public required ImmutableArray<string> Tools { get; init; }

    /// <summary>Generation of its attention kernels: flash1 (2022) or flash2 (2023 and later).</summary>
    public required string AttentionKernels { get; init; }

    /// <summary>How often each activation that is kept is read and written over in a pass.</summary>
    public required double ElementwisePasses { get; init; }

    /// <summary>Host time per layer, micro batch and forward or backward pass; work on the device hides it.</summary>
    public required Duration HostPerLayer { get; init; }

    /// <summary>Share of a layer's matrix products that its selective checkpointing computes again.</summary>
    public required double SelectiveRecompute { get; init; }

    /// <summary>Bytes per logit at the peak of a loss that is not chunked.</summary>
    public required double BytesPerLogit { get; init; }

    /// <summary>Bytes per hidden feature, token and layer that norms and rotations keep beside the matrices' inputs.</summary>
    public required double NormBytes { get; init; }

    /// <summary>True when the optimizer updates all parameters at once and needs a copy of them while it does.</summary>
    public required bool CopiesForUpdate { get; init; }

    /// <summary>True when gradients stay allocated through the forward pass.</summary>
    public required bool KeepsGradients { get; init; }

    /// <summary>True when every rank holds the whole model before it is sharded.</summary>
    public required bool LoadsWhole { get; init; }

    /// <summary>Memory the allocator reserves over what it has given out, at the peak.</summary>
    public required double ReservedOverAllocated { get; init; }
    public string? Notes { get; init; }
}

/// <summary>How far off a training prediction was.</summary>
/// <param name="Factor">Half-width of the 90 % interval as a factor, from sources and models left out of the fit.</param>
/// <param name="Setups">Setups behind it.</param>
public sealed record TrainingError(double Factor, int Setups);
