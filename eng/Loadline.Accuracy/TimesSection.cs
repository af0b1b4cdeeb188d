using Loadline.Catalog;
using Loadline.Prediction;
using static Loadline.Accuracy.Markdown;

namespace Loadline.Accuracy;

/// <summary>The tables of predicted against measured times: failures first, then goals, then everything by its parts.</summary>
internal sealed class TimesSection(Collection collection)
{
    private const int FailuresShown = 25;
    private const double WideInterval = 1.5;
    private const string ScoreHeads =
        ">Deployments|>Figures|>Refused|>Median error|>90th percentile|>Bias|>Inside 90 %|>Half-width|>Interval score";

    private readonly IReadOnlyList<Figure> all = collection.Figures;

    private readonly IReadOnlyList<Figure> scored = [.. collection.Figures.Where(figure => figure.LeftOut is null)];

    public Markdown Write(Markdown page)
    {
        var refused = scored.Count(figure => figure.Scored.Predicted is null);
        page.Paragraph(
            $"{Count(scored.Count - refused)} figures scored, {Count(refused)} refused with a reason, "
                + $"{Count(all.Count - scored.Count)} left out by rule. The error of a figure is |predicted - measured| / measured; that of a "
                + "deployment (source, model, formats, engine, accelerator, count, degrees) is the median over its figures of one "
                + "quantity; a slice has the median and the 90th percentile over deployments, and the mean share of their figures inside the 90 % interval. Half-width is the square root of high over low. "
                + "The interval score is the width in logarithms plus twenty times what lies outside (Gneiting and Raftery, 2007): "
                + "smaller is better."
        );
        Failures(page);
        Weak(page);
        Goals(page);
        Breakdown(page, "By quantity", "Quantity", figure => QuantityName(figure));
        Breakdown(page, "By engine", "Engine", figure => figure.EngineName);
        Breakdown(page, "By version of the servers", "Engine", VersionOf, figure => figure.IsServer);
        Breakdown(page, "By accelerator", "Accelerator", figure => figure.AcceleratorName);
        Breakdown(page, "By model family", "Family", figure => figure.Architecture?.Family ?? "not in the catalog");
        Breakdown(
            page,
            "By weight format",
            "Format",
            figure =>
                figure.Stated.WeightFormat.Split(' ')[0] is "gguf" ? "GGUF" : figure.Stated.WeightFormat.Split(' ')[0]
        );
        Breakdown(page, "By source", "Source", figure => figure.Publisher);
        Breakdown(page, "By grade of the measurement", "Grade", figure => figure.Stated.Grade);
        Breakdown(
            page,
            "By what the source states",
            "Conditions",
            figure => figure.Conditions.IsFullyStated ? "all stated" : "some open"
        );
        Breakdown(
            page,
            "By launch",
            "Launch",
            figure => figure.Stated.IsTuned ? "tuned for the figure" : "default, or not stated"
        );
        Breakdown(page, "By what the constants rest on", "Constants", RungName);
        Exclusions(page);
        return page;
    }

    /// <summary>Groups that are the furthest off, each by its middle figure.</summary>
    private void Failures(Markdown page) =>
        page.Heading("Where it is furthest off")
            .Paragraph(
                $"The {FailuresShown} worst groups of one engine, accelerator, model, format and quantity, with their middle figure."
            )
            .Table(
                "Engine|Accelerator|Model|Format|Quantity|>Figures|>Measured|>Predicted|>90 % interval|>Error",
                scored
                    .Where(figure => figure.Scored.Predicted is not null)
                    .GroupBy(figure =>
                        (
                            figure.EngineName,
                            figure.AcceleratorName,
                            figure.Stated.Model,
                            figure.Stated.WeightFormat,
                            figure.Term
                        )
                    )
                    .Select(group => (group.Key, Sorted: group.OrderBy(figure => figure.Scored.AbsoluteError).ToList()))
                    .Select(group => (group.Key, group.Sorted, Middle: group.Sorted[group.Sorted.Count / 2]))
                    .OrderByDescending(group => SizeOf(group.Middle.Scored))
                    .Take(FailuresShown)
                    .Select(group =>
                        (IEnumerable<string>)
                            [
                                group.Key.EngineName,
                                group.Key.AcceleratorName,
                                group.Key.Model,
                                group.Key.WeightFormat,
                                group.Key.Term,
                                Count(group.Sorted.Count),
                                group.Middle.InUnit(group.Middle.Scored.Measured),
                                group.Middle.InUnit(group.Middle.Scored.Predicted!.Value.Value),
                                $"{group.Middle.InUnit(group.Middle.Scored.Predicted.Value.Low)}-{group.Middle.InUnit(group.Middle.Scored.Predicted.Value.High)}",
                                Percent(group.Middle.Scored.AbsoluteError),
                            ]
                    )
            );

