using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Draws the options; where a phone has no room for names, numbers stand for them and a key below.</summary>
internal sealed class OptionsPicture(
    ImmutableArray<ShownOption> drawn,
    ImmutableArray<ShownOption> timed,
    double? limitSeconds
)
{
    private const double LineHeight = 17;
    private const double PointRadius = 8;
    private const double PlotHeight = 300;
    private const double StripHeight = 58;

    /// <summary>Bold letters are about a tenth wider.</summary>
    private const double Bold = 1.1;

    /// <summary>With more options than this, names would hide the points, and numbers stand for all but the choice.</summary>
    private const int MostNamed = 7;

    public Canvas Draw(double width)
    {
        var isNarrow = width < 500;
        var untimed = drawn.Except(timed).ToList();
        var strip = untimed.Count > 0 ? StripHeight : 0;
        var key = isNarrow ? drawn.Length * 20 + 10 : 0;
        var top = Axis.TopRoom;
        var canvas = new Canvas(width, top + PlotHeight + strip + Axis.BottomRoom + key);

        var times = timed.SelectMany(option => Ends(option.Candidate.EndToEndSeconds!.Value));
        var up = Scale.Spanning(times.Append(limitSeconds ?? double.NaN), top + PlotHeight, top, 7);
        var left = Axis.RoomFor(up, Axis.Written);
        var costs = drawn.SelectMany(option => Ends(option.Candidate.CostPerMonthUsd));
        var right = Scale.Spanning(costs, left, width - (isNarrow ? 14 : 24), isNarrow ? 4 : 7);
        var plot = new Box(left, top, right.At(right.High) - left, PlotHeight);
        var whole = plot with { Height = PlotHeight + strip };
        Axis.Left(canvas, up, plot, $"whole answer, seconds{(up.IsLogarithmic ? " (logarithmic)" : "")}");
        Axis.Bottom(canvas, right, whole, $"USD/month{(right.IsLogarithmic ? " (logarithmic)" : "")}");
        Limit(canvas, plot, up);
        Front(canvas, plot, right, up);

        var placement = new LabelPlacement(new Box(left, top - 14, width - left, whole.Height + 14));
        var points = drawn
            .Select(option =>
            {
                var cost = option.Candidate.CostPerMonthUsd;
                var y = OptionsChart.IsTimed(option.Candidate)
                    ? up.At(option.Candidate.EndToEndSeconds!.Value.Value)
                    : plot.Bottom + strip / 2 + 8;
                return (Option: option, X: right.At(cost.Value), Y: y);
            })
            .ToList();
        if (untimed.Count > 0)
            Strip(canvas, plot, strip, placement);
        foreach (var (option, x, y) in points)
        {
            Whiskers(canvas, option, x, y, right, up);
            placement.Take(new Box(x - PointRadius, y - PointRadius, 2 * PointRadius, 2 * PointRadius));
            var (cost, time) = (option.Candidate.CostPerMonthUsd, option.Candidate.EndToEndSeconds);
            placement.Take(new Box(right.At(cost.Low), y - 1, right.At(cost.High) - right.At(cost.Low), 2));
            if (time is { } wait && OptionsChart.IsTimed(option.Candidate))
                placement.Take(new Box(x - 1, up.At(wait.High), 2, up.At(wait.Low) - up.At(wait.High)));
        }
        foreach (var (option, x, y) in points)
        {
            Label(canvas, placement, option, x, y, isNarrow);
        }
        foreach (var (option, x, y) in points.OrderBy(point => point.Option.IsRecommended))
            OptionsChart.Mark(canvas, x, y, option);
        if (isNarrow)
            Key(canvas, whole.Bottom + Axis.BottomRoom + 14);
        return canvas;
    }

    private static double[] Ends(Estimate estimate) => [estimate.Value, estimate.Low, estimate.High];

    private void Limit(Canvas canvas, Box plot, Scale up)
    {
        if (limitSeconds is not { } limit)
            return;
        var y = up.At(limit);
        canvas.Line(plot.Left, y, plot.Right, y, "limit");
        canvas.Text(plot.Right, y - 5, $"longest wait allowed: {new Duration(limit)}", "t e");
    }

    /// <summary>Steps along the options that are faster than everything as cheap.</summary>
    private void Front(Canvas canvas, Box plot, Scale right, Scale up)
    {
        var line = new List<(double X, double Y)>();
        var fastest = double.PositiveInfinity;
        foreach (var option in timed.OrderBy(option => option.Candidate.CostPerMonthUsd.Value))
        {
            var seconds = option.Candidate.EndToEndSeconds!.Value.Value;
            if (seconds >= fastest)
                continue;
            var (x, y) = (right.At(option.Candidate.CostPerMonthUsd.Value), up.At(seconds));
            line.Add((x, line.Count == 0 ? plot.Top : line[^1].Y));
            line.Add((x, y));
            fastest = seconds;
        }
        line.Add((plot.Right, line[^1].Y));
        canvas.Polyline(line, "front");
    }

    private static void Strip(Canvas canvas, Box plot, double height, LabelPlacement placement)
    {
        const string Words = "wait not measured";
        placement.Take(new Box(plot.Left, plot.Bottom - 1, plot.Width, 2));
        canvas.Line(plot.Left, plot.Bottom, plot.Right, plot.Bottom, "leader");
        canvas.Text(plot.Right, plot.Bottom + height - 8, Words, "t e");
        var width = TextWidth.Of(Words, Canvas.TickSize);
        placement.Take(new Box(plot.Right - width, plot.Bottom + height - 20, width, 16));
    }

    private static void Whiskers(Canvas canvas, ShownOption option, double x, double y, Scale right, Scale up)
    {
        var cost = option.Candidate.CostPerMonthUsd;
        canvas.Line(right.At(cost.Low), y, right.At(cost.High), y, $"whisker {option.Look}");
        if (OptionsChart.IsTimed(option.Candidate))
        {
            var time = option.Candidate.EndToEndSeconds!.Value;
            canvas.Line(x, up.At(time.Low), x, up.At(time.High), $"whisker {option.Look}");
        }
    }

    private void Label(Canvas canvas, LabelPlacement placement, ShownOption option, double x, double y, bool isNarrow)
    {
        const double LongestLabel = 260;
        var number = $"{option.Number}";
        if (!isNarrow && !OptionsChart.IsTimed(option.Candidate))
            number = TextWidth.Shortened(Wording.OptionAndWay(option.Candidate), LongestLabel, Canvas.LabelSize);
        else if (!isNarrow && (option.IsRecommended || drawn.Length <= MostNamed))
        {
            var name = TextWidth.Shortened(Wording.Option(option.Candidate), LongestLabel, Canvas.LabelSize);
            var machines = TextWidth.Shortened(
                $"{Wording.Past(option.Candidate.Way)}, {Wording.Name(option.Candidate.Hardware)}",
                LongestLabel,
                Canvas.TickSize
            );
            var width = Math.Max(
                TextWidth.Of(name, Canvas.LabelSize) * (option.IsRecommended ? Bold : 1),
                TextWidth.Of(machines, Canvas.TickSize)
            );
            if (placement.Beside(x, y, PointRadius, width, 2 * LineHeight) is { } place)
            {
                canvas.Leader(place, x, y);
                canvas.Text(place.Left, place.Top + 13, name, option.IsRecommended ? "l b" : "l");
                canvas.Text(place.Left, place.Top + 28, machines, "t");
                return;
            }
        }
        // Where a name has no room, its number in the table has to do.
        if (placement.Beside(x, y, PointRadius, TextWidth.Of(number, Canvas.LabelSize), LineHeight) is { } box)
            canvas.Text(box.Left, box.Bottom - 4, number, option.IsRecommended ? "l b" : "l");
    }

    private void Key(Canvas canvas, double y)
    {
        foreach (var option in drawn)
        {
            OptionsChart.Mark(canvas, 9, y - 4, option);
            var name = $"{option.Number}  {Wording.OptionAndWay(option.Candidate)}";
            var text = TextWidth.Shortened(name, canvas.Width - 24, Canvas.LabelSize);
            canvas.Text(24, y, text, option.IsRecommended ? "l b" : "l");
            y += 20;
        }
    }
}
