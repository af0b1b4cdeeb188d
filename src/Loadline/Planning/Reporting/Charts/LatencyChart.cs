using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>The three waits of a request at peak load, each against the longest that is allowed.</summary>
internal static class LatencyChart
{
    private const double RowHeight = 92;
    private const double BarTop = 48;

    private sealed record Row(string Name, string Term, Estimate? Seconds, double? Limit, double Percentile);

    public static Chart? Of(Plan plan)
    {
        if (plan.Recommended is not { } winner)
            return null;
        Row[] all =
        [
            new(
                "first words",
                "time to first token",
                winner.TtftSeconds,
                plan.Objectives?.TtftSeconds,
                plan.Percentiles.Ttft
            ),
            new(
                "each further token",
                "time per output token",
                winner.TpotSeconds,
                plan.Objectives?.TpotSeconds,
                plan.Percentiles.Tpot
            ),
            new(
                "whole answer",
                "end to end",
                winner.EndToEndSeconds,
                plan.Objectives?.EndToEndSeconds,
                plan.Percentiles.EndToEnd
            ),
        ];
        var rows = all.Where(row => row.Seconds is { } time && double.IsFinite(time.Value)).ToImmutableArray();
        if (rows.IsEmpty)
            return null;
        return new Chart
        {
            Id = "latency-chart",
            Title = Finding(plan, rows),
            Description =
                "For each of the waits a line from zero, with the predicted time as a point, its 90 % range as a bar and the limit as a vertical stroke.",
            Note = "Each line has a scale of its own. Point: predicted; bar: 90 % range; stroke: the longest allowed.",
            Draw = width => Draw(rows, width),
            Values = Values(rows),
        };
    }

    private static string Finding(Plan plan, ImmutableArray<Row> rows)
    {
        if (plan.Objectives is null)
            return $"It takes {new Duration(rows[^1].Seconds!.Value.Value)} or less to the {rows[^1].Name}, for {rows[^1].Percentile * 100:0.##} of 100 requests";
        var limited = rows.Where(row => row.Limit is > 0).ToList();
        if (limited.Count == 0)
            return "No limit was set on the waits";
        var tightest = limited.MaxBy(row => row.Seconds!.Value.Value / row.Limit!.Value)!;
        var time = tightest.Seconds!.Value;
        var share = time.Value / tightest.Limit!.Value;
        var limit = new Duration(tightest.Limit.Value);
        return share > 1 ? $"The wait for the {tightest.Name} is longer than the {limit} allowed"
            : time.High > tightest.Limit
                ? $"The wait for the {tightest.Name} is expected within its limit of {limit}, but its range reaches beyond"
            : $"Every wait is within its limit, the {tightest.Name} nearest: {share * 100:0} % of {limit}";
    }

    private static Canvas Draw(ImmutableArray<Row> rows, double width)
    {
        var canvas = new Canvas(width, rows.Length * RowHeight);
        var top = 0.0;
        foreach (var row in rows)
        {
            Draw(canvas, row, top);
            top += RowHeight;
        }
        return canvas;
    }

    private static void Draw(Canvas canvas, Row row, double top)
    {
        var width = canvas.Width;
        var time = row.Seconds!.Value;
        var unit = time.Value < 1 ? 1e-3 : 1.0;
        var highest = new[] { time.Value, time.High, row.Limit ?? 0 }.Where(double.IsFinite).Max();
        var scale = Scale.FromZero(highest / unit, 1, width - 20, width < 500 ? 5 : 8);
        double At(double seconds) => scale.At(seconds / unit);

        var name = $"{row.Name} ({Wording.Percentile(row.Percentile)})";
        canvas.Label(0, top + 14, name, Figures.Time(time));
        var y = top + BarTop;
        foreach (var tick in scale.Ticks)
        {
            canvas.Line(scale.At(tick), y - 10, scale.At(tick), y + 10, "grid");
            var isLast = tick.Equals(scale.High);
            var text = isLast ? $"{Axis.Written(tick)} {(unit < 1 ? "ms" : "s")}" : Axis.Written(tick);
            canvas.Text(scale.At(tick), y + 25, text, tick > 0 ? "t m" : "t");
        }
        canvas.Line(At(0), y, scale.At(scale.High), y, "axis");
        canvas.Rectangle(At(time.Low), y - 6, At(time.High) - At(time.Low), 12, "spread accent");
        canvas.Circle(At(time.Value), y, 6, "dot accent");
        if (row.Limit is not { } limit)
            return;
        var words = $"limit {new Duration(limit)}";
        var half = TextWidth.Of(words, Canvas.TickSize) / 2;
        canvas.Line(At(limit), y - 12, At(limit), y + 12, "bound");
        canvas.Text(Math.Min(At(limit), width - half), y - 16, words, "t m strong");
    }

    private static Block.Table Values(ImmutableArray<Row> rows) =>
        new(
            "Waits at peak load",
            ["Wait", ">Percentile", ">Predicted", ">Longest allowed"],
            [
                .. rows.Select(row =>
                    (ImmutableArray<Cell>)
                        [
                            new Cell(row.Name, row.Term),
                            Wording.Percentile(row.Percentile),
                            Cell.OfTime(row.Seconds),
                            row.Limit is { } limit ? $"{new Duration(limit)}" : "not limited",
                        ]
                ),
            ]
        );
}
