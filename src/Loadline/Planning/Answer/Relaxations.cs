using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Plans a scenario without a plan again, with one demand given up at a time.</summary>
internal sealed class Relaxations(PlanContext context, CancellationToken cancellation)
{
    private readonly Scenario scenario = context.Scenario;

    private Search Found => context.Found.Search;

    /// <summary>What would have to give for there to be a plan, each alone.</summary>
    public ImmutableArray<string> All()
    {
        var found = new List<string>();
        var objectives = scenario.Objectives;
        // Where machines meet the objectives, something else stands in the way.
        if (!Found.Options.OfType<SizedPlan>().Any() && Found.Nearest is { } nearest)
            found.Add(
                $"Allow {nearest.Miss.What} of {nearest.Miss.Found} instead of {nearest.Miss.Limit}: {nearest.What} reaches that"
            );
        Try(
            "Give up the limit on the time per token",
            With(objectives with { Tpot = null }),
            objectives.Tpot is not null
        );
        Try(
            "Give up the limit on the time to the first token",
            With(objectives with { Ttft = null }),
            objectives.Ttft is not null
        );
        Try(
            "Give up the limit on the whole answer",
            With(objectives with { EndToEnd = null }),
            objectives.EndToEnd is not null
        );
        Try("Be content with 50 % confidence", With(objectives with { Confidence = 0.5 }), objectives.Confidence > 0.5);
        Try(
            "Spend more a month",
            scenario with
            {
                Budget = scenario.Budget with { MaximumMonthly = null },
            },
            scenario.Budget.MaximumMonthly is not null
        );
        Try(
            "Draw more power",
            scenario with
            {
                Deployment = scenario.Deployment with { MaximumKilowatts = null },
            },
            scenario.Deployment.MaximumKilowatts is not null
        );
        Try(
            "Spend more at once",
            scenario with
            {
                Budget = scenario.Budget with { MaximumCapital = null },
            },
            scenario.Budget.MaximumCapital is not null
        );
        Try(
            "Allow hosted APIs, rent and purchase alike",
            scenario with
            {
                Deployment = scenario.Deployment with { Allow = ["api", "rent", "buy"] },
            },
            scenario.Deployment.Allow.Length < 3
        );
        Try(
            "Let the data be anywhere",
            scenario with
            {
                Deployment = scenario.Deployment with { Data = null, Regions = [] },
            },
            scenario.Deployment.Data is not null || !scenario.Deployment.Regions.IsEmpty
        );
        Try(
            "Ask for less capability",
            scenario with
            {
                Models = scenario.Models with { MinimumCapability = ImmutableSortedDictionary<string, double>.Empty },
            },
            !scenario.Models.MinimumCapability.IsEmpty
        );
        Try(
            "Accept the loss of any format",
            scenario with
            {
                Models = scenario.Models with { MaximumQualityLoss = 1 },
            },
            scenario.Models.MaximumQualityLoss is not null
        );
        return [.. found];

        void Try(string what, Scenario changed, bool applies)
        {
            if (applies && Best(changed) is { } option)
                found.Add($"{what}: {OptionNames.Of(option)} at {Significant.Three(option.CostPerMonth)} USD a month");
        }
    }

    private PlanOption? Best(Scenario changed) => context.Planner.Best(changed, null, 1, cancellation);

    private Scenario With(Objectives objectives) => scenario with { Objectives = objectives };
}
