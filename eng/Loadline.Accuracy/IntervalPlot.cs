using Loadline.Prediction;

namespace Loadline.Accuracy;

/// <summary>How often the measured figure lies inside the 90 % interval, against how wide the interval is, by engine.</summary>
internal sealed class IntervalPlot(IReadOnlyList<Figure> scored)
{
    private const int Left = 66;
    private const int Top = 80;
    private const int Width = 560;
    private const int Height = 340;
    private const double LeastWidth = 1;
    private const double LabelHeight = 18;
    private const double LabelGap = 24;
    private const double RoomForLabels = 0.6;
    private const double RadiusOfThousand = 14;

    /// <summary>Between two lines of the grid.</summary>
    private const double Step = 0.1;

    private static readonly double[] Widths = [1, 1.5, 2, 3, 4, 6, 8, 16, 32, 64];

    private double least;
    private double widest;

    public string Draw()
    {
        var engines = Slices
            .Intervals(scored)
            .Select(slice =>
                (slice.Goal.Coverage!.Value.Least, slice.Goal.Coverage.Value.Most, Score: slice.Score(scored))
            )
            .ToList();
        least = Math.Floor(engines.Min(engine => engine.Score.Coverage90!.Value) / Step) * Step;
        var most = engines.Max(engine => engine.Score.MedianHalfWidth!.Value);
        widest = Widths.First(width => width > most);
        var kept = engines.Count(engine =>
            engine.Score.Coverage90 >= engine.Least && engine.Score.Coverage90 <= engine.Most
        );
        var title = $"Intervals of {kept} of {engines.Count} engines hold what 90 % promises";
        var svg = new Svg(
            Left + Width + 30,
            Top + Height + 56,
            title,
            "Share of measured figures inside their 90 % interval against the median half-width of the interval, one point for every engine, larger with more figures; the band is 86 to 94 %. The upright axis does not start at zero."
        );
        svg.Text(14, 26, title, "title")
            .Text(
                14,
                48,
                "Measured figures inside their interval; larger points rest on more figures. The band is 86 to 94 %.",
                "quiet"
            );
        Frame(svg, engines[0].Least, engines[0].Most);
        var lastLabel = double.NegativeInfinity;
        foreach (var (_, _, score) in engines.OrderBy(engine => Y(engine.Score.Coverage90!.Value)))
        {
            var (x, y) = (X(score.MedianHalfWidth!.Value), Y(score.Coverage90!.Value));
            var radius = Math.Max(3, RadiusOfThousand * Math.Sqrt(score.Rows / 1000.0));
            lastLabel = Math.Max(y + 4, lastLabel + LabelHeight);
            // Labels of points far to the right stand before them.
            var (side, anchor) = x > Left + RoomForLabels * Width ? (-1, Svg.Anchor.End) : (1, Svg.Anchor.Start);
            var label = x + side * (radius + LabelGap);
            svg.Circle(x, y, radius, $"{EngineSeries.Of(score.Name).Style} dots")
                .Line(x + side * radius, y, label - side * 3, lastLabel - 4, "whisker")
                .Text(label, lastLabel, $"{score.Name} ({Markdown.Count(score.Rows)})", "small", anchor);
        }
        return svg.ToString();
    }

    private void Frame(Svg svg, double bandLeast, double bandMost)
    {
        svg.Box(Left, Y(bandMost), Width, Y(bandLeast) - Y(bandMost), "band");
        foreach (var width in Widths.Where(width => width <= widest))
            svg.Line(X(width), Top, X(width), Top + Height, "grid")
                .Text(X(width), Top + Height + 18, $"x{width}", "small quiet", Svg.Anchor.Middle);
        for (var share = least; share < 1 + Step / 2; share += Step)
            svg.Line(Left, Y(share), Left + Width, Y(share), "grid")
                .Text(Left - 8, Y(share) + 4, $"{share * 100:0} %", "small quiet", Svg.Anchor.End);
        svg.Text(
            Left + Width / 2,
            Top + Height + 40,
            "median half-width of the interval, as a factor (logarithmic)",
            "small quiet",
            Svg.Anchor.Middle
        );
    }

    private double X(double factor) => Left + Width * Math.Log(factor / LeastWidth) / Math.Log(widest / LeastWidth);

    private double Y(double share) => Top + Height * (1 - share) / (1 - least);
}
