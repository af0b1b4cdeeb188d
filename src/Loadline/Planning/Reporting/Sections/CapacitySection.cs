using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>The load, what carries it, and how long people wait at its peak.</summary>
internal static class CapacitySection
{
    public static ReportSection Of(Plan plan)
    {
        var blocks = ImmutableArray.CreateBuilder<Block>();
        if (LatencyChart.Of(plan) is { } chart)
            blocks.Add(new Block.Picture(chart));
        else if (plan.Recommended is not null)
            blocks.Add(new Block.Paragraph("How long people wait was not measured for this option."));
        blocks.Add(Load(plan.Demand));
        return new ReportSection("capacity", Finding(plan), blocks.ToImmutable());
    }

    private static string Finding(Plan plan)
    {
        var peak = plan.Demand.PeakRequestsPerSecond.Value;
        if (plan.Recommended?.MaximumRequestsPerSecond is not { } most)
            return $"The load is {Significant.Three(peak)} requests/s in the busiest hour";
        return most >= peak && peak > 0
            ? $"It carries {Significant.Three(most)} requests/s, {Significant.Three(most / peak)} times the busiest hour"
            : $"It carries {Significant.Three(most)} requests/s of {Significant.Three(peak)} in the busiest hour";
    }

    private static Block.Table Load(Demand demand)
    {
        var rows = new List<ImmutableArray<Cell>>();
        if (demand.People is { } people)
            rows.Add(["people who may use it", Cell.Of(people)]);
        if (demand.ActiveUsers is { } active)
            rows.Add(["of them in a conversation in the busiest hour", Cell.Of(active)]);
        rows.Add(["requests/s in the busiest hour", Cell.Of(demand.PeakRequestsPerSecond)]);
        rows.Add(["requests/s, mean of the month", Cell.Of(demand.MeanRequestsPerSecond)]);
        rows.Add(["requests in flight at most, were answers as slow as allowed", Cell.Of(demand.RequestsInFlight)]);
        rows.Add(["million prompt tokens/month", Cell.Of(demand.PromptTokensPerMonth, 1e6)]);
        rows.Add(["million output tokens/month", Cell.Of(demand.OutputTokensPerMonth, 1e6)]);
        return new Block.Table("The load, from people to tokens", ["Load", ">Estimate"], [.. rows]);
    }
}
