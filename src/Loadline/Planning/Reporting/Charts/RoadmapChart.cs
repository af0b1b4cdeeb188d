using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>When each stage comes, from high to low growth, on one line of months.</summary>
internal static class RoadmapChart
{
    private const double RowHeight = 62;
    private const double LineTop = 38;
    private const double LineHeight = 17;
    private const double WeeksPerMonth = 52.18 / 12;

    public static Chart? Of(Plan plan)
    {
        var stages = plan.Roadmap.OrNone();
        if (!stages.Any(stage => Months(stage).Any()))
            return null;
        return new Chart
        {
            Id = "roadmap-chart",
            Title = Finding(plan),
            Description =
                "For each stage a line over the months, from when it comes at high growth to when it comes at low growth, with a point at base growth.",
            Note = stages.Any(stage => stage.LeadTimeWeeks is not null)
                ? "Left end: high growth; point: base growth; right end: low growth, with an arrow where that lies beyond. Triangle: latest order at base growth."
                : "Left end: high growth; point: base growth; right end: low growth, with an arrow where that lies beyond.",
            Draw = width => Draw(plan, stages, width),
            Values = Values(stages),
        };
    }

    public static string Finding(Plan plan)
    {
        var stages = plan.Roadmap.OrNone();
        if (stages.IsEmpty || !Months(stages[0]).Any())
            return $"The plan carries the load for all {plan.HorizonMonths} months";
        var first = stages[0];
        return first.MonthsAtBaseGrowth is { } middle
            ? $"The first change comes in {middle:0} months ({Whole(first.MonthsAtHighGrowth)} to {Whole(first.MonthsAtLowGrowth, plan)})"
            : $"The first change comes only at high growth, in {Whole(first.MonthsAtHighGrowth)} months";
    }

    private static string Whole(double? months, Plan? plan = null) =>
        months is { } known ? $"{known:0}"
        : plan is null ? "?"
        : $"over {plan.HorizonMonths}";

    private static IEnumerable<double> Months(RoadmapStage stage) =>
        new[] { stage.MonthsAtHighGrowth, stage.MonthsAtBaseGrowth, stage.MonthsAtLowGrowth }
            .OfType<double>()
            .Where(month => double.IsFinite(month) && month >= 0);

    private static Canvas Draw(Plan plan, ImmutableArray<RoadmapStage> stages, double width)
    {
        var isNarrow = width < 500;
        var most = isNarrow ? 2 : 1;
        var texts = stages.Select((stage, index) => Lines(stage, index + 1, width, most)).ToList();
        var height = RowHeight + (texts.Max(lines => lines.Count) - 1) * LineHeight;
        var canvas = new Canvas(width, stages.Length * height + Axis.BottomRoom);
        var plot = new Box(8, 0, width - (isNarrow ? 40 : 48), stages.Length * height);
        var scale = Scale.Months(plan.HorizonMonths, plot.Left, plot.Right, isNarrow ? 5 : 8);
        var dated = Wording.MonthAfter(plan.CostOverTime?.Start ?? plan.Record?.Start, 0);
        Axis.Bottom(canvas, scale, plot, dated is null ? "months from now" : $"months from {dated}");
        for (var i = 0; i < stages.Length; i++)
        {
            var bottom = (i + 1) * height;
            var top = bottom - RowHeight - (texts[i].Count - 1) * LineHeight;
            foreach (var line in texts[i])
            {
                canvas.Rectangle(0, top + 2, TextWidth.Of(line, Canvas.LabelSize), 18, "paper");
                canvas.Text(0, top + 15, line);
                top += LineHeight;
            }
            Draw(canvas, stages[i], bottom - RowHeight + LineTop, scale, plot);
        }
        return canvas;
    }

    private static IReadOnlyList<string> Lines(RoadmapStage stage, int number, double width, int most)
    {
        var cost = $"{Significant.Three(stage.CostPerMonthUsd.Value)} USD/month";
        var text = $"{number}. {Wording.Sentence(stage.Action)}, then {cost}";
        return TextWidth.Lines(text, width - 4, Canvas.LabelSize, most);
    }

    private static void Draw(Canvas canvas, RoadmapStage stage, double y, Scale scale, Box plot)
    {
        if (!Months(stage).Any())
        {
            canvas.Text(plot.Left, y + 4, "not within the horizon", "t");
            return;
        }
        var soonest = scale.At(Months(stage).Min());
        var latest = stage.MonthsAtLowGrowth is { } low ? scale.At(low) : plot.Right;
        canvas.Line(soonest, y, latest, y, "span accent");
        canvas.Line(soonest, y - 6, soonest, y + 6, "span accent");
        if (stage.MonthsAtLowGrowth is null)
            canvas.Polygon([(latest, y - 6), (latest + 10, y), (latest, y + 6)], "fill accent");
        else
            canvas.Line(latest, y - 6, latest, y + 6, "span accent");
        if (stage.MonthsAtBaseGrowth is not { } month || !double.IsFinite(month))
            return;
        var x = scale.At(month);
        if (stage.LeadTimeWeeks is { } weeks && double.IsFinite(weeks.Base))
        {
            var order = scale.At(month - weeks.Base / WeeksPerMonth);
            canvas.Polygon([(order - 6, y - 11), (order + 6, y - 11), (order, y - 2)], "ink");
        }
        canvas.Circle(x, y, 6, "dot accent");
        canvas.Text(
            Math.Min(x, plot.Right - 20),
            y + 20,
            Wording.Name(stage.DateAtBaseGrowth ?? $"month {month:0}"),
            "t m strong"
        );
    }

    private static Block.Table Values(ImmutableArray<RoadmapStage> stages) =>
        new(
            "Stages",
            ["Stage", ">High growth", ">Base growth", ">Low growth", ">USD/month then"],
            [
                .. stages.Select(
                    (stage, index) =>
                        (ImmutableArray<Cell>)
                            [
                                new Cell(
                                    $"{index + 1}. {Wording.Sentence(stage.Action)}",
                                    Wording.Sentence(stage.Trigger)
                                ),
                                When(stage.MonthsAtHighGrowth, stage.DateAtHighGrowth),
                                When(stage.MonthsAtBaseGrowth, stage.DateAtBaseGrowth),
                                When(stage.MonthsAtLowGrowth, stage.DateAtLowGrowth),
                                Cell.Of(stage.CostPerMonthUsd),
                            ]
                ),
            ]
        );

    private static Cell When(double? months, string? date) =>
        months is { } known ? new Cell($"month {known:0}", Wording.Name(date)) : "beyond";
}
