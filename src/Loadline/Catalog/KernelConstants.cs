using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Catalog;

/// <summary>
/// Constants of time = startup + smoothmax(flops / (peak x compute), bytes / (bandwidth x memory)),
/// where smoothmax(a, b) = (a^p + b^p)^(1/p).
/// </summary>
public sealed record MatrixConstants
{
    /// <summary>Attained share of the dense peak.</summary>
    public required double ComputeFraction { get; init; }

    /// <summary>Attained share of the memory bandwidth.</summary>
    public required double MemoryFraction { get; init; }
    public required Duration Startup { get; init; }

    /// <summary>Exponent p of the smooth maximum; large is a sharp roofline corner.</summary>
    public required double Smoothness { get; init; }
}

/// <summary>Attention: prefill is bound by arithmetic, decode by reading the cache.</summary>
public sealed record AttentionConstants
{
    /// <summary>Share of the 16-bit peak at 1,024-2,048 tokens.</summary>
    public required double ShortPrefillFraction { get; init; }

    /// <summary>Share of the 16-bit peak from 4,096 tokens.</summary>
    public required double LongPrefillFraction { get; init; }
    public required Duration PrefillStartup { get; init; }

    /// <summary>Share of the memory bandwidth while reading the cache.</summary>
    public required double DecodeMemoryFraction { get; init; }
    public required Duration DecodeStartup { get; init; }
}

/// <summary>An all-reduce over a number of devices: latency + bytes / bandwidth, smoothly joined.</summary>
public sealed record AllReduceConstants
{
    public required int Devices { get; init; }
    public required Duration Latency { get; init; }

    /// <summary>Algorithm bandwidth: message bytes over time.</summary>
    public required Bandwidth Bandwidth { get; init; }
}

/// <summary>Fitted operator constants of one accelerator under one engine.</summary>
public sealed record KernelConstants
{
    /// <summary>Accelerator id, or <c>datasheet-only</c> for the class medians.</summary>
    public required string Accelerator { get; init; }

    /// <summary>Engine id; null for constants that hold for every engine of the accelerator.</summary>
    public string? Engine { get; init; }

    /// <summary>By weight format name (<c>bf16</c>, <c>fp8</c>, <c>int4</c>, <c>nvfp4</c>, ...).</summary>
    public required ImmutableDictionary<string, MatrixConstants> Matrices { get; init; }

    /// <summary>Grouped expert matrices, by weight format name.</summary>
    public ImmutableDictionary<string, MatrixConstants> Experts { get; init; } =
        ImmutableDictionary<string, MatrixConstants>.Empty;
    public required AttentionConstants Attention { get; init; }
    public ImmutableArray<AllReduceConstants> AllReduce { get; init; } = [];

    /// <summary>Share of bandwidth and start-up of a fused elementwise kernel.</summary>
    public double ElementwiseFraction { get; init; } = 0.8;
    public Duration ElementwiseStartup { get; init; } = Duration.FromMicroseconds(2.5);

    /// <summary>90 % interval of a step time as a factor, for models of known kinds on this hardware.</summary>
    public required double IntervalFactor { get; init; }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }
}
