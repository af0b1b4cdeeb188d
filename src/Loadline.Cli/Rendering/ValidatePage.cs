using System.Globalization;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Cli.Rendering;

internal static class ValidatePage
{
    private const int ShownReasons = 12;

    public static void Render(Page page, ValidationAnswer answer)
    {
        var scored = answer.Metrics.Sum(metric => metric.Rows);
        var refused = answer.Metrics.Sum(metric => metric.Refused);
        page.Headline(
            $"{answer.File}: {scored:N0} rows of {answer.Kind} scored, {refused:N0} refused with a reason, {answer.Excluded.Sum(item => item.Count):N0} left out by rule."
        );
        Scores(page, "Metric", answer.Metrics);
        Scores(page, "Slice", answer.Slices);
        page.List(
            "Beside them",
            answer.Figures.Select(figure => $"{figure.Name}: {Percent(figure.Share)} of {figure.Count:N0}")
        );
        page.List(
            "Refused",
            answer.RefusedReasons.Take(ShownReasons).Select(reason => $"{reason.Count}: {reason.Rule}")
        );
        page.List("Left out", answer.Excluded.Select(rule => $"{rule.Count}: {rule.Rule}"));
        if (answer.Cases is { } cases)
            Cases(page, cases);
    }

    private static void Scores(Page page, string heading, IReadOnlyList<SliceScore> scores) =>
        page.Table(
            [heading, ">Count", ">Rows", ">Refused", ">Median", ">p90", ">Bias", ">In 90 %", ">Width"],
            scores.Select(score =>
                (IReadOnlyList<string>)
                    [
                        score.Name,
                        Figures.Exact(score.Count),
                        Figures.Exact(score.Rows),
                        Figures.Exact(score.Refused),
                        Percent(score.MedianAbsoluteError),
                        Percent(score.P90AbsoluteError),
                        Percent(score.Bias),
                        score.Coverage90 is { } coverage ? $"{coverage * 100:0} %" : "-",
                        score.MedianHalfWidth is { } width
                            ? $"x{width.ToString("0.00", CultureInfo.InvariantCulture)}"
                            : "-",
                    ]
            )
        );

    private static void Cases(Page page, IReadOnlyList<ScoredCase> cases) =>
        page.Table(
            ["Row", "Metric", ">Measured", ">Predicted", ">Error"],
            cases.Select(item =>
                (IReadOnlyList<string>)
                    [
                        item.Id,
                        item.Metric,
                        item.Measured.ToString("G6", CultureInfo.InvariantCulture),
                        item.Predicted is { } predicted
                            ? predicted.Value.ToString("G6", CultureInfo.InvariantCulture)
                            : item.Refused!,
                        Percent(item.AbsoluteError),
                    ]
            )
        );

    private static string Percent(double? fraction) =>
        fraction is { } value
            ? $"{(value * 100).ToString(Math.Abs(value) < 0.01 ? "0.00" : "0.0", CultureInfo.InvariantCulture)} %"
            : "-";
}
