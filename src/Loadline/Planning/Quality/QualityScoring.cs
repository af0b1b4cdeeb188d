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
    private readonly QualityLoss loss;
    private readonly QualityRunReader reader;

    public QualityScoring(CatalogReader catalog, ModelSource? models = null)
    {
        var constants = catalog.Quality.All[0];
        loss = new QualityLoss(constants);
        reader = new QualityRunReader(constants, models);
    }

    /// <summary>True when the columns are those of quantized models beside unquantized ones.</summary>
    public static bool IsOne(CsvTable table) => QualityRunReader.IsOne(table);

    /// <exception cref="BadContentException">A field is wrong.</exception>
    public ValidationAnswer Score(CsvTable table, bool withCases) =>
        Score(table.File, reader.Read(table), _ => loss, withCases);

    /// <param name="file">Name of the table.</param>
    /// <param name="read">What is in it.</param>
    /// <param name="lossOf">By what a run is predicted; null where nothing was learned of its rounding.</param>
    /// <param name="withCases">True to list every run.</param>
    internal static ValidationAnswer Score(
        string file,
        QualityRuns read,
        Func<QualityRun, QualityLoss?> lossOf,
        bool withCases
    )
    {
        List<ScoredCase> cases = [.. read.Runs.Where(run => !run.IsCollapsed).Select(run => CaseOf(run, lossOf(run)))];
        var answer = Scoring.Answer(file, "quality", cases, read.Excluded, withCases);
        return answer with
        {
            Slices = [.. answer.Slices, .. NothingLost(cases)],
            Figures = new QualityFigures(lossOf).Of(read.Runs),
        };
    }

    private static ScoredCase CaseOf(QualityRun run, QualityLoss? loss) =>
        new()
        {
            Id = run.Id,
            Metric = run.Quantity is { } quantity ? NameOf(quantity) : run.Metric,
            Deployment = $"{run.Source}|{run.Id}",
            Slices = [.. SlicesOf(run)],
            Measured = run.Loss,
            Whole = run.Quantity == QualityQuantity.KlDivergence ? null : 1,
            Predicted =
                run is { Rounded: { } rounded, Quantity: { } measured } && loss is not null
                    ? AsMeasured(loss.Of(measured, rounded), run.Noise)
                    : null,
            Refused = run.Refused ?? (loss is null ? "no other model was rounded so" : null),
        };

    /// <summary>Of what a measurement would find.</summary>
    private static Estimate AsMeasured(Estimate estimate, double noise) =>
        estimate with
        {
            Low = estimate.Low - noise,
            High = estimate.High + noise,
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
