using System.Collections.Immutable;

namespace Loadline.Catalog;

/// <summary>How an engine serves with prefill and decode apart, and the router in front of the two kinds of replicas.</summary>
public sealed record PoolLaunch
{
    /// <summary>In arguments: a port of the replica's own, beside the one it serves on.</summary>
    public const string SidePortMark = "{sidePort}";

    /// <summary>Arguments of a replica that only computes prompts.</summary>
    public required ImmutableArray<string> Prefill { get; init; }

    /// <summary>Arguments of a replica that only decodes.</summary>
    public required ImmutableArray<string> Decode { get; init; }

    /// <summary>The same as variables.</summary>
    public ImmutableDictionary<string, string> Environment
    {
        get => field ?? ImmutableDictionary<string, string>.Empty;
        init;
    }

    /// <summary>The first of the side ports; each replica of a machine has the next.</summary>
    public required int SidePort { get; init; }

    /// <summary>Words that start the router.</summary>
    public required ImmutableArray<string> Router { get; init; }

    /// <summary>Flags of the router for the address of a prefill replica, what follows that address, and a decode replica.</summary>
    public required string RouterPrefill { get; init; }
    public ImmutableArray<string> RouterPrefillMore
    {
        get => field.IsDefault ? [] : field;
        init;
    }
    public required string RouterDecode { get; init; }
    public required string RouterPort { get; init; }

    /// <summary>What has to be installed beside the engine.</summary>
    public required string Needs { get; init; }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }
}
