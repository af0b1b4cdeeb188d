using System.Text.Json.Serialization;
using Loadline.Quantities;

namespace Loadline.Catalog;

/// <summary>
/// How much slower whole runs of an engine on an accelerator are than kernels of its class would be. It stands in where
/// nobody measured the kernels, and covers the engine's and the driver's shortcomings of its day along with theirs.
/// </summary>
public sealed record EndToEndConstants
{
    /// <summary>Accelerator id.</summary>
    public required string Accelerator { get; init; }

    /// <summary>Engine id.</summary>
    public required string Engine { get; init; }

    [JsonIgnore]
    public string Id => IdOf(Accelerator, Engine);

    /// <summary>Factor on what waits for memory or for a kernel to start; at least 1.</summary>
    public required double MemorySlowdown { get; init; }

    /// <summary>Factor on what waits for arithmetic; at least 1.</summary>
    public required double ComputeSlowdown { get; init; }

    /// <summary>Added to every layer of every step.</summary>
    public Duration LayerOverhead { get; init; }

    /// <summary>Added for every change of device within a model split by layers.</summary>
    public Duration TransferOverhead { get; init; }

    [JsonIgnore]
    public Slowdown Slowdown =>
        new(MemorySlowdown, ComputeSlowdown) { PerLayer = LayerOverhead, PerTransfer = TransferOverhead };

    /// <summary>90 % interval of a step time as a factor, from models left out of the fit.</summary>
    public required double IntervalFactor { get; init; }

    /// <summary>Models and runs behind it.</summary>
    public required int Models { get; init; }
    public required int Runs { get; init; }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }
    public string? Notes { get; init; }

    internal static string IdOf(string accelerator, string engine) => $"{accelerator}/{engine}";
}
