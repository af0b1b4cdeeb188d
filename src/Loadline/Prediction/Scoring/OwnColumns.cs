namespace Loadline.Prediction;

/// <summary>A row of <c>measurements/inference.csv</c>; its README explains the columns.</summary>
internal sealed class OwnColumns(CsvRow row) : IInferenceColumns
{
    /// <summary>What is written behind lengths of which only the upper end is stated.</summary>
    public const string NominalLengths = "0.8-1.0 of nominal";

    /// <summary>What is written where a run was tuned for its figure.</summary>
    public const string Tuned = "tuned";

    private const double MeanOfNominal = 0.9;
    private const double ShortestOfNominal = 0.8;

    private static readonly string[] DeploymentColumns =
    [
        "model",
        "weights",
        "kvCache",
        "engine",
        "accelerator",
        "devices",
        "tensor",
        "pipeline",
        "expert",
        "data",
    ];

    private static readonly string[] RowColumns =
    [
        "version",
        "threads",
        "promptTokens",
        "outputTokens",
        "concurrency",
        "requestsPerSecond",
        "workload",
        "metric",
        "statistic",
        "value",
    ];

    private readonly QuantityTerm quantity =
        InferenceTerms.Find(row.Text("metric"), row["statistic"] ?? "")
        ?? throw row.Wrong(
            "metric",
            $"\"{row["metric"]}\" with the statistic \"{row["statistic"]}\"",
            $"one of {string.Join(", ", InferenceTerms.AllQuantities)}, latencies with mean, median or unstated"
        );

    public string Id => row["id"] ?? $"line {row.Line}";

    public string SourceTable => row["id"]?.Split('-')[0] ?? "";

    public string? Source => row["source"];

    public string? Date => row["date"];

    public string Model => row.Text("model");

    public string WeightFormat => row.Text("weights");

    public string? CacheFormat => row["kvCache"];

    public string Engine => row.Text("engine");

    public string? EngineVersion => row["version"];

    public string? AcceleratorId => null;

    public string? Accelerator => row["accelerator"];

    public long? Devices => row.WholeNumber("devices");

    public int? Threads => (int?)row.WholeNumber("threads");

    public long? Tensor => row.WholeNumber("tensor");

    public long? Pipeline => row.WholeNumber("pipeline");

    public long? Expert => row.WholeNumber("expert");

    public long? Data => row.WholeNumber("data");

    public double? InputTokens => row.Number("promptTokens") * LengthFactor;

    public double? OutputTokens => row.Number("outputTokens") * LengthFactor;

    public int? LongestOutputTokens => (int?)row.WholeNumber("longestOutputTokens");

    public double LengthSpread => HasNominalLengths ? ShortestOfNominal : 1;

    public double Depth => row.Number("cachedTokens") ?? 0;

    public int? Requests => (int?)row.WholeNumber("requests");

    public double? Concurrency => row.Number("concurrency");

    public double? Rate => row.Number("requestsPerSecond");

    public double? TokenLimitSeconds => row.Number("tokenLimitSeconds");

    public bool IsStaticBatch => row.Text("workload") == InferenceTerms.Batch;

    public string Scenario =>
        InferenceTerms.ScenarioOf(row.Text("workload"))
        ?? throw row.Wrong(
            "workload",
            $"\"{row["workload"]}\"",
            $"one of {string.Join(", ", InferenceTerms.AllWorkloads)}"
        );

    public string Metric => quantity.Published;

    public string Label => $"{row.Text("workload")} {quantity.Name} {quantity.Statistic}".TrimEnd();

    public double Unit => quantity.Unit;

    public double Measured => row.AboveZero("value");

    public string Grade => row["grade"] ?? "";

    public bool IsTuned => row["recipe"] == Tuned;

    public string? Caution => row["caution"];

    public PoolDegrees? PrefillPool => Pool("prefill");

    public PoolDegrees? DecodePool => Pool("decode");

    public string Deployment => SourceTable + Key(DeploymentColumns);

    public string Identity => Key(DeploymentColumns) + Key(RowColumns);

    private bool HasNominalLengths => row["lengths"] == NominalLengths;

    private double LengthFactor => HasNominalLengths ? MeanOfNominal : 1;

    private PoolDegrees? Pool(string name) =>
        row[name + "Tensor"] is null
            ? null
            : new PoolDegrees(
                (int?)row.WholeNumber(name + "Replicas"),
                new Parallelism(
                    Degree(name + "Tensor"),
                    Degree(name + "Pipeline"),
                    Degree(name + "Expert"),
                    Degree(name + "Data")
                )
            );

    private int Degree(string column) => (int)(row.WholeNumber(column) ?? 1);

    private string Key(string[] columns) => string.Concat(columns.Select(column => "|" + row[column]));
}
