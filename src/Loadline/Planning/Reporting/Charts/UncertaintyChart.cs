using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What the uncertainty of the size is made of, as one stacked bar.</summary>
internal static class UncertaintyChart
{
    private const double BarHeight = 30;
    private const double LineHeight = 22;
    private const int MostParts = 6;

    public static Chart? Of(Sizing? sizing)
    {
        var inputs = (sizing?.Inputs ?? [])
            .OrNone()
            .Where(input => double.IsFinite(input.Share) && input.Share > 0)
            .ToImmutableArray();
        if (inputs.Length < 2)
            return null;
        return new Chart
        {
            Id = "uncertainty-chart",
            Title = $"{inputs[0].Share * 100:0} % of the uncertainty is {Wording.Name(inputs[0].Input)}",
            Description = "One bar, divided by the share that each uncertain input has in the spread of the size.",
            Draw = width => Draw(inputs, width),
            Values = Values(inputs),
        };
    }

    private static Canvas Draw(ImmutableArray<UncertaintyShare> inputs, double width)
    {
        var shown = inputs.Take(MostParts).Select(input => (input.Input, input.Share)).ToList();
        if (inputs.Length > MostParts)
            shown.Add(("all others", inputs.Skip(MostParts).Sum(input => input.Share)));
        var whole = shown.Sum(part => part.Share);
        var canvas = new Canvas(width, BarHeight + 10 + shown.Count * LineHeight);
        var x = 0.0;
        var y = BarHeight + 24;
        for (var i = 0; i < shown.Count; i++)
        {
            var part = shown[i].Share / whole * width;
            var look = $"part p{i % 7 + 1}";
            canvas.Rectangle(x, 1, Math.Max(0.5, part - 1.5), BarHeight, look);
            canvas.Rectangle(1, y - 11, 12, 12, look);
            canvas.Text(66, y, TextWidth.Shortened(shown[i].Input, width - 66, Canvas.LabelSize));
            canvas.Text(58, y, $"{shown[i].Share * 100:0} %", "l e");
            x += part;
            y += LineHeight;
        }
        return canvas;
    }

    private static Block.Table Values(ImmutableArray<UncertaintyShare> inputs) =>
        new(
            "What measuring would settle",
            ["Uncertain", ">Share", ">Replicas if known", ">Saves, USD/month", "How to measure"],
            [
                .. inputs.Select(input =>
                    (ImmutableArray<Cell>)
                        [
                            Wording.Sentence(input.Input),
                            $"{input.Share * 100:0} %",
                            input.ReplicasIfMeasured is { } replicas ? Figures.Exact(replicas) : "-",
                            Significant.Three(input.SavedPerMonthUsd),
                            Wording.Sentence(input.HowToMeasure),
                        ]
                ),
            ]
        );
}
