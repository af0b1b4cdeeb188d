using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>How the recommended fleet grows with the certainty asked of it, and what physics leaves at least.</summary>
internal static class SizingBuilder
{
    private static readonly double[] Confidences = [0.5, 0.9, 0.99];

    public static Sizing Of(SizedPlan plan, PlanContext context)
    {
        var costs = context.Found.Costs;
        var load = context.Found.Search.Load;
        var draws = new PlanDraws(load);
        var asked = context.Scenario.Objectives.Confidence;
        return new Sizing
        {
            Sizes =
            [
                .. Confidences
                    .Append(asked)
                    .Distinct()
                    .Order()
                    .Select(confidence =>
                    {
                        var replicas = draws.ReplicasFor(plan.Sized, confidence);
                        var machines = replicas is { } count ? Machines(plan, count, costs, load) : null;
                        return new SizeAtConfidence(
                            confidence,
                            replicas,
                            machines,
                            machines is { } known ? CostOf(known) : null
                        );
                    }),
            ],
            Inputs = draws.SharesOf(plan.Sized, asked, SavedBy),
            Draws = PlanDraws.Count,
            Seed = (int)PlanDraws.Seed,
        };

        // Machines beyond a base come from elsewhere.
        double CostOf(int machines) =>
            context.Choice.Winner is HybridPlan { Api: null } hybrid
                ? costs.Hybrid.Monthly(hybrid, machines)
                : costs.Machines.Monthly(plan.Supply, machines, plan.MachinesPerReplica);

        double SavedBy(int fewer) =>
            Machines(plan, fewer, costs, load) is { } machines ? CostOf(plan.Machines) - CostOf(machines) : 0;
    }

    public static ImmutableArray<LowerBound> LowerBounds(SizedPlan plan, PlanContext context)
    {
        var deployment = plan.Sized.Replica.Deployment;
        var bounds = new SearchBounds(plan.For.Model!, deployment.Weights, context.Scenario);
        var accelerator = plan.Supply.Accelerator;
        var rate = context.Found.Search.Load.NominalRate;
        var bySequences = bounds.MostByBandwidth(accelerator, deployment.Rules.MaximumSequences);
        return
        [
            new LowerBound(
                "memory",
                bounds.DevicesForMemory(accelerator),
                $"the weights over the {accelerator.MemoryOnOffer} of one device"
            ),
            new LowerBound(
                "arithmetic",
                rate / bounds.MostByArithmetic(accelerator),
                "two operations for every parameter a token touches, at the peak rate of the datasheet"
            ),
            new LowerBound(
                "memory bandwidth",
                rate / bySequences,
                $"the weights read once a step with the {deployment.Rules.MaximumSequences} sequences the engine takes"
            ),
        ];
    }

    private static int? Machines(SizedPlan plan, int replicas, PlanCosts costs, LoadUncertainty load) =>
        costs
            .PlanOf(
                plan.Sized with
                {
                    MaximumRate = load.NominalRate / replicas * 1.0001,
                },
                plan.Supply,
                load.NominalRate
            )
            ?.Machines;
}
