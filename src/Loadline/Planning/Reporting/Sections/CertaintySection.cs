using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What more certainty costs, and what measuring would save.</summary>
internal static class CertaintySection
{
    public static ReportSection? Of(Plan plan)
    {
        var blocks = ImmutableArray.CreateBuilder<Block>();
        if (SizingChart.Of(plan) is { } sizes)
            blocks.Add(new Block.Picture(sizes));
        if (UncertaintyChart.Of(plan.Sizing) is { } parts)
            blocks.Add(new Block.Picture(parts));
        var bounds = plan.LowerBounds.OrNone();
        if (!bounds.IsEmpty)
            blocks.Add(
                new Block.Table(
                    "Fewer devices than this no plan can do with",
                    ["Bound", ">Devices", "Why"],
                    [
                        .. bounds.Select(bound =>
                            (ImmutableArray<Cell>)
                                [
                                    Wording.Name(bound.Bound),
                                    Significant.Three(bound.Devices),
                                    Wording.Sentence(bound.Why),
                                ]
                        ),
                    ]
                )
            );
        if (blocks.Count == 0)
            return null;
        if (plan.Sizing is { } sizing)
            blocks.Add(
                new Block.Paragraph(
                    $"From {Figures.Exact(sizing.Draws)} draws of everything that is uncertain, seed {sizing.Seed}.",
                    IsQuiet: true
                )
            );
        return new ReportSection("certainty", Finding(plan), blocks.ToImmutable());
    }

    private static string Finding(Plan plan) =>
        SizingChart.Of(plan) is { } sizes ? sizes.Title
        : UncertaintyChart.Of(plan.Sizing) is { } parts ? parts.Title
        : $"No plan can do with fewer than {Significant.Three(Math.Ceiling(plan.LowerBounds.Max(bound => bound.Devices)))} devices";
}
