using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>How the plan grows with the certainty that is asked of it.</summary>
internal static class SizingChart
{
    private const double RowHeight = 54;

    public static Chart? Of(Plan plan)
    {
        if (plan.Sizing is not { } sizing)
            return null;
        var sizes = sizing.Sizes.OrNone();
        if (!sizes.Any(size => size.Replicas > 0))
            return null;
        return new Chart
        {
            Id = "sizing-chart",
            Title = Finding(plan, sizes),
            Description = "One bar for each certainty, as long as the number of copies of the model that it takes.",
            Draw = width => Draw(plan, sizes, width),
            Values = Values(sizes),
        };
    }

    public static string Finding(Plan plan, ImmutableArray<SizeAtConfidence> sizes)
    {
        var asked = sizes.FirstOrDefault(size => size.Confidence.Equals(plan.Objectives?.Confidence ?? 0.9));
        var surest = sizes.MaxBy(size => size.Confidence)!;
        if (surest.Replicas is null)
            return $"No number of machines gives {Sure(surest)} certainty";
        if (asked?.CostPerMonthUsd is not { } now || surest.CostPerMonthUsd is not { } then || asked == surest)
            return $"{Sure(surest)} certainty takes {Wording.Count(surest.Replicas.Value, "replica")}";
        return then <= now
            ? $"{Sure(surest)} certainty costs no more than {Sure(asked)}"
            : $"{Sure(surest)} certainty instead of {Sure(asked)} costs {Significant.Three(then - now)} USD/month more";
    }

    private static string Sure(SizeAtConfidence size) => $"{size.Confidence * 100:0.#} %";

    private static Canvas Draw(Plan plan, ImmutableArray<SizeAtConfidence> sizes, double width)
    {
        var canvas = new Canvas(width, sizes.Length * RowHeight + Axis.BottomRoom - 8);
        var plot = new Box(0, 0, width - 8, sizes.Length * RowHeight);
        var scale = Scale.Counts(sizes.Max(size => size.Replicas ?? 0), 1, plot.Right - 8, width < 500 ? 6 : 10);
        Axis.Bottom(canvas, scale, plot, "replicas");
        var top = 0.0;
        foreach (var size in sizes)
        {
            var isAsked = size.Confidence.Equals(plan.Objectives?.Confidence ?? 0.9);
            var words = size.Replicas is { } replicas
                ? $"{Sure(size)} sure: {Wording.Count(replicas, "replica")}{Cost(size)}"
                : $"{Sure(size)} sure: no number is enough";
            canvas.Rectangle(0, top + 4, TextWidth.Of(words, Canvas.LabelSize), 18, "paper");
            canvas.Text(0, top + 18, words, isAsked ? "l b" : "l");
            if (size.Replicas is { } count)
                canvas.Rectangle(1, top + 26, scale.At(count) - 1, 16, $"fill {(isAsked ? "accent" : "muted")}");
            top += RowHeight;
        }
        return canvas;
    }

    private static string Cost(SizeAtConfidence size) =>
        size.CostPerMonthUsd is { } cost ? $", {Significant.Three(cost)} USD/month" : "";

    private static Block.Table Values(ImmutableArray<SizeAtConfidence> sizes) =>
        new(
            "Size for a certainty",
            [">Certainty", ">Replicas", ">Machines", ">USD/month"],
            [
                .. sizes.Select(size =>
                    (ImmutableArray<Cell>)
                        [
                            Sure(size),
                            size.Replicas is { } replicas ? Figures.Exact(replicas) : "none is enough",
                            size.Machines is { } machines ? Figures.Exact(machines) : "-",
                            size.CostPerMonthUsd is { } cost ? Significant.Three(cost) : "-",
                        ]
                ),
            ]
        );
}
