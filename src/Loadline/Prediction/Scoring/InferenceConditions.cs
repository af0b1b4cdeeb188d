using System.Globalization;
using System.Text.RegularExpressions;
using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>What one row of inference measurements says it was measured under, in our terms.</summary>
internal sealed partial class InferenceConditions(CsvRow row)
{
    /// <summary>InferenceX draws lengths uniformly between 0.8 and 1.0 of the nominal value.</summary>
    private const double InferenceXMeanLength = 0.9;

    public string Scenario => row.Text("scenario");

    public string Metric => row.Text("metric");

    public double InputTokens => Length("input_tokens");

    public double OutputTokens => Length("output_tokens");

    public int Devices => (int)(row.WholeNumber("accelerator_count") ?? 1);

    public int? Tensor => (int?)row.WholeNumber("tp");

    public int Pipeline => (int)(row.WholeNumber("pp") ?? 1);

    /// <summary>Groups that whole experts are dealt to; 0 in a row stands for none.</summary>
    public int Expert => Math.Max(1, (int)(row.WholeNumber("ep") ?? 1));

    public int Data => Math.Max(1, (int)(row.WholeNumber("dp") ?? 1));

    /// <summary>Requests in flight or sequences of a batch; null when the engine decides.</summary>
    public double? Concurrency =>
        IsOfOneUser ? 1
        : row["concurrency_or_batch"] is null or "max" ? null
        : row.Number("concurrency_or_batch");

    /// <summary>True for prompts timed alone, although the engine was set up for more users.</summary>
    private bool IsOfOneUser =>
        Scenario == "prefill-only" && (row["note"] ?? "").Contains("single-user prefill", StringComparison.Ordinal);

    /// <summary>Requests per second; null for a closed loop, for everything at once and where none is stated.</summary>
    public double? Rate => row["request_rate"] is null or "inf" or "closed-loop" ? null : row.Number("request_rate");

    /// <summary>Requests of the whole run; null where the row does not say.</summary>
    public int? Requests => Number(RequestCount());

    /// <summary>Tokens of the longest answers; null where the row does not say.</summary>
    public int? LongestOutputTokens => Number(NominalOutput());

    /// <summary>True when one batch starts and ends together.</summary>
    public bool IsStaticBatch =>
        Scenario == "offline-throughput" && row["request_rate"] is null && Concurrency is not null;

    /// <summary>Tokens already in the cache when a part of a prompt is measured behind them.</summary>
    public double Depth =>
        Scenario == "llama-bench pp" && AtDepth().Match(row["note"] ?? "") is { Success: true } match
            ? double.Parse(match.ValueSpan, CultureInfo.InvariantCulture)
            : 0;

    /// <summary>
    /// Engine and version as <c>--engine</c> takes them. Where no version is stated, the day of the source stands in for
    /// it: whoever measured had the newest version of that day at best.
    /// </summary>
    public string Engine
    {
        get
        {
            var (name, version) = MeasuredEngines.Of(row.Text("engine"), row["engine_version"]);
            return version is not null ? $"{name}@{version}"
                : MeasuredEngines.LastDayOf(row["source_date"]) is { } day ? $"{name}@{day}"
                : name;
        }
    }

    /// <summary>True when the version is taken from the date of the source, or is the newest for want of both.</summary>
    public bool IsVersionAssumed => MeasuredEngines.Of(row.Text("engine"), row["engine_version"]).Version is null;

    /// <summary>True when the weights are a mix that its name does not fix, and another stands in for it.</summary>
    public bool IsMixAssumed => MeasuredFormats.IsStandIn(row.Text("weight_format"));

    /// <summary>The recipe, or null when we have none for the format.</summary>
    public string? Weights(Model model) => MeasuredFormats.RecipeOf(row.Text("weight_format"), model.Architecture);

    public string? KvCache => MeasuredFormats.CacheOf(row["kv_format"]);

    private int? Number(Regex field) =>
        field.Match(row["note"] ?? "") is { Success: true } match
            ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
            : null;

    private double Length(string column)
    {
        var tokens = row.Number(column) ?? 0;
        return (row["source"] ?? "").Contains("InferenceX", StringComparison.Ordinal)
            ? tokens * InferenceXMeanLength
            : tokens;
    }

    [GeneratedRegex(@"(?<=at depth )\d+")]
    private static partial Regex AtDepth();

    [GeneratedRegex(@"\bn_requests=(\d{1,9})\b")]
    private static partial Regex RequestCount();

    [GeneratedRegex(@"\bdataset nominal \d{1,9}/(\d{1,9})\b")]
    private static partial Regex NominalOutput();
}
