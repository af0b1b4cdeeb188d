using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Space to the right, loss of quality upwards, speed as the size of the point: the triangle in one picture.</summary>
internal static class QualityChart
{
    private const double PlotHeight = 300;

    /// <summary>Radius of the fastest format; the area of the others goes with their speed.</summary>
    private const double LargestRadius = 16;
    private const double SmallestRadius = 4;

    public static Chart? Of(Plan plan)
    {
        var points = plan
            .QualityPoints.OrNone()
            .Where(point => double.IsFinite(point.QualityLoss.Value) && point.WeightBytes > 0)
            .ToImmutableArray();
        if (points.Length < 2)
            return null;
        return new Chart
        {
            Id = "quality-chart",
            Title = Finding(points),
            Description =
                "Each number format as a point: memory of the weights to the right, loss of a task score upwards with its 90 % range, a larger point for a faster one.",
            Note =
                "Further left needs less memory, further down keeps more quality, a larger point answers faster. Thin lines are 90 % ranges; dashed rings do not run on this hardware.",
            Draw = width => Draw(points, width),
            Values = Values(points),
        };
    }

    public static string Finding(ImmutableArray<QualityPoint> points)
    {
        var widest = points.MaxBy(point => point.WeightBytes)!;
        var chosen = points.FirstOrDefault(point => point.IsRecommended);
        if (chosen is null)
            return $"Formats need {Figures.GiB(points.Min(point => point.WeightBytes))} to {Figures.GiB(widest.WeightBytes)} GiB for the same model";
        var name = Wording.Name(chosen.WeightFormat);
        if (chosen.WeightBytes == widest.WeightBytes)
            return $"{name} keeps the whole quality and takes {Figures.GiB(widest.WeightBytes)} GiB";
        var share = chosen.WeightBytes / (double)widest.WeightBytes;
        return $"{name} takes {share * 100:0} % of the memory of {Wording.Name(widest.WeightFormat)} and loses {Loss(chosen)} of a task score";
    }

    private static string Loss(QualityPoint point)
    {
        var written = Figures.Written(point.QualityLoss, 0.01, " %");
        return written.Range.Length == 0 ? written.Value : $"{written.Value} ({written.Range})";
    }

    private static Canvas Draw(ImmutableArray<QualityPoint> points, double width)
    {
        var isNarrow = width < 500;
        var top = Axis.TopRoom;
        var canvas = new Canvas(width, top + PlotHeight + Axis.BottomRoom);
        var worst = points.Max(point => Math.Max(point.QualityLoss.Value, Finite(point.QualityLoss.High)));
        var up = Scale.FromZero(Math.Max(worst * 100, 0.1), top + PlotHeight, top, 7);
        var left = Axis.RoomFor(up, Axis.Written);
        var right = Scale.FromZero(
            points.Max(point => GiB(point)),
            left,
            width - (isNarrow ? 16 : 40),
            isNarrow ? 5 : 8
        );
        var plot = new Box(left, top, right.At(right.High) - left, PlotHeight);
        Axis.Left(canvas, up, plot, "loss of a task score, %");
        Axis.Bottom(canvas, right, plot, "memory of the weights, GiB");
        var fastest = points.Min(point =>
            point.TpotSeconds is { Value: > 0 } time ? time.Value : double.PositiveInfinity
        );
        var placement = new LabelPlacement(new Box(left, 0, width - left, plot.Bottom));
        var drawn = points
            .Select(point =>
                (point, X: right.At(GiB(point)), Y: up.At(point.QualityLoss.Value * 100), R: Radius(point, fastest))
            )
            .ToList();
        foreach (var (point, x, y, radius) in drawn)
        {
            var (low, high) = (up.At(point.QualityLoss.Low * 100), up.At(point.QualityLoss.High * 100));
            canvas.Line(x, low, x, high, $"whisker {LookOf(point)}");
            placement.Take(new Box(x - radius, y - radius, 2 * radius, 2 * radius));
            placement.Take(new Box(x - 1, high, 2, low - high));
        }
        foreach (var (point, x, y, radius) in drawn)
            Label(canvas, placement, point, x, y, radius);
        foreach (var (point, x, y, radius) in drawn.OrderBy(one => one.point.IsRecommended))
            canvas.Circle(x, y, radius, $"{(point.TpotSeconds is null ? "hollow dashed" : "dot")} {LookOf(point)}");
        return canvas;
    }

    private static string LookOf(QualityPoint point) => point.IsRecommended ? "accent" : "muted";

    private static void Label(
        Canvas canvas,
        LabelPlacement placement,
        QualityPoint point,
        double x,
        double y,
        double radius
    )
    {
        var room = canvas.Width < 500 ? 96 : 160;
        var name = TextWidth.Shortened(point.WeightFormat, room, Canvas.LabelSize);
        var speed = point.TpotSeconds is { } time ? $"{new Duration(time.Value)}/token" : "does not run here";
        var width = Math.Max(TextWidth.Of(name, Canvas.LabelSize), TextWidth.Of(speed, Canvas.TickSize));
        if (placement.Beside(x, y, radius, width, 32) is { } place)
        {
            canvas.Leader(place, x, y);
            canvas.Text(place.Left, place.Top + 12, name, point.IsRecommended ? "l b" : "l");
            canvas.Text(place.Left, place.Top + 27, speed, "t");
        }
        // Where both lines have no room, the name alone has to do; the table below has the rest.
        else if (placement.Beside(x, y, radius, TextWidth.Of(name, Canvas.LabelSize), 16) is { } small)
        {
            canvas.Leader(small, x, y);
            canvas.Text(small.Left, small.Top + 12, name, point.IsRecommended ? "l b" : "l");
        }
    }

    private static double Radius(QualityPoint point, double fastest) =>
        point.TpotSeconds is { Value: > 0 } time && double.IsFinite(fastest)
            ? Math.Max(SmallestRadius, LargestRadius * Math.Sqrt(fastest / time.Value))
            : SmallestRadius + 2;

    private static double GiB(QualityPoint point) => point.WeightBytes / (double)(1L << 30);

    private static double Finite(double value) => double.IsFinite(value) ? value : 0;

    private static Block.Table Values(ImmutableArray<QualityPoint> points) =>
        new(
            "Formats of the recommended model on its hardware",
            ["Format", ">Weights, GiB", ">Time per token", ">Loss of score"],
            [
                .. points.Select(point =>
                    (ImmutableArray<Cell>)
                        [
                            new Cell(
                                $"{Wording.Name(point.WeightFormat)}{(point.IsRecommended ? ", recommended" : "")}",
                                Wording.Sentence(point.Warning)
                            ),
                            Figures.GiB(point.WeightBytes),
                            point.TpotSeconds is null ? "does not run here" : Cell.OfTime(point.TpotSeconds),
                            Cell.Of(point.QualityLoss, 0.01, " %"),
                        ]
                ),
            ]
        );
}
