using System.Collections.Immutable;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Works a sized plan out in full: latencies with intervals, costs, confidence and what binds.</summary>
internal static class CandidateBuilder
{
    /// <summary>
    /// 90 % range of a dated rental price, both ways: one-year leases of one chip moved by 38 % within five months of
    /// 2025-26 and medians by 10 % within 30 days (docs/planning.md).
    /// </summary>
    public const double PriceSpread = 1.25;

    /// <summary>Below this share of what the replicas carry, the smallest machine on offer is what binds.</summary>
    private const double LightLoad = 0.7;

    /// <summary>Loss of task score by 8-bit weights: mostly within 1 %, at most 1.5 % (docs/planning.md).</summary>
    public static readonly Estimate EightBitLoss = new(0.005, 0, 0.015, Evidence.Assumed);

    public static Candidate Build(SizedPlan plan, Scenario scenario)
    {
        var replica = plan.Sized.Replica;
        var deployment = replica.Deployment;
        var error = replica.Error;
        var slow = error.Factor;
        var closed = replica.At(plan.RatePerReplica, 1, out var point)!.Value;
        var simulated = plan.Simulated;
        var middle = simulated?.Middle ?? closed;
        var best = simulated?.Best ?? replica.At(plan.RatePerReplica, 1 / slow, out _)!.Value;
        // MaximumRate demands that the replica keeps up at the upper end of its interval, so this has a value.
        var worst = replica.At(plan.RatePerReplica, slow, out _)!.Value;
        if (simulated is not null && double.IsFinite(simulated.Worst.EndToEnd))
            worst = simulated.Worst;
        // Percentiles are closed forms until they are simulated, whatever the grade of the step times.
        var evidence = simulated is null ? Evidence.Assumed : error.Evidence;
        var firstToken = Math.Pow(slow, error.FirstTokenExponent - 1);
        var cost = Estimate.WithinFactor((double)plan.CostPerMonth.Usd, PriceSpread, Evidence.Assumed);

        var demand = Demand.Of(scenario);
        var tokens = demand.PromptTokensPerMonth.Value + demand.OutputTokensPerMonth.Value;
        var requests = demand.MeanRequestsPerSecond.Value * (double)Money.HoursPerMonth * 3600;

        return new Candidate
        {
            Way = Way.Rent,
            Terms = "on demand",
            Model = plan.Model.Id,
            WeightFormat = deployment.Weights.Name,
            KvFormat = deployment.KvCache.Name,
            Engine = $"{deployment.Engine.Id}@{deployment.Rules.Since}",
            Hardware = $"{plan.Offer.Count * plan.Machines}x:{plan.Offer.Accelerator}",
            Offer = plan.Offer.Id,
            Provider = plan.Offer.Provider,
            Region = plan.Offer.Region,
            Machines = plan.Machines,
            Replicas = plan.Replicas,
            Parallelism = deployment.Parallelism,
            PerDevice = DevicesOf(plan, scenario, point),
            TtftSeconds = Between(middle.Ttft, best.Ttft / firstToken, worst.Ttft * firstToken, evidence),
            TpotSeconds = Between(middle.Tpot, best.Tpot, worst.Tpot, evidence),
            EndToEndSeconds = Between(middle.EndToEnd, best.EndToEnd, worst.EndToEnd, evidence),
            SimulatedRequests = simulated?.Requests,
            RequestsInFlight = Estimate.WithinFactor(point.InFlight * plan.Replicas, slow, error.Evidence),
            MaximumRequestsPerSecond = plan.Sized.MaximumRate * plan.Replicas,
            QualityLoss =
                deployment.Weights.Name == "fp8" && plan.Model.Architecture.StoredFormat is null
                    ? EightBitLoss
                    : Estimate.Exact(0),
            CostPerMonthUsd = cost,
            CostOverHorizonUsd = cost * scenario.HorizonMonths,
            CapitalUsd = Estimate.Exact(0),
            CostPerMillionTokensUsd = cost * (1e6 / tokens),
            CostPerRequestUsd = cost * (1 / requests),
            CostLines = [new CostLine("rent", cost, plan.Offer.Source)],
            Confidence = replica.ConfidenceAt(plan.RatePerReplica),
            BindingConstraint = WhatBinds(plan),
            PriceAsOf = plan.Offer.AsOf,
        };
    }

    /// <summary>Where a slow run is a closed form, it may lie below the simulated middle.</summary>
    private static Estimate Between(double middle, double best, double worst, Evidence evidence) =>
        new(middle, Math.Min(middle, best), Math.Max(middle, worst), evidence);

    private static ImmutableArray<DeviceSummary> DevicesOf(SizedPlan plan, Scenario scenario, ServingPoint point)
    {
        var typical = (long)Math.Ceiling(scenario.Workload.PromptTokens.Mean + scenario.Workload.OutputTokens.Mean);
        var memory = plan.Sized.Replica.Memory.With(typical, (long)Math.Ceiling(point.InFlight));
        return
        [
            .. Enumerable
                .Range(0, plan.Sized.Replica.Deployment.Parallelism.Devices)
                .Select(index => DeviceSummary.Of($"{plan.Offer.Accelerator}#{index}", memory)),
        ];
    }

    private static string WhatBinds(SizedPlan plan)
    {
        var share = plan.RatePerReplica / plan.Sized.MaximumRate;
        if (plan.Machines == 1 && share < LightLoad)
            return $"size of the smallest machine on offer ({share * 100:0} % used)";
        return plan.Sized.Replica.WhatBinds(plan.Sized.MaximumRate * 1.02);
    }
}
