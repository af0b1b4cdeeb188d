using Loadline.Quantities;

namespace Loadline.Accuracy;

/// <summary>Predicted against measured, one panel for every quantity, one shape for every engine.</summary>
internal sealed class ScatterPlot(IReadOnlyList<Figure> scored)
{
    private const int PanelSize = 300;
    private const int Left = 62;
    private const int Top = 92;
    private const int ColumnWidth = PanelSize + 80;
    private const int RowHeight = PanelSize + 84;
    private const double Twice = 2;

    private static readonly (string Title, string Unit, Func<Figure, bool> Has)[] Panels =
    [
        ("Time per token", "s", figure => figure is { Quantity: Quantity.TimePerToken }),
        ("Time to first token", "s", figure => figure.Quantity == Quantity.FirstToken),
        ("Prompt tokens per second", "tokens/s", figure => figure.Quantity == Quantity.PromptRate),
        (
            "Tokens per second in all",
            "tokens/s",
            figure => figure.Conditions.Metric is "total_tok_s" or "output_tok_s_total"
        ),
    ];

    public string Draw()
    {
        var within = scored.Where(figure => figure.Scored.Predicted is not null).Select(RatioOf).ToList();
        var half = Markdown.Percent(Math.Exp(Sample.Median(within)) - 1);
        var twice = Markdown.Percent(within.Count(ratio => ratio <= Math.Log(Twice)) / (double)within.Count);
        var svg = new Svg(
            2 * ColumnWidth + 10,
            Top + 2 * RowHeight - 20,
            $"Half of the predictions are within {half}, {twice} within a factor of two",
            "Predicted against measured figures on logarithmic axes, in four panels by quantity and by engine. "
                + "Points on the line were predicted exactly; dashed lines are a factor of two either way."
        );
        svg.Text(14, 26, $"Half of the predictions are within {half}, {twice} within a factor of two", "title");
        Legend(svg);
        for (var i = 0; i < Panels.Length; i++)
            Panel(svg, Panels[i], Left + i % 2 * ColumnWidth, Top + i / 2 * RowHeight);
        return svg.ToString();
    }

    private static double RatioOf(Figure figure) =>
        Math.Abs(Math.Log(figure.Scored.Predicted!.Value.Value / figure.Scored.Measured));

    private static void Legend(Svg svg)
    {
        const int Step = 120;
        var x = 20.0;
        foreach (var series in EngineSeries.All)
        {
            svg.Marks(series.Shape, [(x, 49)], series.Style).Text(x + 9, 53, series.Name);
            x += Step;
        }
    }

    private void Panel(Svg svg, (string Title, string Unit, Func<Figure, bool> Has) panel, double left, double top)
    {
        var points = scored
            .Where(figure => figure.Scored.Predicted is not null && panel.Has(figure))
            .Select(figure => (Series: EngineSeries.Of(figure.EngineName), X: Measured(figure), Y: Predicted(figure)))
            .ToList();
        if (points.Count == 0)
            return;
        var axis = new LogAxis(points.SelectMany(point => new[] { point.X, point.Y }));
        var bottom = top + PanelSize;
        double At(double value) => PanelSize * axis.ShareOf(value);

        svg.Text(left, top - 8, $"{panel.Title} ({panel.Unit})");
        foreach (var decade in axis.Decades)
        {
            var at = At(decade);
            svg.Line(left + at, top, left + at, bottom, "grid")
                .Line(left, bottom - at, left + PanelSize, bottom - at, "grid")
                .Text(left + at, bottom + 16, LogAxis.Label(decade), "small quiet", Svg.Anchor.Middle)
                .Text(left - 6, bottom - at + 4, LogAxis.Label(decade), "small quiet", Svg.Anchor.End);
        }
        var twice = At(axis.Least * Twice);
        svg.Line(left, bottom - twice, left + PanelSize - twice, top, "guide")
            .Line(left + twice, bottom, left + PanelSize, top + twice, "guide")
            .Line(left, bottom, left + PanelSize, top, "axis");
        foreach (var series in points.GroupBy(point => point.Series))
            svg.Marks(
                series.Key.Shape,
                series.Select(point => (left + At(point.X), bottom - At(point.Y))),
                $"{series.Key.Style} dots"
            );
        svg.Text(left + PanelSize - 4, bottom - 6, "measured", "small quiet", Svg.Anchor.End)
            .Text(left + 4, top + 14, "predicted", "small quiet");
    }

    private static double Measured(Figure figure) => TimeOf(figure, figure.Scored.Measured);

    private static double Predicted(Figure figure) => TimeOf(figure, figure.Scored.Predicted!.Value.Value);

    /// <summary>Tokens per second of one sequence become the time of a token, so that one panel has one unit.</summary>
    private static double TimeOf(Figure figure, double value) =>
        figure.Conditions.Metric == "decode_tok_s_per_seq" ? 1 / value : figure.InOwnUnit(value);
}
