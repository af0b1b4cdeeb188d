using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What changes as the load grows, when, and what it takes.</summary>
internal static class RoadmapSection
{
    public static ReportSection? Of(Plan plan)
    {
        var stages = plan.Roadmap.OrNone();
        if (stages.IsEmpty)
            return null;
        var blocks = ImmutableArray.CreateBuilder<Block>();
        if (RoadmapChart.Of(plan) is { } chart)
            blocks.Add(new Block.Picture(chart));
        blocks.Add(
            new Block.Bullets("What to do, and when it is time", [.. stages.Select(stage => Step(plan, stage))], true)
        );
        blocks.Add(new Block.Paragraph(Growth(plan.GrowthPerYear), IsQuiet: true));
        return new ReportSection("roadmap", RoadmapChart.Finding(plan), blocks.ToImmutable());
    }

    private static string Growth(PlanningRange growth) =>
        growth is { Low: 1, High: 1 }
            ? "No growth is assumed."
            : $"Growth is x{Significant.Three(growth.Base)} a year (x{Significant.Three(growth.Low)}-x{Significant.Three(growth.High)}).";

    private static string Step(Plan plan, RoadmapStage stage)
    {
        var text =
            $"At {Wording.Sentence(stage.Trigger)}, {When(plan, stage)}: {Wording.Sentence(stage.Action)}, then {Figures.Of(stage.CostPerMonthUsd)} USD/month.";
        if (stage.LeadTimeWeeks is { } weeks)
            text += $" Order {weeks.Base:0.#} weeks ({weeks.Low:0.#}-{weeks.High:0.#}) before.";
        if (stage.ExitCostUsd is { Value: > 0 } exit)
            text += $" Leaving the stage before costs {Figures.Of(exit)} USD.";
        return text;
    }

    /// <summary>Base growth first, then the range.</summary>
    private static string When(Plan plan, RoadmapStage stage)
    {
        var soonest = At(stage.MonthsAtHighGrowth, stage.DateAtHighGrowth);
        var middle = At(stage.MonthsAtBaseGrowth, stage.DateAtBaseGrowth);
        var latest = At(stage.MonthsAtLowGrowth, stage.DateAtLowGrowth);
        return (soonest, middle) switch
        {
            (null, null) when plan.GrowthPerYear is { Low: 1, High: 1 } => "no growth is assumed",
            (null, null) => $"not within {plan.HorizonMonths} months",
            (_, null) => $"{soonest} at high growth, beyond the horizon at base",
            _ => $"{middle} ({soonest ?? "?"} at high growth, {latest ?? "beyond the horizon"} at low)",
        };
    }

    private static string? At(double? months, string? date) =>
        date is { Length: > 0 } ? $"in {Wording.Name(date)}"
        : months is { } known ? $"in {known:0} months"
        : null;
}
