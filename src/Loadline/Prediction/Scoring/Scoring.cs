using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>
/// Turns scored cases into slices. A deployment counts once: its error is the median over its rows, a slice's are the
/// median and 90th percentile over its deployments.
/// </summary>
public static class Scoring
{
    private const double Miss = 0.1;

    public static ValidationAnswer Answer(
        string file,
        string kind,
        IReadOnlyList<ScoredCase> cases,
        IEnumerable<Exclusion> excluded,
        bool withCases
    ) =>
        new()
        {
            File = file,
            Kind = kind,
            Metrics =
            [
                .. cases.GroupBy(item => item.Metric).Select(group => Score(group.Key, [.. group])).OrderBy(Name),
            ],
            Slices =
            [
                .. cases
                    .SelectMany(item => item.Slices.Select(slice => (Slice: $"{item.Metric}, {slice}", Case: item)))
                    .GroupBy(pair => pair.Slice, pair => pair.Case)
                    .Select(group => Score(group.Key, [.. group]))
                    .OrderBy(Name),
            ],
            Excluded = [.. excluded.OrderBy(item => item.Rule, StringComparer.Ordinal)],
            RefusedReasons =
            [
                .. cases
                    .Where(item => item.Refused is not null)
                    .GroupBy(item => item.Refused!)
                    .Select(group => new Exclusion(group.Key, group.Count()))
                    .OrderByDescending(item => item.Count)
                    .ThenBy(item => item.Rule, StringComparer.Ordinal),
            ],
            Cases = withCases ? [.. cases] : null,
        };

    public static SliceScore Score(string name, IReadOnlyList<ScoredCase> cases)
    {
        var scored = cases.Where(item => item.Predicted is not null).ToList();
        var deployments = scored
            .GroupBy(item => (item.Deployment, item.Metric))
            .Select(rows =>
                (
                    Error: Sample.Median(rows.Select(row => row.AbsoluteError!.Value)),
                    Bias: Sample.Median(rows.Select(row => row.Error!.Value))
                )
            )
            .ToList();
        var widths = scored.Where(item => WholeAtLow(item) > 0).ToList();
        return new SliceScore
        {
            Name = name,
            Count = deployments.Count,
            Rows = scored.Count,
            Refused = cases.Count - scored.Count,
            MedianAbsoluteError = deployments.Count == 0 ? null : Sample.Median(deployments.Select(item => item.Error)),
            P90AbsoluteError =
                deployments.Count == 0 ? null : Sample.Quantile(deployments.Select(item => item.Error), 0.9),
            Bias = deployments.Count == 0 ? null : Sample.Median(deployments.Select(item => item.Bias)),
            Coverage90 =
                scored.Count == 0
                    ? null
                    : scored
                        .GroupBy(item => (item.Deployment, item.Metric))
                        .Average(rows => rows.Average(row => IsInside(row.Predicted!.Value, row.Measured) ? 1.0 : 0)),
            MedianHalfWidth =
                widths.Count == 0
                    ? null
                    : Sample.Median(
                        widths.Select(item =>
                            Math.Sqrt((item.Predicted!.Value.High + (item.Whole ?? 0)) / WholeAtLow(item))
                        )
                    ),
            IntervalScore = widths.Count == 0 ? null : widths.Average(IntervalScore),
        };
    }

    private static bool IsInside(Estimate estimate, double measured) =>
        estimate.Low <= measured && measured <= estimate.High;

    /// <summary>Lower end of the interval, of a loss that of the whole and the loss.</summary>
    private static double WholeAtLow(ScoredCase item) => item.Predicted!.Value.Low + (item.Whole ?? 0);

    private static double IntervalScore(ScoredCase item)
    {
        var whole = item.Whole ?? 0;
        var low = Math.Log(WholeAtLow(item));
        var high = Math.Log(item.Predicted!.Value.High + whole);
        var value = Math.Log(item.Measured + whole);
        var outside = Math.Max(0, low - value) + Math.Max(0, value - high);
        return high - low + 2 / Miss * outside;
    }

    private static string Name(SliceScore score) => score.Name;
}
