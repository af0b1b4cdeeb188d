using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What serving costs with a prompt of some length, as the planner finds it for the scenario's load.</summary>
internal sealed class AdaptationServing(CatalogReader catalog, Func<string, Model> models, Scenario scenario)
{
    private const double SecondsPerMonth = (double)Money.HoursPerMonth * 3600;

    private readonly Dictionary<(double Total, double Shared, bool OnMachines, string? Model), ServingCost?> known = [];
    private readonly Planner planner = new(catalog, models) { Verifies = false, AsksWhatIf = false };

    /// <summary>The cheapest way that the scenario allows; null where there is none.</summary>
    /// <param name="prompt">A mean prompt.</param>
    /// <param name="shared">Tokens at its start that are found in the cache.</param>
    /// <param name="onMachines">True where own weights are served, which no hosted model of the catalog does.</param>
    /// <param name="model">In place of the scenario's candidates; null for those.</param>
    public ServingCost? Of(PromptParts prompt, double shared, bool onMachines, string? model = null)
    {
        var key = (prompt.Total, shared, onMachines, model);
        if (!known.TryGetValue(key, out var cost))
            known[key] = cost = Search(prompt, shared, onMachines, model);
        return cost;
    }

    private ServingCost? Search(PromptParts prompt, double shared, bool onMachines, string? model)
    {
        var workload = scenario.Workload;
        var lengths = prompt.Lengths(workload.PromptTokens);
        var variant = scenario with
        {
            Streams =
            [
                workload with
                {
                    PromptTokens = lengths,
                    SharedPrefixTokens = Math.Min(shared, lengths.Mean - 1),
                },
            ],
        };
        if (onMachines)
            variant = variant with
            {
                Deployment = variant.Deployment with
                {
                    Allow = [.. variant.Deployment.Allow.Where(way => way != "api")],
                },
            };
        if (model is not null)
            variant = variant with { Models = variant.Models with { Candidates = [model], AreNamed = true } };
        if (variant.Deployment.Allow.IsEmpty && variant.Deployment.Current is null)
            return null;
        var found = planner.Searched(variant);
        var best = PlanChoice
            .Affordable(found)
            .Find(option => option.For.IsKnown && (!onMachines || option.For.Model is not null));
        return best is null
            ? null
            : new ServingCost(
                new CandidateBuilder(variant, found).Build(best),
                Marginal(best, found, workload),
                (best as ApiPlan)?.Api
            );
    }

    /// <summary>USD per request where whole machines are full: what volume is decided by.</summary>
    private static double Marginal(PlanOption option, FoundPlans found, Workload workload)
    {
        switch (option)
        {
            case ApiPlan api:
                return api.CostPerRequest;
            case HybridPlan hybrid:
                return Marginal(hybrid.Whole, found, workload);
            case SizedPlan plan:
                var carried = plan.Sized.MaximumRate * plan.ReplicasPerMachine / plan.MachinesPerReplica;
                return found.Costs.Machines.MachinesPerMonth(plan.Supply, 1, plan.MachinesPerReplica)
                    / (carried * workload.MeanShare * SecondsPerMonth);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}

/// <summary>A way of serving and what it costs.</summary>
/// <param name="Candidate">In full.</param>
/// <param name="MarginalUsd">USD per further request.</param>
/// <param name="Api">Null where it is served on machines.</param>
internal sealed record ServingCost(Candidate Candidate, double MarginalUsd, ApiOffer? Api)
{
    public Estimate PerMonthUsd => Candidate.CostPerMonthUsd;
}
