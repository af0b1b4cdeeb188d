using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>
/// Scores published losses of quantized models: one quantized model is one vote, whatever it was asked. Errors of losses
/// are shares of the unquantized score or perplexity, those of divergences are shares of the divergence.
/// </summary>
public sealed class QualityScoring
{
    private readonly QualityConstants constants;
    private readonly QualityLoss loss;
    private readonly QualityRunReader reader;

    public QualityScoring(CatalogReader catalog, ModelSource? models = null)
        : this(catalog.Quality.All[0], models) { }

    internal QualityScoring(QualityConstants constants, ModelSource? models)
    {
        this.constants = constants;
        loss = new QualityLoss(constants);
        reader = new QualityRunReader(constants, models);
    }

    /// <summary>True when the columns are those of quantized models beside unquantized ones.</summary>
    public static bool IsOne(CsvTable table) => QualityRunReader.IsOne(table);

    /// <exception cref="BadContentException">A field is wrong.</exception>
    public ValidationAnswer Score(CsvTable table, bool withCases)
    {
        var (runs, excluded) = reader.Read(table);
        List<QualityRun> kept = [.. runs.Where(run => !run.IsCollapsed)];
        List<ScoredCase> cases = [.. kept.Select(CaseOf)];
        var answer = Scoring.Answer(table.File, "quality", cases, excluded, withCases);
        return answer with
        {
            Slices = [.. answer.Slices, .. NothingLost(cases)],
            Figures = new QualityFigures(loss).Of(runs),
        };
    }

    private ScoredCase CaseOf(QualityRun run) =>
        new()
        {
            Id = run.Id,
            Metric =
                run.Refused?.EndsWith("not predicted", StringComparison.Ordinal) == true
                    ? "other"
                    : NameOf(run.Quantity),
            Deployment = $"{run.Source}|{run.Id}",
            Slices = [.. SlicesOf(run)],
            Measured = run.Loss,
            Whole = run.Quantity == QualityQuantity.KlDivergence ? null : 1,
            Predicted = run.Rounded is { } rounded ? loss.Of(run.Quantity, rounded) : null,
            Refused = run.Refused,
        };

    private static string NameOf(QualityQuantity quantity) =>
        quantity switch
        {
            QualityQuantity.KlDivergence => "kl_divergence",
            QualityQuantity.PerplexityLoss => "perplexity_loss",
            _ => "task_loss",
        };

    private static IEnumerable<string> SlicesOf(QualityRun run)
    {
        yield return $"format {run.FormatFamily}";
        if (QualityGroups.Of(run) is { } group)
            yield return group;
    }

    /// <summary>What saying that nothing is lost would score: the floor to beat.</summary>
    private static IEnumerable<SliceScore> NothingLost(List<ScoredCase> cases) =>
        cases
            .Where(item => item is { Whole: not null, Predicted: not null })
            .SelectMany(item =>
                item.Slices.Prepend("all")
                    .Select(slice =>
                        (
                            Slice: $"nothing lost: {item.Metric}, {slice}",
                            Case: item with
                            {
                                Predicted = Estimate.Exact(0),
                            }
                        )
                    )
            )
            .GroupBy(pair => pair.Slice, pair => pair.Case)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group =>
                Scoring.Score(group.Key, [.. group]) with
                {
                    Coverage90 = null,
                    MedianHalfWidth = null,
                    IntervalScore = null,
                }
            );
}
