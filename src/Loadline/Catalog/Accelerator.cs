using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Catalog;

/// <summary>What kind of processor it is, which decides the default engine and which constants transfer.</summary>
public enum AcceleratorKind
{
    Gpu,

    /// <summary>A GPU or processor that shares its memory with the host, such as Apple silicon.</summary>
    UnifiedMemory,
    Cpu,

    /// <summary>TPU, Trainium, Gaudi and other processors made for tensors only.</summary>
    TensorProcessor,
}

/// <summary>Hardware whose kernels attain similar shares of its datasheet, for want of measurements of its own.</summary>
public enum HardwareClass
{
    GddrGpu,
    HbmGpu,
    AppleSilicon,

    /// <summary>Shared memory other than Apple's: DGX Spark, Strix Halo, Jetson.</summary>
    UnifiedMemory,
    Cpu,
    TensorProcessor,
}

/// <summary>Dense peak rates by arithmetic; null when the hardware lacks the unit or no figure was found.</summary>
public sealed record PeakRates
{
    internal static readonly PeakRates Unknown = new();

    public FlopRate? Fp32 { get; init; }
    public FlopRate? Tf32 { get; init; }
    public FlopRate? Fp16 { get; init; }
    public FlopRate? Bf16 { get; init; }
    public FlopRate? Fp8 { get; init; }
    public FlopRate? Int8 { get; init; }
    public FlopRate? Fp4 { get; init; }

    public FlopRate? this[Arithmetic arithmetic] =>
        arithmetic switch
        {
            Arithmetic.Fp32 => Fp32,
            Arithmetic.Tf32 => Tf32,
            Arithmetic.Fp16 => Fp16,
            Arithmetic.Bf16 => Bf16,
            Arithmetic.Fp8 => Fp8,
            Arithmetic.Int8 => Int8,
            Arithmetic.Fp4 => Fp4,
            _ => throw new ArgumentOutOfRangeException(nameof(arithmetic)),
        };

    /// <summary>Every rate times a share.</summary>
    public static PeakRates operator *(PeakRates rates, double share) =>
        new()
        {
            Fp32 = Scaled(rates.Fp32, share),
            Tf32 = Scaled(rates.Tf32, share),
            Fp16 = Scaled(rates.Fp16, share),
            Bf16 = Scaled(rates.Bf16, share),
            Fp8 = Scaled(rates.Fp8, share),
            Int8 = Scaled(rates.Int8, share),
            Fp4 = Scaled(rates.Fp4, share),
        };

    private static FlopRate? Scaled(FlopRate? rate, double share) =>
        rate is { } known ? new FlopRate(known.PerSecond * share) : null;
}

/// <summary>How devices of one node talk to each other.</summary>
/// <param name="Kind">As the vendor names it.</param>
/// <param name="BandwidthPerDirection">Per device and direction; null when unknown.</param>
/// <param name="DevicesPerNode">Most devices in one node; null when unknown.</param>
/// <param name="DevicesOnFabric">Most devices the link joins where it goes beyond a node; null where it does not.</param>
public sealed record DeviceLink(
    string Kind,
    Bandwidth? BandwidthPerDirection = null,
    int? DevicesPerNode = null,
    int? DevicesOnFabric = null
)
{
    /// <summary>Devices that reach each other over the link and not over a network.</summary>
    [JsonIgnore]
    public int Reach => DevicesOnFabric ?? DevicesPerNode ?? int.MaxValue;
}

/// <summary>A purchase price with where it came from.</summary>
public sealed record PurchasePrice(Money Price, string Basis, string AsOf);

/// <summary>One accelerator, or one processor used as such, with its datasheet figures.</summary>
public sealed record Accelerator
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required string Vendor { get; init; }
    public required AcceleratorKind Kind { get; init; }

    /// <summary>Chip generation, such as "Hopper GH100"; decides which class of constants applies.</summary>
    public string? Generation { get; init; }
    public int? Year { get; init; }
    public ImmutableArray<string> Aliases
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>Cores of a processor that its peak rates are of; null for what is no processor.</summary>
    public int? Cores { get; init; }

    /// <summary>Accelerator with the same chip, whose kernel constants stand in for missing ones.</summary>
    public string? SameChipAs { get; init; }

    [JsonIgnore]
    public HardwareClass Class =>
        Kind switch
        {
            AcceleratorKind.Cpu => HardwareClass.Cpu,
            AcceleratorKind.TensorProcessor => HardwareClass.TensorProcessor,
            AcceleratorKind.UnifiedMemory when Vendor == "Apple" => HardwareClass.AppleSilicon,
            _ when MemoryType?.StartsWith("HBM", StringComparison.Ordinal) == true => HardwareClass.HbmGpu,
            AcceleratorKind.UnifiedMemory => HardwareClass.UnifiedMemory,
            _ => HardwareClass.GddrGpu,
        };

    /// <summary>Memory as sold. Chips come in powers of two, so an "80 GB" card has 80 GiB on board.</summary>
    public required ByteSize Memory { get; init; }

    /// <summary>What the driver reports as usable, where it is known.</summary>
    public ByteSize? UsableMemory { get; init; }

    /// <summary>Memory as the driver reports it, or as sold where that is not known.</summary>
    public ByteSize MemoryOnOffer => UsableMemory ?? Memory;
    public string? MemoryType { get; init; }

    /// <summary>
    /// Share of the memory and of its bandwidth that is left for data. GDDR has no chips for codes that correct errors, so
    /// cards that are shipped with correction switched on keep them among the data: their drivers show 15/16 of the
    /// memory, where those of workstations and desktops show all of it.
    /// </summary>
    [JsonIgnore]
    public double ShareForData =>
        MemoryType?.StartsWith("GDDR", StringComparison.Ordinal) == true
        && UsableMemory is { } usable
        && usable.Bytes < LeastWithoutCodes * Memory.Bytes
            ? ShareBesideCodes
            : 1;

    private const double ShareBesideCodes = 15.0 / 16;
    private const double LeastWithoutCodes = 0.95;

    public Bandwidth? MemoryBandwidth { get; init; }
    public ByteSize? LastLevelCache { get; init; }
    public PeakRates Peak
    {
        get => field ?? PeakRates.Unknown;
        init;
    }
    public DeviceLink? Link { get; init; }
    public string? HostLink { get; init; }
    public Power? Power { get; init; }
    public string? FormFactor { get; init; }
    public string? ComputeCapability { get; init; }

    /// <summary>Matrix-multiplication rate somebody measured in bf16, for comparison with the datasheet.</summary>
    public FlopRate? MeasuredBf16 { get; init; }

    /// <summary>That rate as a share of the datasheet's peak; null where nobody measured it.</summary>
    [JsonIgnore]
    public double? AttainedBf16 =>
        MeasuredBf16 is { } measured && Peak.Bf16 is { } peak ? measured.PerSecond / peak.PerSecond : null;
    public PurchasePrice? Price { get; init; }

    /// <summary>
    /// The processor with so many threads at work, each on a core of its own: arithmetic is that of those cores, while the
    /// memory is everyone's. Anything else, and more threads than cores, is left as it is.
    /// </summary>
    public Accelerator OnThreads(int? threads) =>
        threads is { } busy && Cores is { } cores && busy < cores
            ? this with
            {
                Peak = Peak * ((double)busy / cores),
            }
            : this;

    public string? Notes { get; init; }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }
}
