using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Catalog;

/// <summary>
/// Constants of time = start-up + activation bytes / bandwidth + smoothmax(flops / (peak x compute), bytes / (bandwidth
/// x memory)), where smoothmax(a, b) = (a^p + b^p)^(1/p).
/// </summary>
public sealed record MatrixConstants
{
    /// <summary>Attained share of the dense peak; above 1 where <see cref="Arithmetic"/> names a slower one.</summary>
    public required double ComputeFraction { get; init; }

    /// <summary>Attained share of the memory bandwidth.</summary>
    public required double MemoryFraction { get; init; }
    public required Duration Startup { get; init; }

    /// <summary>A tile walks the inputs of its matrix one block after another, however many tiles run beside it.</summary>
    public Duration StartupPerThousandInputs { get; init; }

    /// <summary>Sorting tokens by expert and starting every expert's tiles, for each expert on the device.</summary>
    public Duration StartupPerHundredExperts { get; init; }

    /// <summary>
    /// Bytes moved apart from the multiplication: for each row and input of a matrix, where activations are quantized
    /// first; for each row and input or output of an expert, where tokens are gathered, gated and summed.
    /// </summary>
    public double ActivationBytes { get; init; }

    /// <summary>
    /// Operations it takes to unpack a weight before the rows of a step are multiplied with it, however many they are; 0
    /// where a kernel unpacks it for every row, which is then in its attained share.
    /// </summary>
    public double UnpackFlops { get; init; }

    /// <summary>Exponent p of the smooth maximum; large is a sharp roofline corner.</summary>
    public required double Smoothness { get; init; }

    /// <summary>The same with a share of every start-up.</summary>
    internal MatrixConstants WithStartups(double share) =>
        this with
        {
            Startup = Startup * share,
            StartupPerThousandInputs = StartupPerThousandInputs * share,
            StartupPerHundredExperts = StartupPerHundredExperts * share,
        };

    /// <summary>The rate the compute share is of, where it is not that of the weight format's arithmetic.</summary>
    public Arithmetic? Arithmetic { get; init; }
}

/// <summary>Attention: prefill is bound by arithmetic, decode by reading the cache.</summary>
public sealed record AttentionConstants
{
    /// <summary>Share of the 16-bit peak that long prompts approach.</summary>
    public required double PrefillFraction { get; init; }

    /// <summary>Tokens more that a query seems to attend to: its own loading, storing and the tiles it does not fill.</summary>
    public double QueryOverheadTokens { get; init; }

    /// <summary>
    /// Elements by which keys and values seem wider, together: the exponential of a score takes the same time whatever
    /// the size of the head.
    /// </summary>
    public double SoftmaxWidth { get; init; }
    public required Duration PrefillStartup { get; init; }

    /// <summary>The queries of a tile walk the cache one block after another.</summary>
    public Duration PrefillStartupPerThousandTokens { get; init; }

    /// <summary>Share of the memory bandwidth while reading the cache.</summary>
    public required double DecodeMemoryFraction { get; init; }
    public required Duration DecodeStartup { get; init; }

    /// <summary>For each group of heads of each sequence: its own tiles, split and merged.</summary>
    public Duration DecodeStartupPerThousandHeads { get; init; }

    /// <summary>The rate the prefill share is of, where it is not the 16-bit one.</summary>
    public Arithmetic? Arithmetic { get; init; }

    /// <summary>True where decode copies keys and values for every query head that shares them, and reads the copies.</summary>
    public bool RepeatsHeads { get; init; }

    /// <summary>
    /// Bytes moved through memory for every score of a query head in prefill; 0 where attention is one fused kernel that
    /// keeps its scores to itself.
    /// </summary>
    public double ScoreBytes { get; init; }
}

/// <summary>
/// An all-reduce over a number of devices, each way latency + message bytes / bandwidth: in one shot, where every device
/// reads what all others have, or around a ring, which starts later and moves less.
/// </summary>
public sealed record AllReduceConstants
{
    public required int Devices { get; init; }
    public required Duration Latency { get; init; }

    /// <summary>Message bytes over time.</summary>
    public required Bandwidth Bandwidth { get; init; }

    /// <summary>Null, with its bandwidth, where only one way is known.</summary>
    public Duration? RingLatency { get; init; }
    public Bandwidth? RingBandwidth { get; init; }
}

/// <summary>Latent (MLA) decode attention with absorbed projections, which shares what it reads between all heads.</summary>
public sealed record LatentDecodeConstants
{
    /// <summary>Share of the memory bandwidth.</summary>
    public required double MemoryFraction { get; init; }

