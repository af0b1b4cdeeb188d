using System.Globalization;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Scores latency and throughput measurements.</summary>
/// <remarks>
/// A deployment is a source table, model, weight and cache format, engine, accelerator, count and parallel degrees.
/// Rows are left out only by rules on their conditions, and each rule is counted.
/// </remarks>
internal sealed class InferenceScoring(CatalogReader catalog, ModelSource models)
{
    private static readonly string[] DeploymentColumns =
    [
        "model",
        "weight_format",
        "kv_format",
        "engine",
        "accelerator",
        "accelerator_count",
        "tp",
        "pp",
        "ep",
        "dp",
    ];

    private static readonly string[] RowColumns =
    [
        "engine_version",
        "input_tokens",
        "output_tokens",
        "concurrency_or_batch",
        "request_rate",
        "scenario",
        "metric",
        "value",
    ];

    private readonly InferencePredictor predictor = new(catalog);
    private readonly Dictionary<string, (Model? Model, string? Refused)> resolved = [];

    public ValidationAnswer Score(CsvTable table, bool withCases)
    {
        var cases = new List<ScoredCase>();
        var excluded = new Dictionary<string, int>();
        var seen = new HashSet<string>();
        foreach (var row in table.Rows)
        {
            if (WhyLeftOut(row, seen) is { } rule)
                excluded[rule] = excluded.GetValueOrDefault(rule) + 1;
            else
                cases.Add(CaseOf(row));
        }
        return Scoring.Answer(
            table.File,
            "latency and throughput",
            cases,
            excluded.Select(pair => new Exclusion(pair.Key, pair.Value)),
            withCases
        );
    }

    private static string? WhyLeftOut(CsvRow row, HashSet<string> seen)
    {
        if ((row["note"] ?? "").Contains("FLAG", StringComparison.Ordinal))
            return "noted FLAG by the source table";
        if (row["scenario"] == "server-spec-decode")
            return "speculative decoding with unknown acceptance";
        if (row["metric"] == "memory_bytes")
            return "memory, scored with memory measurements";
        if (row["metric"]!.EndsWith("_p99", StringComparison.Ordinal))
            return "a percentile, which the closed form does not give";
        var identity = Key(row, DeploymentColumns) + Key(row, RowColumns);
        return seen.Add(identity) ? null : "the same conditions and value again";
    }

    private ScoredCase CaseOf(CsvRow row)
    {
        var source = row["id"]?.Split('-')[0] ?? "";
        var scored = new ScoredCase
        {
            Id = row["id"] ?? $"line {row.Line}",
            Metric = $"{row.Text("scenario")} {row.Text("metric")}",
            Deployment = source + Key(row, DeploymentColumns),
            Slices =
            [
                $"engine {row["engine"]}",
                $"accelerator {row["accelerator_id"] ?? row["accelerator"]}",
                $"format {row["weight_format"]}",
                $"source {source}",
            ],
            Measured = row.Number("value") is > 0 and var value
                ? value
                : throw row.Wrong("value", $"\"{row["value"]}\"", "a number above 0"),
        };
        var (model, refused) = Resolve(row.Text("model"));
        if (model is null)
            return scored with { Refused = refused };
        try
        {
            var predicted = predictor.Predict(WithLength(WithAccelerator(row)), model, out var reason);
            return scored with
            {
                Predicted = predicted is { } estimate ? Doubted(estimate, new InferenceConditions(row)) : null,
                Refused = reason is not null && WithoutLengths(WithLength(row)) is { } lacking ? lacking : reason,
            };
        }
        catch (Exception exception) when (exception is UnknownNameException or BadContentException)
        {
            return scored with { Refused = exception.Message };
        }
    }

    /// <summary>The row with the id of the accelerator it prints, where it states none.</summary>
    private CsvRow WithAccelerator(CsvRow row) =>
        row["accelerator_id"] is null
        && row["accelerator"] is { } printed
        && AcceleratorNames.IdOf(printed, catalog) is { } id
            ? row.With("accelerator_id", id)
            : row;

    /// <summary>The row with the mean input length of its benchmark, where it states none.</summary>
    private static CsvRow WithLength(CsvRow row) =>
        row["input_tokens"] is null && BenchmarkLengths.InputOf(row) is { } tokens
            ? row.With("input_tokens", tokens.ToString("R", CultureInfo.InvariantCulture))
            : row;

    /// <summary>Why requests of unknown length cannot be served; null when both lengths are stated.</summary>
    private static string? WithoutLengths(CsvRow row) =>
        row["scenario"] is not ("server" or "interactive" or "offline-throughput" or "single-stream") ? null
        : row["input_tokens"] is null ? "the mean input length is not stated"
        : row["output_tokens"] is null ? "the mean output length is not stated"
        : null;

    /// <summary>A prediction that rests on a stand-in for what the row does not state.</summary>
    private static Estimate Doubted(Estimate estimate, InferenceConditions conditions)
    {
        if (conditions.IsMixAssumed)
            estimate = estimate.Widened(DynamicMixes.SizeFactor);
        return conditions.IsMixAssumed || conditions.IsVersionAssumed ? estimate.OneGradeLower() : estimate;
    }

    private (Model? Model, string? Refused) Resolve(string name)
    {
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

    private static string Key(CsvRow row, string[] columns) =>
        string.Concat(columns.Select(column => "|" + row[column]));
}