    /// <summary>Ten times too much is as bad as a tenth, although one is 900 % off and the other 90 %.</summary>
    private static double SizeOf(ScoredCase scored) =>
        Math.Abs(Math.Log(scored.Predicted!.Value.Value / scored.Measured));

    private void Weak(Markdown page) =>
        page.Heading("Known hardware, wide intervals")
            .Paragraph(
                $"Kernels of these accelerators were measured under these engines, and still the median interval of a family is wider than {Factor(WideInterval)}."
            )
            .Table(
                "Engine|Accelerator|Quantity|>Half-width|Families",
                scored
                    .Where(figure => figure is { IsKnown: true, Scored.Predicted: not null, Architecture: not null })
                    .GroupBy(figure =>
                        (
                            figure.EngineName,
                            figure.AcceleratorName,
                            figure.Architecture!.Family,
                            Quantity: QuantityName(figure)
                        )
                    )
                    .Select(slice => (slice.Key, Width: Slice.ScoreOf("", slice).MedianHalfWidth ?? 1))
                    .Where(slice => slice.Width > WideInterval)
                    .GroupBy(slice => (slice.Key.EngineName, slice.Key.AcceleratorName, slice.Key.Quantity))
                    .OrderBy(group => group.Key.EngineName, StringComparer.Ordinal)
                    .ThenBy(group => group.Key.AcceleratorName, StringComparer.Ordinal)
                    .ThenBy(group => group.Key.Quantity, StringComparer.Ordinal)
                    .Select(group =>
                        (IEnumerable<string>)
                            [
                                group.Key.EngineName,
                                group.Key.AcceleratorName,
                                group.Key.Quantity,
                                Widths(group.Select(slice => slice.Width)),
                                string.Join(
                                    ", ",
                                    group.Select(slice => slice.Key.Family).Order(StringComparer.Ordinal)
                                ),
                            ]
                    )
            );

    private void Goals(Markdown page)
    {
        page.Heading("Goals")
            .Table(
                "Slice|>Deployments|>Figures|Goal|Result|Verdict",
                Slices.All(scored).SelectMany(slice => GoalRows(slice, slice.Score(scored)))
            )
            .Paragraph(
                "Nine in ten of a deployment's figures should lie inside a 90 % interval; the mean over the deployments of each engine:"
            )
            .Table(
                "Engine|>Deployments|>Figures|Goal|Result|Verdict",
                Slices.Intervals(scored).SelectMany(slice => GoalRows(slice, slice.Score(scored)))
            );
    }

    private static IEnumerable<IEnumerable<string>> GoalRows(Slice slice, SliceScore score)
    {
        var results = new GoalResult(slice.Goal, score).All.ToList();
        if (results.Count == 0)
            results.Add(
                (
                    "none",
                    $"median {Percent(score.MedianAbsoluteError)}, 90th percentile {Percent(score.P90AbsoluteError)}",
                    null
                )
            );
        return results.Select(result =>
            (IEnumerable<string>)
                [
                    slice.Name,
                    Count(score.Count),
                    Count(score.Rows),
                    result.Goal,
                    result.Result,
                    result.IsMet is { } met
                        ? met
                            ? "met"
                            : "**missed**"
                        : "",
                ]
        );
    }

