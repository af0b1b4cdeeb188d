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

    /// <summary>Deployments times offers looked at, those excluded with a reason among them.</summary>
    public int Considered { get; set; }
}

/// <summary>A replica and the rate it carries with the confidence asked for.</summary>
internal sealed record SizedReplica(ReplicaUnderLoad Replica, double MaximumRate, ImmutableArray<string> Assumptions);

/// <summary>So many machines of one offer that their replicas carry the peak.</summary>
internal sealed record SizedPlan
{
    public required SizedReplica Sized { get; init; }
    public required Model Model { get; init; }
    public required Offer Offer { get; init; }
    public required int Machines { get; init; }

    /// <summary>All replicas the machines have room for; they are paid for either way.</summary>
    public required int Replicas { get; init; }
    public required double RatePerReplica { get; init; }
    public required Money CostPerMonth { get; init; }

    /// <summary>End-to-end time at its percentile, in seconds, for ordering.</summary>
    public required double EndToEndSeconds { get; init; }

    /// <summary>True when the weights were made narrower than they were published.</summary>
    public bool LosesQuality => !ReferenceEquals(Sized.Replica.Deployment.Weights, Model.StoredWeights);

    public static SizedPlan Of(SizedReplica sized, Model model, Offer offer, double peakRate)
    {
        var perMachine = offer.Count / sized.Replica.Deployment.Parallelism.Devices;
        var needed = Math.Max(1, (long)Math.Ceiling(peakRate / sized.MaximumRate));
        var machines = checked((int)((needed + perMachine - 1) / perMachine));
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
