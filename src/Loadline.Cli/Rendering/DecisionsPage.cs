using Loadline.Quantities;

namespace Loadline.Cli.Rendering;

internal static class DecisionsPage
{
    public static void Render(Page page, DecisionAnswer answer)
    {
        var score = answer.Decisions;
        page.Headline(
            score.Models == 0
                ? $"{answer.File}: no model was measured on four deployments under the same lengths."
                : $"{answer.File}: deciding by prediction costs {Percent(score.MedianRegret)} more than the best that was measured, at the median of {score.Models} models."
        );
        if (score.Models == 0)
            return;
        page.Facts(
            (
                "Limit",
                $"{new Duration(score.TpotLimitSeconds)} per token, kept with {score.Confidence * 100:0.#} % confidence on average over the choices"
            ),
            (
                "Decisions",
                $"{Figures.Exact(score.Decisions)} of models and lengths; for {Figures.Exact(score.Unanswered)} no deployment is predicted to keep the limit surely"
            ),
            (
                "Extra cost",
                $"median {Percent(score.MedianRegret)}, 90th percentile {Percent(score.P90Regret)} of models"
            ),
            ("Limit missed", $"{Percent(score.MissShare)} of the choices"),
            (
                "Each alone",
                score.EachAlone is { } alone
                    ? $"asked of every single choice, {Percent(alone.Confidence)} costs {Percent(alone.MedianRegret)} (90th percentile {Percent(alone.P90Regret)}), misses {Percent(alone.MissShare)} and leaves {Figures.Exact(alone.Unanswered)} open; here at least {Percent(score.LeastProbability)} are asked"
                    : "-"
            ),
            ("Order", $"Spearman {score.RankCorrelation:0.00} between predicted and measured costs, median")
        );
    }

    private static string Percent(double? share) => share is { } value ? $"{value * 100:0.#} %" : "-";
}
