using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>A model that may be used, with what is known of it.</summary>
/// <param name="Id">As the scenario names it, resolved.</param>
/// <param name="Model">Null for a closed model that only an API has.</param>
/// <param name="Capability">Null where the scenario asks nothing.</param>
/// <param name="Conditions">Of its licence.</param>
internal sealed record ModelOption(
    string Id,
    Model? Model,
    CapabilityVerdict? Capability,
    ImmutableArray<string> Conditions
)
{
    /// <summary>False where a score that is asked for is not published: ranked apart, never assumed.</summary>
    public bool IsKnown => Capability?.Grade is not CapabilityGrade.Unknown;
}

/// <summary>A way of serving the scenario, before it is told in full.</summary>
internal abstract record PlanOption
{
    private protected PlanOption() { }

    public required ModelOption For { get; init; }

    /// <summary>USD at the present load.</summary>
    public required double CostPerMonth { get; init; }

    /// <summary>USD per month, on average over the horizon with base growth: what options are ranked by.</summary>
    public required double RankCost { get; init; }

    /// <summary>USD before the first request.</summary>
    public required double Capital { get; init; }

    /// <summary>Share of a task score that the format costs; null where a host does not say.</summary>
    public required Estimate? QualityLoss { get; init; }

    /// <summary>End-to-end time at its percentile, in seconds; null where it was not measured.</summary>
    public abstract double? EndToEndSeconds { get; init; }

    public abstract Way Way { get; }

    /// <summary>For ties and for a stable order.</summary>
    public abstract string Key { get; }

    /// <summary>By cost; at the same cost nobody gives quality away, then the faster one.</summary>
    public static int Compare(PlanOption one, PlanOption other)
    {
        var byCost = one.RankCost.CompareTo(other.RankCost);
        if (byCost != 0)
            return byCost;
        var byLoss = (one.QualityLoss?.Value ?? 0).CompareTo(other.QualityLoss?.Value ?? 0);
        if (byLoss != 0)
            return byLoss;
        var byTime = (one.EndToEndSeconds ?? double.MaxValue).CompareTo(other.EndToEndSeconds ?? double.MaxValue);
        return byTime != 0 ? byTime : string.CompareOrdinal(one.Key, other.Key);
    }
}

/// <summary>A model that somebody else serves.</summary>
internal sealed record ApiPlan : PlanOption
{
    public required ApiOffer Api { get; init; }
    public required double CostPerRequest { get; init; }

    /// <summary>As the user measured; null where nobody did.</summary>
    public ApiLatency? Latency { get; init; }
    public override double? EndToEndSeconds
    {
        get => Latency?.EndToEnd?.Seconds;
        init => throw new NotSupportedException();
    }
    public override Way Way => Way.Api;
    public override string Key => Api.Id;
}

/// <summary>Own or bought machines for the base of the load, something else for the rest.</summary>
internal sealed record HybridPlan : PlanOption
{
    /// <summary>All of the load on the kind of machine that the base is on.</summary>
    public required SizedPlan Whole { get; init; }

    /// <summary>Machines that are bought or there.</summary>
    public required int BaseMachines { get; init; }

    /// <summary>Share of the peak today that the base carries.</summary>
    public required double BaseShare { get; init; }

    /// <summary>Share of the requests of a month that goes elsewhere.</summary>
    public required double OverflowShare { get; init; }

    /// <summary>Machines for the rest, rented or bought; null where an API takes it.</summary>
    public MachineSupply? Rest { get; init; }
    public required int RestMachines { get; init; }

    /// <summary>Bought machines that stand beside the base.</summary>
    public int BesideBase => Rest is { PerHour: null } ? RestMachines : 0;
    public ApiPlan? Api { get; init; }
    public override double? EndToEndSeconds
    {
        // What goes to a hosted model is as fast as nobody measured.
        get => Api is null ? Whole.EndToEndSeconds : null;
        init => throw new NotSupportedException();
    }
    public override Way Way => Way.Hybrid;
    public override string Key => $"{Whole.Key} base {BaseMachines}";
}

/// <summary>So many machines that their replicas carry the peak.</summary>
internal sealed record SizedPlan : PlanOption
{
    public required SizedReplica Sized { get; init; }
    public required MachineSupply Supply { get; init; }

    /// <summary>All machines, the spare ones among them.</summary>
    public required int Machines { get; init; }
    public int SpareMachines { get; init; }

    /// <summary>Replicas that carry the load; those of spare machines come on top.</summary>
    public required int Replicas { get; init; }

    /// <summary>Peak today, per replica, in requests per second.</summary>
    public required double RatePerReplica { get; init; }
    public override required double? EndToEndSeconds { get; init; }

    /// <summary>What a simulation saw missed when it was smaller; null where none did.</summary>
    public ObjectiveMiss? Missed { get; init; }

    /// <summary>Its latencies as simulated; null until they are.</summary>
    public SimulatedLatencies? Simulated { get; init; }

    public int ReplicasPerMachine => Math.Max(1, Supply.Count / Sized.Devices);

    /// <summary>Machines that one replica spans; 1 unless it is larger than a machine.</summary>
    public int MachinesPerReplica => Math.Max(1, Sized.Devices / Supply.Count);

    public override Way Way => Supply.Way;
    public override string Key =>
        $"{Supply.Id} {Sized.Replica.Deployment.Engine.Id} {Sized.Replica.Deployment.Weights.Name}"
        + (Sized.Replica.Split is { } split ? $" {split.Prefill}+{split.Decode}" : "");

    /// <summary>Machines for so many replicas.</summary>
    public static double MachinesFor(MachineSupply supply, SizedReplica sized, double replicas) =>
        sized.Devices > supply.Count
            ? replicas * (sized.Devices / supply.Count)
            : Math.Ceiling(replicas / (supply.Count / sized.Devices));
}

/// <summary>A replica and the load it is good for.</summary>
/// <param name="For">The model.</param>
/// <param name="Replica">In its deployment.</param>
/// <param name="MaximumRate">
/// Requests per second at today's peak that one replica is good for: what it carries at the design point, less what the
/// load may be higher.
/// </param>
/// <param name="Design">The design point.</param>
/// <param name="Outlook">What the formats cost in quality.</param>
/// <param name="Assumptions">Of the deployment.</param>
internal sealed record SizedReplica(
    ModelOption For,
    ReplicaUnderLoad Replica,
    double MaximumRate,
    DesignPoint Design,
    QualityOutlook Outlook,
    ImmutableArray<string> Assumptions
)
{
    public int Devices => Replica.Devices;

    /// <summary>What a simulation found a replica to carry, as a share of its closed form.</summary>
    public double Derating { get; init; } = 1;
}