    /// <summary>Share of the 16-bit peak.</summary>
    public required double ComputeFraction { get; init; }
    public required Duration Startup { get; init; }
    public Duration StartupPerThousandSequences { get; init; }
}

/// <summary>Linear attention and state-space layers.</summary>
public sealed record RecurrentConstants
{
    /// <summary>Share of the memory bandwidth while the fp32 state is read and written in decode.</summary>
    public required double MemoryFraction { get; init; }
    public required Duration Startup { get; init; }

    /// <summary>Fixed time of the prefill kernels, which are several; null where it is that of decode.</summary>
    public Duration? PrefillStartup { get; init; }

    /// <summary>The state is handed from one chunk of a prompt to the next.</summary>
    public Duration PrefillStartupPerThousandTokens { get; init; }

    /// <summary>Rate of the chunked prefill kernel over 8 x tokens x value heads x key size x value size.</summary>
    public FlopRate? PrefillRate { get; init; }
}

/// <summary>
/// Sending tokens to their experts on the other devices of a node and back: latency + bytes / bandwidth, where a token
/// is as many times the hidden size in bytes of its format as it has experts.
/// </summary>
public sealed record ExpertExchangeConstants
{
    public required Duration DispatchLatency { get; init; }
    public required Duration CombineLatency { get; init; }

    /// <summary>Of tokens in fp8; null where only the latency is known.</summary>
    public Bandwidth? DispatchBandwidth { get; init; }

    /// <summary>Of results in bf16.</summary>
    public Bandwidth? CombineBandwidth { get; init; }
}

/// <summary>All-reduce latency by kind of link, for hardware without measurements.</summary>
public sealed record LinkLatency
{
    /// <summary>Over a switched fabric such as NVLink.</summary>
    public required Duration Fabric { get; init; }

    /// <summary>Between two devices over PCIe.</summary>
    public required Duration Bus { get; init; }

    /// <summary>Added over PCIe for every device beyond two.</summary>
    public required Duration BusPerFurtherDevice { get; init; }
}

/// <summary>Fitted operator constants of one accelerator under one engine.</summary>
public sealed record KernelConstants
{
    /// <summary>Accelerator id, or <c>datasheet-only</c> for the class medians.</summary>
    public required string Accelerator { get; init; }

    /// <summary>Engine id; null for constants that hold for every engine of the accelerator.</summary>
    public string? Engine { get; init; }

    /// <summary>Class of hardware that datasheet-only constants stand for; null for all.</summary>
    public HardwareClass? Class { get; init; }

    /// <summary>The name these constants have in the catalog: accelerator, class and engine as far as given.</summary>
    [JsonIgnore]
    public string Id => IdOf(Accelerator, Class?.ToString(), Engine);

    /// <summary>By weight format name (<c>bf16</c>, <c>fp8</c>, <c>int4</c>, <c>nvfp4</c>, ...).</summary>
    public required ImmutableDictionary<string, MatrixConstants> Matrices { get; init; }

    /// <summary>Grouped expert matrices, by weight format name.</summary>
    public ImmutableDictionary<string, MatrixConstants> Experts
    {
        get => field ?? ImmutableDictionary<string, MatrixConstants>.Empty;
        init;
    }
    public required AttentionConstants Attention { get; init; }

    /// <summary>Attention over an fp8 cache; null when it was not measured apart.</summary>
    public AttentionConstants? Fp8CacheAttention { get; init; }
    public LatentDecodeConstants? LatentDecode { get; init; }
    public LatentDecodeConstants? Fp8CacheLatentDecode { get; init; }
    public RecurrentConstants? RecurrentState { get; init; }
    public ImmutableArray<AllReduceConstants> AllReduce
    {
        get => field.IsDefault ? [] : field;
        init;
    }
    public LinkLatency? LinkLatency { get; init; }
    public ExpertExchangeConstants? ExpertExchange { get; init; }

    /// <summary>Share of bandwidth and start-up of a fused elementwise kernel.</summary>
    [JsonRequired]
    public double ElementwiseFraction { get; init; } = 0.8;

    [JsonRequired]
    public Duration ElementwiseStartup { get; init; } = Duration.FromMicroseconds(2.5);

    /// <summary>90 % interval of a step time as a factor, for models of known kinds on this hardware.</summary>
    public required double IntervalFactor { get; init; }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }

    /// <summary>Which constants were unsound or missing in the source and what stands in for them.</summary>
    public string? Notes { get; init; }

    internal static string IdOf(string accelerator, string? hardwareClass, string? engine) =>
        string.Join('/', new[] { accelerator, hardwareClass, engine }.Where(part => part is not null))
            .ToLowerInvariant();
}
