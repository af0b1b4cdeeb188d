using System.Globalization;
using Loadline.Catalog;
using Loadline.Prediction;
using static Loadline.Accuracy.Markdown;

namespace Loadline.Accuracy;

/// <summary>How close predictions of training are to the published runs that stand in the repository.</summary>
internal static class TrainingSection
{
    public static Markdown Write(Markdown page, CatalogReader catalog, CsvTable sample)
    {
        var answer = Validation.Of(sample, catalog, new ModelSource(catalog), withCases: false);
        page.Table(
            "What|>Rows|>Setups|>Refused|>Median error|>90th percentile|>Bias|>Inside 90 %|>Half-width",
            answer.Metrics.Select(Row)
        );
        foreach (var figure in answer.Figures)
            page.Paragraph(
                figure.Share is { } share
                    ? string.Create(
                        CultureInfo.InvariantCulture,
                        $"Of {figure.Count} setups that ran out of memory, {share * figure.Count:0} are predicted to fit."
                    )
                    : "No setup that ran out of memory is in the sample."
            );
        page.Paragraph("By source:")
            .Table(
                "What, source|>Rows|>Setups|>Refused|>Median error|>90th percentile|>Bias|>Inside 90 %|>Half-width",
                answer.Slices.Where(slice => slice.Name.Contains(", source ", StringComparison.Ordinal)).Select(Row)
            );
        var constants = catalog.Training.All[0];
        page.Paragraph("Shares of the datasheet that training attains (`catalog/training.json`):")
            .Table(
                "Generation|>16 bits|>fp8|>fp4|>Attention|>Setups",
                constants
                    .Hardware.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                    .Select(pair =>
                        (IEnumerable<string>)
                            [
                                pair.Key,
                                Share(pair.Value, "bf16"),
                                Share(pair.Value, "fp8"),
                                Share(pair.Value, "fp4"),
                                Percent(pair.Value.Attention.Values.Max()),
                                Count(pair.Value.Setups),
                            ]
                    )
            );
        return page.Paragraph("Half-widths of the intervals, from sources and models left out of the fit:")
            .Table(
                "Quantity|>90 % interval|>Setups",
                constants
                    .Errors.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                    .Select(pair =>
                        (IEnumerable<string>)[pair.Key, Factor(pair.Value.Factor), Count(pair.Value.Setups)]
                    )
            );
    }

    private static IEnumerable<string> Row(SliceScore score) =>
        [
            score.Name,
            Count(score.Rows),
            Count(score.Count),
            Count(score.Refused),
            Percent(score.MedianAbsoluteError),
            Percent(score.P90AbsoluteError),
            Percent(score.Bias),
            Percent(score.Coverage90),
            Factor(score.MedianHalfWidth),
        ];

    private static string Share(TrainingHardware hardware, string arithmetic) =>
        hardware.Matrices.TryGetValue(arithmetic, out var share) ? Percent(share) : "";
}