    private void Breakdown(
        Markdown page,
        string heading,
        string head,
        Func<Figure, string> part,
        Func<Figure, bool>? of = null
    ) =>
        page.Heading(heading)
            .Table(
                $"{head}|{ScoreHeads}",
                scored
                    .Where(of ?? (_ => true))
                    .GroupBy(part)
                    .Select(group => (group.Key, Score: Slice.ScoreOf(group.Key, group)))
                    .OrderByDescending(row => row.Score.Rows)
                    .ThenBy(row => row.Key, StringComparer.Ordinal)
                    .Select(row => Row(row.Key, row.Score))
            );

    private void Exclusions(Markdown page) =>
        page.Heading("What rules leave out")
            .Paragraph(
                "Rules look at conditions, never at errors. Each is scored by itself, and all figures together with and without."
            )
            .Table(
                $"Rule|{ScoreHeads}",
                all.Where(figure => figure.LeftOut is not null)
                    .GroupBy(figure => figure.LeftOut!)
                    .OrderBy(group => group.Key, StringComparer.Ordinal)
                    .Select(group => Row(group.Key, Slice.ScoreOf(group.Key, group)))
                    .Concat(collection.NotPredicted.Select(NotPredicted))
                    .Append(Row("all figures, rules applied", Slice.ScoreOf("", scored)))
                    .Append(Row("all figures, nothing left out", Slice.ScoreOf("", all)))
            )
            .Heading("Why figures are refused")
            .Table(
                "Reason|>Figures",
                scored
                    .Where(figure => figure.Scored.Predicted is null)
                    .GroupBy(figure => figure.Scored.Refused ?? "no reason")
                    .OrderByDescending(group => group.Count())
                    .ThenBy(group => group.Key, StringComparer.Ordinal)
                    .Select(group => (IEnumerable<string>)[group.Key, Count(group.Count())])
            );

    private static IEnumerable<string> NotPredicted(Exclusion rows) =>
        [rows.Rule, "", "", Count(rows.Count), .. Enumerable.Repeat("", 6)];

    private static IEnumerable<string> Row(string name, SliceScore score) =>
        [
            name,
            Count(score.Count),
            Count(score.Rows),
            Count(score.Refused),
            Percent(score.MedianAbsoluteError),
            Percent(score.P90AbsoluteError),
            Percent(score.Bias),
            Percent(score.Coverage90),
            Factor(score.MedianHalfWidth),
            Decimal(score.IntervalScore),
        ];

    private static string Widths(IEnumerable<double> widths)
    {
        var sorted = widths.Order().ToList();
        return Factor(sorted[0]) == Factor(sorted[^1])
            ? Factor(sorted[0])
            : $"{Factor(sorted[0])}-{Factor(sorted[^1])}";
    }

    private static string VersionOf(Figure figure) =>
        $"{figure.EngineName} {figure.MinorVersion?.ToString() ?? "of its day: no version stated"}";

    private static string QuantityName(Figure figure) =>
        figure switch
        {
            { Quantity: Quantity.TimePerToken } => "time per token",
            { Quantity: Quantity.FirstToken, IsAlone: true } => "first token, one request",
            { Quantity: Quantity.FirstToken } => "first token, under load",
            { Quantity: Quantity.PromptRate } => "prompt tokens per second",
            { Quantity: Quantity.Throughput } => "throughput",
            _ => "whole request",
        };

    private static string RungName(Figure figure) =>
        figure.Rung switch
        {
            KernelRung.OwnEngine => "kernels measured under this engine",
            KernelRung.OtherEngine => "kernels measured under another engine",
            KernelRung.SameChip => "kernels of another card with the same chip",
            KernelRung.EndToEnd => "whole runs",
            KernelRung.EngineClass => "the engine on a class of hardware",
            KernelRung.DatasheetOnly => "datasheet",
            _ => "nothing: not in the catalog",
        };
}
