using System.Collections.Immutable;
using System.Globalization;

namespace Loadline.Catalog;

/// <summary>What container platforms and schedulers call the things of the catalog.</summary>
public sealed record ExportTargets
{
    /// <summary>The one entry there is.</summary>
    public const string OnlyId = "exports";

    public required string Id { get; init; }

    /// <summary>By vendor of the accelerator, or by <c>vendor/kind</c> where a vendor has several kinds.</summary>
    public required ImmutableDictionary<string, VendorTarget> Vendors { get; init; }

    /// <summary>
    /// SkyPilot's names of accelerators, by catalog id; <c>{count}</c> in one stands for their number, which otherwise
    /// follows behind a colon.
    /// </summary>
    public required ImmutableDictionary<string, string> SkyAccelerators { get; init; }

    /// <summary>The same where a provider's differ, by <c>provider/accelerator</c>.</summary>
    public required ImmutableDictionary<string, string> SkyProviderAccelerators { get; init; }

    /// <summary>SkyPilot's names of providers, by ours.</summary>
    public required ImmutableDictionary<string, string> SkyClouds { get; init; }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }

    /// <summary>What is known of an accelerator's vendor; processors need no device at all.</summary>
    public VendorTarget For(Accelerator accelerator)
    {
        // The names of the catalog's JSON: "tensorProcessor", not "TensorProcessor".
        var kind = accelerator.Kind.ToString();
        kind = char.ToLowerInvariant(kind[0]) + kind[1..];
        if (accelerator.Kind == AcceleratorKind.Cpu)
            return VendorTarget.Processor;
        return Vendors.GetValueOrDefault($"{accelerator.Vendor}/{kind}")
            ?? Vendors.GetValueOrDefault(accelerator.Vendor)
            ?? VendorTarget.Unknown;
    }

    /// <summary>So many accelerators of a provider as SkyPilot writes them; null when it is not known there.</summary>
    public string? SkyName(string provider, string accelerator, int count)
    {
        const string CountMark = "{count}";
        var name =
            SkyProviderAccelerators.GetValueOrDefault($"{provider}/{accelerator}")
            ?? SkyAccelerators.GetValueOrDefault(accelerator);
        var number = count.ToString(CultureInfo.InvariantCulture);
        return name is null ? null
            : name.Contains(CountMark, StringComparison.Ordinal)
                ? name.Replace(CountMark, number, StringComparison.Ordinal)
            : $"{name}:{number}";
    }
}

/// <summary>How the devices of a vendor are asked for.</summary>
public sealed record VendorTarget
{
    internal static readonly VendorTarget Processor = new() { IsProcessor = true };
    internal static readonly VendorTarget Unknown = new();

    internal bool IsProcessor { get; init; }

    /// <summary>Extended resource its device plugin registers; null when it is not known.</summary>
    public string? KubernetesResource { get; init; }

    /// <summary>Variable that limits a process to some devices; null when it is not known.</summary>
    public string? VisibleDevices { get; init; }

    /// <summary>Driver of device reservations in compose files; null where device files are handed in.</summary>
    public string? ComposeDriver { get; init; }

    /// <summary>Files that a container needs to reach the devices.</summary>
    public ImmutableArray<string> DeviceFiles
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>False when containers do not reach the devices at all; null stands for true.</summary>
    public bool? Containers { get; init; }
}
