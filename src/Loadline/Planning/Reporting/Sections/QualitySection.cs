using System.Collections.Immutable;

namespace Loadline.Planning;

/// <summary>Time, space and quality of the formats, and the scores of the model.</summary>
internal static class QualitySection
{
    public static ReportSection? Of(Plan plan)
    {
        var points = plan.QualityPoints.OrNone();
        var blocks = ImmutableArray.CreateBuilder<Block>();
        if (QualityChart.Of(plan) is { } chart)
            blocks.Add(new Block.Picture(chart));
        var warnings = points
            .Where(point => !string.IsNullOrWhiteSpace(point.Warning))
            .Select(point => $"{Wording.Name(point.WeightFormat)}: {point.Warning}");
        var sentences = Wording.Sentences([.. warnings]);
        if (!sentences.IsEmpty)
            blocks.Add(new Block.Bullets("Where the loss may be larger", sentences));
        return blocks.Count == 0
            ? null
            : new ReportSection("quality", QualityChart.Finding(points), blocks.ToImmutable());
    }
}
