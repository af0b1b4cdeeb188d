using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Cost over time, where one way overtakes another, and what the monthly cost is made of.</summary>
internal static class CostSection
{
    public static ReportSection? Of(Plan plan)
    {
        var blocks = ImmutableArray.CreateBuilder<Block>();
        if (CostChart.Of(plan) is { } chart)
            blocks.Add(new Block.Picture(chart));
        if (plan.CostOverTime is { } costs)
        {
            var turns = costs
                .BreakEvens.OrNone()
                .Select(mark => mark.Text)
                .Concat(costs.Volumes.OrNone().Select(volume => volume.Text))
                .Where(text => !string.IsNullOrWhiteSpace(text));
            var sentences = Wording.Sentences([.. turns]);
            if (!sentences.IsEmpty)
                blocks.Add(new Block.Bullets("Where the order changes", sentences));
        }
        if (plan.Recommended is { } winner && !winner.CostLines.OrNone().IsEmpty)
            blocks.Add(Lines(winner));
        return blocks.Count == 0 ? null : new ReportSection("cost", Finding(plan), blocks.ToImmutable());
    }

    private static string Finding(Plan plan)
    {
        if (plan.CostOverTime is { } costs && CostChart.Of(plan) is not null)
            return CostFinding.Of(costs);
        return plan.Recommended is { } winner
            ? $"It costs {Significant.Three(winner.CostOverHorizonUsd.Value)} USD over {plan.HorizonMonths} months"
            : "What it costs over time is not known";
    }

    private static Block.Table Lines(Candidate winner) =>
        new(
            "What the monthly cost of the recommended option is made of",
            ["Part", ">USD/month", "From"],
            [
                .. winner
                    .CostLines.OrNone()
                    .Select(line =>
                        (ImmutableArray<Cell>)
                            [Wording.Name(line.What), Cell.Of(line.PerMonthUsd), Wording.Sentence(line.From)]
                    ),
            ]
        );
}
