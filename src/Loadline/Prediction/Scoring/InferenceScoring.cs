using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Scores latency and throughput measurements.</summary>
/// <remarks>
/// A deployment is a source table, model, weight and cache format, engine, accelerator, count and parallel degrees.
/// Rows are left out only by rules on their conditions, and each rule is counted.
/// </remarks>
internal sealed class InferenceScoring(
    CatalogReader catalog,
    ModelSource models,
    Func<LoadReplay, LoadReplayTimes?>? replay = null
)
{
    private readonly InferencePredictor predictor = new(catalog, replay);
    private readonly Dictionary<string, (Model? Model, string? Refused)> resolved = [];

    public ValidationAnswer Score(CsvTable table, bool withCases)
    {
        var runs = Runs(table).ToList();
        return Scoring.Answer(
            table.File,
            "latency and throughput",
            [.. runs.Where(run => run.LeftOut is null).Select(run => CaseOf(run.Conditions))],
            runs.Where(run => run.LeftOut is not null)
                .GroupBy(run => run.LeftOut!)
                .Select(rows => new Exclusion(rows.Key, rows.Count())),
            withCases
        );
    }

    /// <summary>Every row of a file, with the rule that leaves it out of the score, if one does.</summary>
    public static IEnumerable<InferenceRun> Runs(CsvTable table)
    {
        var seen = new HashSet<string>();
        foreach (var row in table.Rows)
        {
            InferenceLimits.Check(row);
            var conditions = new InferenceConditions(row);
            yield return new InferenceRun(conditions, WhyLeftOut(conditions.Stated, seen));
        }
    }

    public ScoredCase CaseOf(InferenceConditions conditions)
    {
        var stated = conditions.Stated;
        var accelerator = predictor.AcceleratorOf(conditions) ?? stated.Accelerator;
        var scored = new ScoredCase
        {
            Id = stated.Id,
            Metric = stated.Label,
            Deployment = stated.Deployment,
            Slices =
            [
                $"engine {stated.Engine}",
                $"accelerator {accelerator}",
                $"format {stated.WeightFormat}",
                $"source {stated.SourceTable}",
            ],
            Measured = stated.Measured,
        };
        var (model, refused) = ModelOf(conditions);
        if (model is null)
            return scored with { Refused = refused };
        try
        {
            var predicted = predictor.Predict(conditions, model, out var reason);
            return scored with
            {
                Predicted = predicted is { } estimate ? Doubted(estimate, conditions) * stated.Unit : null,
                Refused = reason is not null ? conditions.WithoutLengths ?? reason : null,
            };
        }
        catch (Exception exception) when (exception is UnknownNameException or BadContentException)
        {
            return scored with { Refused = exception.Message };
        }
    }

    /// <summary>The model of a row, or why there is none.</summary>
    public (Model? Model, string? Refused) ModelOf(InferenceConditions conditions)
    {
        var name = conditions.Stated.Model;
        if (resolved.TryGetValue(name, out var known))
            return known;
        try
        {
            known = (models.Read(name), null);
        }
        catch (UnknownNameException)
        {
            known = (null, $"model {name} is not in the catalog");
        }
        catch (BadContentException unread)
        {
            known = (null, unread.Message);
        }
        return resolved[name] = known;
    }

    /// <summary>Id of the accelerator of a row; null when the catalog knows none.</summary>
    public string? AcceleratorOf(InferenceConditions conditions) => predictor.AcceleratorOf(conditions);

    private static string? WhyLeftOut(IInferenceColumns stated, HashSet<string> seen)
    {
        if (stated.Caution is not null)
            return "noted FLAG by the source table";
        if (stated.Scenario == "server-spec-decode")
            return "speculative decoding with unknown acceptance";
        if (stated.Metric == "memory_bytes")
            return "memory, scored with memory measurements";
        if (stated.Metric.EndsWith("_p99", StringComparison.Ordinal))
            return "a percentile, which the closed form does not give";
        return seen.Add(stated.Identity) ? null : "the same conditions and value again";
    }

    /// <summary>A prediction that rests on a stand-in for what the row does not state.</summary>
    private static Estimate Doubted(Estimate estimate, InferenceConditions conditions)
    {
        if (conditions.IsMixAssumed)
            estimate = estimate.Widened(DynamicMixes.SizeFactor);
        return conditions.IsMixAssumed || conditions.IsVersionAssumed ? estimate.OneGradeLower() : estimate;
    }
}

/// <summary>One figure of a file, and the rule that leaves it out; the rule looks at conditions, never at the error.</summary>
internal sealed record InferenceRun(InferenceConditions Conditions, string? LeftOut);
