using System.Text.Json.Serialization;
using Loadline.Quantities;

namespace Loadline.Catalog;

/// <summary>A machine somebody rents out by the hour.</summary>
public sealed record Offer
{
    /// <summary><c>provider/instance/region</c>, with the accelerator where one instance name has several.</summary>
    public required string Id { get; init; }
    public required string Provider { get; init; }
    public required string Instance { get; init; }

    /// <summary>Hyperscaler, neocloud, marketplace and so on, as the source classes it.</summary>
    public string? Tier { get; init; }
    public required string Accelerator { get; init; }

    /// <summary>Accelerators in one machine.</summary>
    [JsonConverter(typeof(DeviceCountConverter))]
    public required int Count { get; init; }
    public int? VirtualCpus { get; init; }
    public ByteSize? HostMemory { get; init; }

    /// <summary>As the provider names it; "global" or null when the source does not say.</summary>
    public string? Region { get; init; }

    /// <summary>"EU", "US" and so on when the region is known to lie there; null qualifies for no rule.</summary>
    public string? Jurisdiction { get; init; }
    public Money? OnDemandPerHour { get; init; }
    public Money? SpotPerHour { get; init; }
    public required string AsOf { get; init; }
    public required string Source { get; init; }
    public string? Notes { get; init; }
}
