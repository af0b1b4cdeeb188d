using Loadline.Prediction;

namespace Loadline.Accuracy;

/// <summary>Median error of every slice that has a goal for it, with its 90th percentile and the goal.</summary>
internal sealed class SlicePlot(IReadOnlyList<Figure> scored)
{
    private const int Left = 20;
    private const int Width = 560;
    private const int Top = 86;
    private const int RowHeight = 44;
    private const int BarHeight = 14;
    private const double MostShown = 1;

    public string Draw()
    {
        var rows = Slices
            .All(scored)
            .Where(slice => slice.Goal.Median is not null)
            .Select(slice => (Slice: slice, Score: slice.Score(scored)))
            .Where(row => row.Score.MedianAbsoluteError is not null)
            .OrderBy(row => row.Score.MedianAbsoluteError)
            .ToList();
        var met = rows.Count(row => row.Score.MedianAbsoluteError <= row.Slice.Goal.Median);
        var title = $"{met} of {rows.Count} goals for the median error are met";
        var bottom = Top + rows.Count * RowHeight;
        var svg = new Svg(
            Left + Width + 150,
            bottom + 34,
            title,
            "Horizontal bars with the median error of every slice, a thin line to its 90th percentile, and a mark at its goal."
        );
        svg.Text(14, 26, title, "title")
            .Text(
                14,
                48,
                "Bar: median error over deployments. Line: to the 90th percentile. Upright mark: the goal.",
                "quiet"
            );
        for (var share = 0.0; share <= MostShown; share += 0.25)
            svg.Line(X(share), Top - 12, X(share), bottom, "grid")
                .Text(
                    X(share),
                    bottom + 18,
                    Markdown.Percent(share).Replace("0.0", "0"),
                    "small quiet",
                    Svg.Anchor.Middle
                );
        for (var i = 0; i < rows.Count; i++)
            Row(svg, rows[i].Slice, rows[i].Score, Top + i * RowHeight);
        return svg.ToString();
    }

    private static void Row(Svg svg, Slice slice, SliceScore score, double top)
    {
        var median = score.MedianAbsoluteError!.Value;
        var goal = slice.Goal.Median!.Value;
        var bar = top + 8;
        var middle = bar + BarHeight / 2;
        var reach = Math.Max(median, score.P90AbsoluteError!.Value);
        svg.Text(Left, top + 1, slice.ShortName, "small")
            .Box(Left, bar, X(median) - Left, BarHeight, median <= goal ? "s2" : "s3")
            .Line(X(median), middle, X(reach), middle, "whisker")
            .Line(X(goal), bar - 2, X(goal), bar + BarHeight + 4, "goal")
            .Text(
                X(reach) + 6,
                middle + 4,
                $"{Markdown.Percent(median)}, 90th percentile {Markdown.Percent(reach)}",
                "small"
            );
    }

    private static double X(double share) => Left + Math.Min(share, MostShown) * (Width - 60);
}
