using System.Collections.Immutable;
using Loadline.Catalog;

namespace Loadline.Planning;

/// <summary>A setup with what the catalog says of its parts, for all formats.</summary>
internal sealed record ExportContext
{
    public required DeploymentSetup Setup { get; init; }
    public required Accelerator Accelerator { get; init; }
    public required Engine Engine { get; init; }
    public required ExportTargets Targets { get; init; }
    public required VendorTarget Vendor { get; init; }
    public required ReplicaLayout Layout { get; init; }

    /// <summary>Name of everything that is created.</summary>
    public required string Label { get; init; }

    /// <summary>The recommended engine's start; null when the catalog does not say how it is started.</summary>
    public required EngineStart? Start { get; init; }

    /// <summary>The same of engines that could take its place.</summary>
    public required ImmutableArray<EngineStart> Alternatives { get; init; }

    /// <summary>All of them, the recommended one first.</summary>
    public ImmutableArray<EngineStart> Starts => Start is { } start ? [start, .. Alternatives] : Alternatives;

    /// <summary>True when the recommended engine can run in a container on these accelerators.</summary>
    public bool RunsInContainers => Start is not null && Vendor.Containers != false;

    /// <summary>True when machines are rented, all of them or those beside one's own.</summary>
    public bool Rents => Setup.Way == Way.Rent || (Setup.Way == Way.Hybrid && Setup.Instance is not null);

    /// <summary>True when one replica fits a machine, or the engine can be told to span several.</summary>
    public bool CanBeStarted => Start is { } start && (Layout.MachinesPerReplica == 1 || start.CanSpanMachines);

    public static ExportContext Of(DeploymentSetup setup, CatalogReader catalog)
    {
        var accelerator = catalog.Accelerators.Find(setup.Accelerator);
        var engine = catalog.Engines.Find(setup.Engine);
        var targets = catalog.Exports.Find(ExportTargets.OnlyId);
        return new ExportContext
        {
            Setup = setup,
            Accelerator = accelerator,
            Engine = engine,
            Targets = targets,
            Vendor = targets.For(accelerator),
            Layout = ReplicaLayout.Of(setup),
            Label = DnsLabel.Of(setup.Name, setup.Model),
            Start = engine.Launch is null ? null : EngineStart.Of(setup, engine, accelerator),
            Alternatives =
            [
                .. catalog
                    .Engines.All.Where(other => other.Id != engine.Id && EngineStart.Fits(setup, other, accelerator))
                    .OrderBy(other => other.Id, StringComparer.Ordinal)
                    .Select(other => EngineStart.Of(WithLimitsOf(other, setup), other, accelerator)),
            ],
        };
    }

    /// <summary>
    /// The limits of the plan were chosen for the recommended engine's way of counting. Another one starts from its own;
    /// where every sequence costs a whole context, as many as the plan has in flight.
    /// </summary>
    private static DeploymentSetup WithLimitsOf(Engine other, DeploymentSetup setup) =>
        setup with
        {
            MaximumSequences = other.Launch!.ContextCoversAllSequences
                ? (int)Math.Ceiling(Math.Clamp(setup.RequestsInFlightPerReplica, 1, MostSequences))
                : null,
            MaximumBatchedTokens = null,
            MemoryFraction = null,
        };

    /// <summary>More than any engine runs together; keeps absurd plans within whole numbers.</summary>
    private const int MostSequences = 65_536;
}
