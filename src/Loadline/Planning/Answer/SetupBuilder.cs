using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What the recommended plan is set up with, for the files that start it.</summary>
internal static class SetupBuilder
{
    /// <summary>Contexts are told to engines in steps of this.</summary>
    private const int ContextStep = 1024;

    /// <summary>Share of requests that must fit; longer ones are refused by the engine.</summary>
    private const double LongestShare = 0.999;

    /// <summary>Null where nothing is set up: a hosted API does it all.</summary>
    public static DeploymentSetup? Of(PlanContext context, PlanOption option, Candidate candidate)
    {
        if ((option as SizedPlan ?? (option as HybridPlan)?.Whole) is not { } plan)
            return null;
        var deployment = plan.Sized.Replica.Deployment;
        var model = plan.For.Model!;
        var supply = (option as HybridPlan)?.Rest ?? plan.Supply;
        return new DeploymentSetup
        {
            Name = context.Scenario.Name,
            Model = model.Id,
            WeightFormat = deployment.Weights.Name,
            WeightsAsReleased = ReferenceEquals(deployment.Weights, model.StoredWeights),
            WeightBytes = model.Architecture.Tensors.SizeIn(deployment.Weights),
            KvFormat = deployment.KvCache.Name,
            Engine = deployment.Engine.Id,
            EngineVersion = deployment.Rules.Since,
            Accelerator = plan.Supply.Accelerator.Id,
            Vendor = plan.Supply.Accelerator.Vendor,
            DevicesPerMachine = plan.Supply.Count,
            Machines = candidate.Machines,
            ReplicasPerMachine = plan.ReplicasPerMachine * (plan.Sized.Replica.Split?.Replicas ?? 1),
            Pools = plan.Sized.Replica.Split,
            Parallelism = deployment.Parallelism,
            SpareReplicas = candidate.SpareReplicas,
            ContextTokens = ContextOf(context.Scenario.Workload, model.Architecture.MaximumContext),
            MemoryFraction =
                deployment.Rules.MemoryBudget == MemoryBudget.FractionOfDevice ? deployment.Rules.MemoryFraction : null,
            PrefixCaching = context.Scenario.Workload.SharedPrefixTokens > 0,
            Way = candidate.Way,
            Provider = supply.Provider,
            Region = supply.Region,
            Instance = supply.Instance,
            Terms = candidate.Terms,
            RequestsInFlightPerReplica =
                (candidate.RequestsInFlight?.High ?? 1)
                / Math.Max(1, plan.Replicas * (plan.Sized.Replica.Split?.Replicas ?? 1)),
            PeakRequestsPerSecond = context.Found.Demand.PeakRequestsPerSecond.Value,
            CostPerMonthUsd = candidate.CostPerMonthUsd,
            CapitalUsd = candidate.CapitalUsd,
            PowerKilowatts = candidate.PowerKilowatts,
            PriceAsOf = candidate.PriceAsOf,
        };
    }

    private static int ContextOf(Workload workload, int? most)
    {
        var longest = workload.PromptTokens.Percentile(LongestShare) + workload.OutputTokens.Percentile(LongestShare);
        var rounded = (int)Math.Min(int.MaxValue / 2, Math.Ceiling(longest / ContextStep) * ContextStep);
        return Math.Min(rounded, most ?? int.MaxValue);
    }
}
