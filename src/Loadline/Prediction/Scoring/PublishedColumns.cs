using System.Globalization;
using System.Text.RegularExpressions;

namespace Loadline.Prediction;

/// <summary>
/// A row of the column set that collections of published runs are exchanged in: <c>engine, model, weight_format, ...,
/// note</c>. What the set has no column for stands in its note.
/// </summary>
internal sealed partial class PublishedColumns(CsvRow row) : IInferenceColumns
{
    /// <summary>InferenceX draws lengths uniformly between 0.8 and 1.0 of the nominal value.</summary>
    private const double InferenceXMeanLength = 0.9;
    private const double InferenceXShortest = 0.8;

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

    private readonly string note = row["note"] ?? "";

    public string Id => row["id"] ?? $"line {row.Line}";

    public string SourceTable => row["id"]?.Split('-')[0] ?? "";

    public string? Source => row["source"];

    public string? Date => row["source_date"];

    public string Model => row.Text("model");

    public string WeightFormat => row.Text("weight_format");

    public string? CacheFormat => row["kv_format"];

    public string Engine => row.Text("engine");

    public string? EngineVersion => row["engine_version"];

    public string? AcceleratorId => row["accelerator_id"];

    public string? Accelerator => row["accelerator"];

    public long? Devices => row.WholeNumber("accelerator_count");

    public int? Threads => Number(ThreadCount());

    public long? Tensor => HasSpreadAttention ? 1 : row.WholeNumber("tp");

    public long? Pipeline => row.WholeNumber("pp");

    public long? Expert => row.WholeNumber("ep") ?? (HasSpreadAttention ? row.WholeNumber("tp") : null);

    public long? Data => HasSpreadAttention ? row.WholeNumber("tp") : row.WholeNumber("dp");

    /// <summary>True where each rank of a tensor-parallel group had sequences of its own, as the note says.</summary>
    private bool HasSpreadAttention =>
        row.WholeNumber("dp") is null or 1 && note.Contains("enable_attention_dp", StringComparison.Ordinal);

    public double? InputTokens =>
        NominalInputTokens is { } tokens ? tokens * LengthFactor : BenchmarkLengths.InputOf(row);

    public double? OutputTokens => NominalOutputTokens * LengthFactor;

    /// <summary>As stated, which is the upper end where <see cref="HasNominalLengths"/>.</summary>
    public double? NominalInputTokens => row.Number("input_tokens");

    /// <inheritdoc cref="NominalInputTokens"/>
    public double? NominalOutputTokens => row.Number("output_tokens");

    public int? LongestOutputTokens => Number(NominalOutput());

    public double LengthSpread => HasNominalLengths ? InferenceXShortest : 1;

    public double Depth => Scenario == "llama-bench pp" ? Number(AtDepth()) ?? 0 : 0;

    public int? Requests => Number(RequestCount());

    public double? Concurrency =>
        IsOfOneUser ? 1
        : row["concurrency_or_batch"] is null or "max" ? null
        : row.Number("concurrency_or_batch");

    public double? Rate => row["request_rate"] is null or "inf" or "closed-loop" ? null : row.Number("request_rate");

    public double? TokenLimitSeconds => Rate is null ? null : BenchmarkLimits.TokenSecondsOf(row);

    public bool IsStaticBatch =>
        Scenario == "offline-throughput" && row["request_rate"] is null && Concurrency is not null;

    public string Scenario => row.Text("scenario");

    public string Metric => row.Text("metric");

    public string Label => $"{Scenario} {Metric}";

    public double Unit => 1;

    public double Measured => row.AboveZero("value");

    /// <summary>aiconfigurator's own runs state everything but how requests were sent: a grade below that of the table.</summary>
    public string Grade =>
        GradeField().Match(note) is not { Success: true } grade ? ""
        : grade.Groups[1].Value == "A" && note.Contains("aic-auto-gap-analysis", StringComparison.Ordinal) ? "B"
        : grade.Groups[1].Value;

    /// <summary>Submissions to MLPerf, recipes, and launches of their own for latency or for throughput.</summary>
    public bool IsTuned => TunedRun().IsMatch(note);

    public string? Caution => Flag().Match(note) is { Success: true } flag ? flag.Groups[1].Value.Trim() : null;

    public PoolDegrees? PrefillPool => Pool("prefill");

    public PoolDegrees? DecodePool => Pool("decode");

    public string Deployment => SourceTable + Key(DeploymentColumns);

    public string Identity => Key(DeploymentColumns) + Key(RowColumns);

    /// <summary>What stands between the semicolons of the note.</summary>
    public IEnumerable<string> Notes => note.Split(';', StringSplitOptions.TrimEntries);

    /// <summary>True when lengths are stated by their upper end only.</summary>
    public bool HasNominalLengths => (row["source"] ?? "").Contains("InferenceX", StringComparison.Ordinal);

    /// <summary>True when the mean input length is that of the benchmark's data set.</summary>
    public bool HasLengthOfDataSet => row["input_tokens"] is null && InputTokens is not null;

    private double LengthFactor => HasNominalLengths ? InferenceXMeanLength : 1;

    /// <summary>True for prompts timed alone, although the engine was set up for more users.</summary>
    private bool IsOfOneUser =>
        Scenario == "prefill-only" && note.Contains("single-user prefill", StringComparison.Ordinal);

    private PoolDegrees? Pool(string name)
    {
        var fields = PoolField()
            .Matches(note)
            .Where(match => match.Groups["pool"].Value == name)
            .GroupBy(match => match.Groups["field"].Value)
            .ToDictionary(
                group => group.Key,
                group => int.Parse(group.First().Groups["value"].Value, CultureInfo.InvariantCulture)
            );
        return fields.ContainsKey("tp_size")
            ? new PoolDegrees(
                fields.TryGetValue("num_workers", out var replicas) ? replicas : null,
                new Parallelism(
                    Degree("tp_size"),
                    Degree("pp_size"),
                    Degree("moe_ep_size"),
                    Degree("attention_dp_size")
                )
            )
            : null;

        // A degree of 0 stands for none.
        int Degree(string field) => Math.Max(1, fields.GetValueOrDefault(field, 1));
    }

    private int? Number(Regex field) =>
        field.Match(note) is { Success: true } match
            ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
            : null;

    private string Key(string[] columns) => string.Concat(columns.Select(column => "|" + row[column]));

    [GeneratedRegex(@"\bn(?:um)?_requests=(\d{1,9})\b")]
    private static partial Regex RequestCount();

    [GeneratedRegex(@"\bdataset nominal \d{1,9}/(\d{1,9})\b")]
    private static partial Regex NominalOutput();

    [GeneratedRegex(@"\bthreads=(\d{1,4})\b")]
    private static partial Regex ThreadCount();

    [GeneratedRegex(@"\bat depth (\d{1,9})\b")]
    private static partial Regex AtDepth();

    [GeneratedRegex(@"\bMLPerf Inference\b|\b(?:Latency|Throughput)-(?:Sensitive|Optimized)\b|\brecipe\b")]
    private static partial Regex TunedRun();

    [GeneratedRegex(@"\bgrade=([A-Z])\b")]
    private static partial Regex GradeField();

    [GeneratedRegex(@"\bFLAG\b([^;]*)")]
    private static partial Regex Flag();

    [GeneratedRegex(@"\b(?<pool>prefill|decode)_(?<field>[a-z_]+)=(?<value>\d{1,9})")]
    private static partial Regex PoolField();
}
