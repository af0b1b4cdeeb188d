using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What a search has found so far.</summary>
internal sealed class Search(Scenario scenario, Demand demand)
{
    public Scenario Scenario => scenario;

    public double PeakRate { get; } = demand.PeakRequestsPerSecond.Value;

    public List<SizedPlan> Candidates { get; } = [];

    public List<Rejection> Rejected { get; } = [];

    public List<string> Assumptions { get; } = [];

    /// <summary>What came closest to the objectives without meeting them.</summary>
    public NearMiss? Nearest { get; private set; }

    /// <summary>Deployments times offers looked at, those excluded with a reason among them.</summary>
    public int Considered { get; set; }

    public void Reject(string what, RejectionKind kind, string why) => Rejected.Add(new Rejection(what, kind, why));

    public void Missed(string what, ObjectiveMiss miss)
    {
        if (Nearest is null || miss.Ratio < Nearest.Miss.Ratio)
            Nearest = new NearMiss(what, miss);
    }
}

/// <summary>A deployment that misses an objective, and by how much.</summary>
internal sealed record NearMiss(string What, ObjectiveMiss Miss);

/// <summary>A replica and the rate it carries with the confidence asked for.</summary>
internal sealed record SizedReplica(ReplicaUnderLoad Replica, double MaximumRate, ImmutableArray<string> Assumptions);

/// <summary>So many machines of one offer that their replicas carry the peak.</summary>
internal sealed record SizedPlan
{
    public required SizedReplica Sized { get; init; }
    public required Model Model { get; init; }
    public required Offer Offer { get; init; }
    public required int Machines { get; init; }

    /// <summary>More machines than anybody has built; a plan of so many is none.</summary>
    public const int MostMachines = 1_000_000;

    /// <summary>Devices in all of them.</summary>
    private const int MostDevices = 100_000_000;

    /// <summary>All replicas the machines have room for; they are paid for either way.</summary>
    public required int Replicas { get; init; }
    public required double RatePerReplica { get; init; }
    public required Money CostPerMonth { get; init; }

    /// <summary>End-to-end time at its percentile, in seconds, for ordering.</summary>
    public required double EndToEndSeconds { get; init; }

    /// <summary>Its latencies as simulated; null until they are.</summary>
    public SimulatedLatencies? Simulated { get; init; }

    /// <summary>True when the weights were made narrower than they were published.</summary>
    public bool LosesQuality => !ReferenceEquals(Sized.Replica.Deployment.Weights, Model.StoredWeights);

    /// <summary>Null when it takes more machines or devices than can be.</summary>
    public static SizedPlan? Of(SizedReplica sized, Model model, Offer offer, double peakRate)
    {
        var perMachine = offer.Count / sized.Replica.Deployment.Parallelism.Devices;
        var needed = Math.Max(1, Math.Ceiling(peakRate / sized.MaximumRate));
        var wanted = Math.Ceiling(needed / perMachine);
        if (wanted > MostMachines || wanted * offer.Count > MostDevices)
            return null;
        var machines = (int)wanted;
        var replicas = machines * perMachine;
        var rate = peakRate / replicas;
        return new SizedPlan
        {
            Sized = sized,
            Model = model,
            Offer = offer,
            Machines = machines,
            Replicas = replicas,
            RatePerReplica = rate,
            CostPerMonth = MonthlyCost(offer, machines),
            EndToEndSeconds = sized.Replica.At(rate, 1)?.EndToEnd ?? double.PositiveInfinity,
        };
    }

    public static Money MonthlyCost(Offer offer, int machines) =>
        offer.OnDemandPerHour!.Value * (Money.HoursPerMonth * machines);
}
