using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What the best of each way has cost by each month, with its range and where one overtakes another.</summary>
internal static class CostChart
{
    private const double PlotHeight = 320;
    private const double MarkRadius = 5;

    public static Chart? Of(Plan plan)
    {
        if (plan.CostOverTime is not { } costs)
            return null;
        var series = costs
            .Series.OrNone()
            .Where(series => series.CumulativeUsd.OrNone().Length > 1)
            .Where(series => series.CumulativeUsd.All(cost => double.IsFinite(cost.Value)))
            .ToImmutableArray();
        if (series.IsEmpty)
            return null;
        return new Chart
        {
            Id = "cost-chart",
            Title = CostFinding.Of(costs),
            Description =
                "One line for each way: what has been paid in all, from the first day to the horizon; the band around it is the 90 % range.",
            Note =
                "Bands are 90 % ranges. A ring marks the month from which one way has cost less than another, at base growth.",
            Draw = width => Draw(plan, costs, series, width),
            Values = Values(costs, series),
        };
    }

    private static Canvas Draw(Plan plan, CostOverTime costs, ImmutableArray<CostSeries> series, double width)
    {
        var isNarrow = width < 500;
        var top = Axis.TopRoom + 16;
        var canvas = new Canvas(width, top + PlotHeight + Axis.BottomRoom);
        var highest = series.Max(line => line.CumulativeUsd.Select(cost => cost.High).Where(double.IsFinite).Max());
        var up = Scale.FromZero(highest, top + PlotHeight, top, 7);
        var left = Axis.RoomFor(up, Axis.Written);
        var months = series.Max(line => line.CumulativeUsd.Length) - 1;
        var right = Scale.Months(months, left, width - (isNarrow ? 76 : 200), isNarrow ? 5 : 8);
        var plot = new Box(left, top, right.At(months) - left, PlotHeight);
        Axis.Left(canvas, up, plot, "USD in all", Axis.Written);
        var dated = isNarrow ? null : Wording.MonthAfter(costs.Start, 0);
        Axis.Bottom(canvas, right, plot, dated is null ? "months" : $"months from {dated}");
        foreach (var line in series)
        {
            var look = ShownOption.LookOf(line.Way, plan);
            var above = line.CumulativeUsd.Select((cost, month) => (right.At(month), up.At(cost.High)));
            var below = line.CumulativeUsd.Select((cost, month) => (right.At(month), up.At(cost.Low)));
            canvas.Polygon([.. above, .. below.Reverse()], $"band {look}");
        }
        foreach (var line in series)
            canvas.Polyline(
                line.CumulativeUsd.Select((cost, month) => (right.At(month), up.At(cost.Value))),
                $"line {ShownOption.LookOf(line.Way, plan)}"
            );
        BreakEvens(canvas, costs, series, plot, right, up);
        EndLabels(canvas, plan, series, plot, up);
        return canvas;
    }

    private static void BreakEvens(
        Canvas canvas,
        CostOverTime costs,
        ImmutableArray<CostSeries> series,
        Box plot,
        Scale right,
        Scale up
    )
    {
        var marks = costs
            .BreakEvens.OrNone()
            .Where(mark => mark.Month is { } month && double.IsFinite(month) && month >= 0 && month <= right.High)
            .Select(mark => (Month: mark.Month!.Value, Line: series.FirstOrDefault(line => line.Name == mark.Cheaper)))
            .Where(mark => mark.Line is not null)
            .ToList();
        var texts = marks.Select(mark => $"month {mark.Month:0}").ToList();
        var room = texts.Select(text => TextWidth.Of(text, Canvas.LabelSize)).DefaultIfEmpty(0).Max() + 14;
        var places = LabelPlacement.Apart(
            [.. marks.Select(mark => right.At(mark.Month))],
            room,
            plot.Left + room / 2,
            plot.Right
        );
        for (var i = 0; i < marks.Count; i++)
        {
            var x = right.At(marks[i].Month);
            var y = up.At(At(marks[i].Line!, marks[i].Month));
            canvas.Line(x, y, x, plot.Bottom, "limit");
            canvas.Line(x, y, places[i], plot.Top - 4, "leader");
            canvas.Circle(x, y, MarkRadius, "ring");
            canvas.Text(places[i], plot.Top - 8, texts[i], "l b m");
        }
    }

    /// <summary>Between two months, in a straight line.</summary>
    private static double At(CostSeries line, double month)
    {
        var before = Math.Min((int)month, line.CumulativeUsd.Length - 1);
        var after = Math.Min(before + 1, line.CumulativeUsd.Length - 1);
        var share = month - before;
        return line.CumulativeUsd[before].Value * (1 - share) + line.CumulativeUsd[after].Value * share;
    }

    private static void EndLabels(Canvas canvas, Plan plan, ImmutableArray<CostSeries> series, Box plot, Scale up)
    {
        var isNarrow = canvas.Width < 500;
        var gap = isNarrow ? 18 : 38;
        var ends = series.Select(line => up.At(line.CumulativeUsd[^1].Value)).ToList();
        var places = LabelPlacement.Apart(ends, gap, plot.Top + 8, plot.Bottom - (isNarrow ? 0 : 16));
        for (var i = 0; i < series.Length; i++)
        {
            var isAccent = series[i].Way == plan.Recommended?.Way;
            var x = plot.Right + 8;
            canvas.Line(plot.Right + 1, ends[i], x - 1, places[i], $"line {ShownOption.LookOf(series[i].Way, plan)}");
            canvas.Text(x + 2, places[i] + 4, Wording.Short(series[i].Way), isAccent ? "l b" : "l");
            if (!isNarrow)
                canvas.Text(x + 2, places[i] + 20, Range(series[i].CumulativeUsd[^1]), "t");
        }
    }

    private static string Range(Estimate cost)
    {
        var written = Figures.Written(cost);
        return written.Range.Length == 0 ? written.Value : $"{written.Value} ({written.Range})";
    }

    private static Block.Table Values(CostOverTime costs, ImmutableArray<CostSeries> series)
    {
        var months = series.Max(line => line.CumulativeUsd.Length) - 1;
        var shown = Scale.Months(months, 0, 1, 8).Ticks.Select(tick => (int)tick);
        return new Block.Table(
            "Paid in all by the end of a month, in USD",
            ["Month", .. series.Select(line => $">{Wording.Name(line.Name)}")],
            [
                .. shown.Select(month =>
                    (ImmutableArray<Cell>)
                        [
                            new Cell($"{month}", Wording.MonthAfter(costs.Start, month) ?? ""),
                            .. series.Select(line =>
                                month < line.CumulativeUsd.Length ? Cell.Of(line.CumulativeUsd[month]) : "-"
                            ),
                        ]
                ),
            ]
        );
    }
}
