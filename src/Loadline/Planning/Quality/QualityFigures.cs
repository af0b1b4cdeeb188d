using System.Collections.Immutable;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What is asked of predicted losses beside their errors: coverage by model, order of formats, warnings.</summary>
internal sealed class QualityFigures(Func<QualityRun, QualityLoss?> lossOf)
{
    /// <summary>Pairs further apart than this many standard errors of their difference are clearly separated.</summary>
    private const double Errors = 2;

    /// <summary>... and than this share of the larger loss, since printed errors leave out that pages differ.</summary>
    private const double Share = 0.2;

    public ImmutableArray<ScoreFigure> Of(IReadOnlyList<QualityRun> runs)
    {
        List<QualityRun> known =
        [
            .. runs.Where(run => run is { Rounded: not null, IsCollapsed: false } && lossOf(run) is not null),
        ];
        var quantities = Enum.GetValues<QualityQuantity>();
        List<bool> broken =
        [
            .. runs.Where(run => run is { Rounded: not null, IsCollapsed: true } && lossOf(run) is not null)
                .DistinctBy(run => (run.Source, run.Id))
                .Select(IsWarnedOf),
        ];
        List<bool> whole = [.. known.DistinctBy(run => (run.Source, run.Id)).Select(IsWarnedOf)];
        return
        [
            .. quantities.Select(quantity =>
                Coverage(NameOf(quantity), [.. known.Where(run => run.Quantity == quantity)])
            ),
            .. quantities.Select(quantity =>
                Order(NameOf(quantity), [.. known.Where(run => run.Quantity == quantity)])
            ),
            new ScoreFigure("models found broken that are warned of", ShareOf(broken), broken.Count),
            new ScoreFigure("other models that are warned of", ShareOf(whole), whole.Count),
        ];
    }

    private static string NameOf(QualityQuantity quantity) =>
        quantity switch
        {
            QualityQuantity.KlDivergence => "divergences",
            QualityQuantity.PerplexityLoss => "losses of perplexity",
            _ => "losses of task scores",
        };

    /// <summary>Every model counts once: by the share of its runs that are inside.</summary>
    private ScoreFigure Coverage(string name, List<QualityRun> runs)
    {
        var models = runs.GroupBy(run => run.Model).Select(group => group.Average(IsInside)).ToList();
        return new ScoreFigure(
            $"{name} of models inside 80 % intervals",
            models.Count == 0 ? null : models.Average(),
            models.Count
        );

        double IsInside(QualityRun run)
        {
            var estimate = lossOf(run)!.Of(run.Quantity!.Value, run.Rounded!, Interval.Eighty);
            return estimate.Low - run.Noise <= run.Loss && run.Loss <= estimate.High + run.Noise ? 1 : 0;
        }
    }

    /// <summary>Two formats of one model on one page, as far as they are rounded differently.</summary>
    private ScoreFigure Order(string name, List<QualityRun> runs)
    {
        List<bool> right =
        [
            .. runs.GroupBy(run => (run.Source, run.Model))
                .SelectMany(group =>
                    group.SelectMany((one, index) => group.Skip(index + 1).Select(other => (One: one, Other: other)))
                )
                .Where(pair => pair.One.Rounded != pair.Other.Rounded && AreApart(pair.One, pair.Other))
                .Select(pair => DivergenceOf(pair.One) > DivergenceOf(pair.Other) == pair.One.Loss > pair.Other.Loss),
        ];
        return new ScoreFigure($"{name} in the right order, of clearly separated pairs", ShareOf(right), right.Count);
    }

    private static bool AreApart(QualityRun one, QualityRun other)
    {
        if (one.Rows != other.Rows)
            return false;
        var apart = Math.Abs(one.Loss - other.Loss);
        var error = Math.Sqrt(Math.Pow(one.StandardError ?? 0, 2) + Math.Pow(other.StandardError ?? 0, 2));
        return apart > Errors * error && apart > Share * Math.Max(Math.Abs(one.Loss), Math.Abs(other.Loss));
    }

    private bool IsWarnedOf(QualityRun run) => !QualityWarnings.Of(run.Rounded!, DivergenceOf(run)).IsEmpty;

    private double DivergenceOf(QualityRun run) => lossOf(run)!.DivergenceOf(run.Rounded!);

    private static double? ShareOf(List<bool> hits) => hits.Count == 0 ? null : hits.Average(hit => hit ? 1.0 : 0);
}
