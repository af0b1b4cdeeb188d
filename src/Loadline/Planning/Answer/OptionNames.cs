namespace Loadline.Planning;

/// <summary>What an option is called in sentences, charts and tables: the same everywhere.</summary>
public static class OptionNames
{
    /// <summary>The part of a model id after the organisation.</summary>
    public static string ShortModel(string model) => model[(model.LastIndexOf('/') + 1)..];

    /// <summary>"rent: Qwen3-32B fp8 on 2x:nvidia-l40s-48gb".</summary>
    public static string Of(Candidate candidate) =>
        candidate.Way == Way.Api
            ? $"api: {ShortModel(candidate.Model)} at {candidate.Provider}"
            : $"{candidate.Way.ToString().ToLowerInvariant()}: {ShortModel(candidate.Model)} {candidate.WeightFormat} on {candidate.Hardware}{Apart(candidate.Pools)}";

    /// <inheritdoc cref="Of(Candidate)"/>
    internal static string Of(PlanOption option) =>
        option switch
        {
            ApiPlan api => $"api: {ShortModel(api.For.Id)} at {api.Api.Provider}",
            SizedPlan plan => $"{plan.Way.ToString().ToLowerInvariant()}: {Fleet(plan, plan.Machines)}",
            HybridPlan hybrid =>
                $"hybrid: {Fleet(hybrid.Whole, hybrid.BaseMachines + (hybrid.Api is null ? hybrid.RestMachines : 0))}",
            _ => option.Key,
        };

    private static string Fleet(SizedPlan plan, int machines) =>
        $"{ShortModel(plan.For.Id)} {plan.Sized.Replica.Deployment.Weights.Name} on {machines * plan.Supply.Count}x:{plan.Supply.Accelerator.Id}{Apart(plan.Sized.Replica.Split)}";

    private static string Apart(PoolSplit? pools) => pools is null ? "" : ", prefill apart";
}
