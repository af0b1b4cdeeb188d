using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>The answer of <c>memory</c>: does it fit, and how much of what is on each device.</summary>
public sealed record MemoryAnswer
{
    public required string Model { get; init; }
    public required string Hardware { get; init; }
    public required string Engine { get; init; }
    public required string WeightFormat { get; init; }
    public required string KvFormat { get; init; }
    public required int TensorParallel { get; init; }

    /// <summary>Devices that the layers are shared out over; 1 unless the engine splits by layers.</summary>
    public int PipelineParallel { get; init; } = 1;

    public int ExpertParallel { get; init; } = 1;
    public int DataParallel { get; init; } = 1;

    /// <summary>Weights and cache that stay on the host; null when nothing does.</summary>
    public long? HostWeightsBytes { get; init; }
    public long? HostCacheBytes { get; init; }

    /// <summary>Context asked for; null when it was left open.</summary>
    public required long? Context { get; init; }
    public required long Concurrency { get; init; }
    public required bool Fits { get; init; }

    /// <summary>Why it does not fit, in one line.</summary>
    public string? Reason { get; init; }

    /// <summary>Bytes missing per device at the upper end of the estimates.</summary>
    public long? ShortfallBytes { get; init; }

    /// <summary>The smallest changes that would fit, best first.</summary>
    public ImmutableArray<NearestFit> Nearest { get; init; } = [];
    public required ImmutableArray<DeviceSummary> PerDevice { get; init; }
    public required Estimate CacheTokens { get; init; }
    public required Estimate MaximumConcurrency { get; init; }
    public required Estimate MaximumContext { get; init; }

    /// <summary>Context against concurrency; null unless asked for.</summary>
    public ImmutableArray<ContextPoint>? Curve { get; init; }

    /// <summary>The same question under every engine and version; null unless asked for.</summary>
    public ImmutableArray<EngineLine>? Engines { get; init; }

    /// <summary>The least memory on which it fits; null unless asked for.</summary>
    public ImmutableArray<HardwareOption>? SmallestHardware { get; init; }

    /// <summary>The widest recipe that fits on this hardware; null unless asked for, or when none does.</summary>
    public string? WidestFormat { get; init; }
    public required ImmutableArray<string> Assumptions { get; init; }
}

/// <summary>A deployment close to the one asked for that fits.</summary>
public sealed record NearestFit(
    string Change,
    string Hardware,
    int TensorParallel,
    string WeightFormat,
    string KvFormat
)
{
    public int PipelineParallel { get; init; } = 1;
}

/// <summary>Memory of one device; the first three figures are exact.</summary>
public sealed record DeviceSummary
{
    public required string Device { get; init; }
    public required long WeightsBytes { get; init; }
    public required long CacheBytes { get; init; }

    /// <summary>Weights of adapters, draft and other models beside the model.</summary>
    public long CompanionBytes { get; init; }
    public required long CapacityBytes { get; init; }
    public required Estimate ActivationBytes { get; init; }
    public required Estimate OverheadBytes { get; init; }
    public required Estimate FreeBytes { get; init; }

    public static DeviceSummary Of(string device, DeviceMemory memory) =>
        new()
        {
            Device = device,
            WeightsBytes = memory.Weights.Bytes,
            CacheBytes = memory.Cache.Bytes,
            CompanionBytes = memory.Companions.Bytes,
            CapacityBytes = memory.Capacity.Bytes,
            ActivationBytes = memory.ActivationBytes,
            OverheadBytes = memory.OverheadBytes,
            FreeBytes = memory.FreeBytes,
        };
}
