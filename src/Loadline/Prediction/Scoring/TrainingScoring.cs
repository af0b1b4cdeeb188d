using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>
/// Scores training: rates, step times and memory, each setup once per metric, and the operations that sources count.
/// </summary>
internal sealed class TrainingScoring(CatalogReader catalog, ModelSource models)
{
    private readonly TrainingColumns columns = new(catalog, models);
    private readonly RolloutColumns rollouts = new(catalog);

    public static bool IsOne(CsvTable table) =>
        table.HasColumns("framework", "method", "setup", "config", "metric", "value", "primary", "scorable");

    public ValidationAnswer Score(CsvTable table, bool withCases)
    {
        var scorable = table.Rows.Where(row => row["scorable"] == "yes").ToList();
        var primary = scorable.Where(row => row["primary"] == "yes").ToList();
        var rates = primary
            .Select(row => (Config: row["config"] ?? "", Rate: TrainingQuantity.MeasuredRate(row)))
            .Where(pair => pair.Rate is not null)
            .GroupBy(pair => pair.Config, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First().Rate!.Value, StringComparer.Ordinal);
        var cases = primary
            .Where(row => row["metric"] != "fits")
            .Select(row => CaseOf(row, TrainingQuantity.NameOf(row), setup => Predict(row, setup)))
            .Concat(
                scorable
                    .Where(row => row["primary"] != "yes" && TrainingQuantity.ConventionOf(row) is not null)
                    .Where(row => rates.ContainsKey(row["config"] ?? ""))
                    .Select(row => CaseOf(row, TrainingQuantity.FlopsOf(row), setup => Count(row, setup, rates)))
            )
            .ToList();
        var excluded = table
            .Rows.Where(row => row["scorable"] != "yes")
            .GroupBy(row => "not scorable: " + (row["why_not"]?.Split(';', ',')[0] ?? "no reason given"))
            .Select(group => new Exclusion(group.Key, group.Count()));
        return Scoring.Answer(table.File, "training", cases, excluded, withCases) with
        {
            Figures = [OutOfMemory(primary)],
        };
    }

    /// <summary>Setups that ran out of memory and would have been said to fit.</summary>
    private ScoreFigure OutOfMemory(IEnumerable<CsvRow> rows)
    {
        var failed = rows.Where(row => row["metric"] == "fits" && row.Number("value") == 0).ToList();
        var wrong = failed.Count(row => new TrainingMemory(columns.SetupOf(row)).Fits);
        return new ScoreFigure(
            "out of memory, predicted to fit",
            failed.Count == 0 ? null : wrong / (double)failed.Count,
            failed.Count
        );
    }

    private ScoredCase CaseOf(CsvRow row, string metric, Func<TrainingSetup, Estimate> predict)
    {
        var scored = new ScoredCase
        {
            Id = row["id"] ?? $"line {row.Line}",
            Metric = metric,
            Deployment = $"{row["setup"]}|{row["metric"]}",
            Slices =
            [
                $"source {row.Text("framework")}",
                $"accelerator {row["accelerator_id"] ?? row["accelerator"]}",
                $"precision {row["precision"]}",
                $"metric {row["metric"]}",
            ],
            Measured = row.AboveZero("value"),
        };
        try
        {
            return scored with { Predicted = predict(columns.SetupOf(row)) };
        }
        catch (Exception exception)
            when (exception is UnknownNameException or BadContentException or MissingFigureException)
        {
            return scored with { Refused = exception.Message };
        }
    }

    private Estimate Predict(CsvRow row, TrainingSetup setup) =>
        row["metric"] is "rl_step_s" ? rollouts.Step(row, setup).Step : TrainingQuantity.Predict(row, setup);

    /// <summary>What the measured rate of the same run comes to under the convention of the row.</summary>
    private static Estimate Count(CsvRow row, TrainingSetup setup, Dictionary<string, double> rates)
    {
        var perToken = TrainingFlops.PerToken(
            setup.Architecture,
            setup.ComputedLength,
            TrainingQuantity.ConventionOf(row)!
        );
        var rate = perToken.Count * rates[row["config"] ?? ""];
        return Estimate.Exact(
            row["metric"] is "mfu_percent" ? 100 * rate / TrainingQuantity.PeakOf(row) : rate / 1e12,
            Evidence.Modelled
        );
    }
}
