using Loadline.Prediction;
using Loadline.Quantities;
using static Loadline.Accuracy.Markdown;

namespace Loadline.Accuracy;

/// <summary>What became of a slice's goals.</summary>
internal sealed class GoalResult(Goal goal, SliceScore score)
{
    /// <summary>Every goal in words, the result, and whether it is met; null where nothing could be scored.</summary>
    public IEnumerable<(string Goal, string Result, bool? IsMet)> All
    {
        get
        {
            if (goal.Median is { } median)
                yield return AtMost($"median at most {Share(median)}", median, score.MedianAbsoluteError, Exactly);
            if (goal.P90 is { } p90)
                yield return AtMost($"90th percentile at most {Share(p90)}", p90, score.P90AbsoluteError, Exactly);
            if (goal.HalfWidth is { } width)
                yield return AtMost($"median half-width at most {Factor(width)}", width, score.MedianHalfWidth, Factor);
            if (goal.Refused is { } refused)
                yield return AtMost($"refused at most {Share(refused)}", refused, RefusedShare, Exactly);
            if (goal.Coverage is { } coverage)
                yield return (
                    $"{Share(coverage.Least)} to {Share(coverage.Most)} inside",
                    score.Coverage90 is null
                        ? "no figures"
                        : $"{Exactly(score.Coverage90)}, half-width {Factor(score.MedianHalfWidth)}",
                    score.Coverage90 is { } inside ? inside >= coverage.Least && inside <= coverage.Most : null
                );
        }
    }

    /// <summary>To a digit more than tables have, so that a figure does not print like the goal that it misses.</summary>
    private static string Exactly(double? share) => share is { } value ? Significant.Three(value * 100) + " %" : "";

    private static string Share(double goal) => $"{goal * 100:0.#} %";

    private double? RefusedShare =>
        score.Rows + score.Refused == 0 ? null : score.Refused / (double)(score.Rows + score.Refused);

    private static (string, string, bool?) AtMost(
        string words,
        double goal,
        double? result,
        Func<double?, string> text
    ) => (words, result is null ? "no figures" : text(result), result is { } value ? value <= goal : null);
}
