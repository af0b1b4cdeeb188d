using System.Globalization;
using System.Text.RegularExpressions;
using Loadline.Catalog;
using Loadline.Prediction;

namespace Loadline.Accuracy;

/// <summary>Writes published figures in our columns and units.</summary>
internal sealed partial class SampleWriter(TextWriter output)
{
    private static readonly (string Name, Func<PublishedColumns, string?> Value)[] Columns =
    [
        ("id", stated => stated.Id),
        ("source", stated => stated.Source),
        ("date", stated => stated.Date),
        ("model", stated => stated.Model),
        ("weights", stated => stated.WeightFormat),
        ("kvCache", stated => MeasuredFormats.CacheOf(stated.CacheFormat)),
        ("engine", stated => MeasuredEngines.Of(stated.Engine, stated.EngineVersion).Name),
        ("version", stated => stated.EngineVersion),
        ("accelerator", stated => stated.AcceleratorId ?? stated.Accelerator),
        ("devices", stated => Text(stated.Devices)),
        ("threads", stated => Text(stated.Threads)),
        ("tensor", stated => Text(stated.Tensor)),
        ("pipeline", stated => Text(stated.Pipeline)),
        ("expert", stated => Text(stated.Expert)),
        ("data", stated => Text(stated.Data)),
        ("promptTokens", stated => Text(stated.HasNominalLengths ? stated.NominalInputTokens : stated.InputTokens)),
        ("outputTokens", stated => Text(stated.HasNominalLengths ? stated.NominalOutputTokens : stated.OutputTokens)),
        ("longestOutputTokens", stated => Text(stated.LongestOutputTokens)),
        ("lengths", LengthsOf),
        ("cachedTokens", stated => stated.Depth > 0 ? Text(stated.Depth) : null),
        ("requests", stated => Text(stated.Requests)),
        ("concurrency", stated => Text(stated.Concurrency)),
        ("requestsPerSecond", stated => Text(stated.Rate)),
        ("tokenLimitSeconds", stated => Text(stated.TokenLimitSeconds)),
        ("workload", stated => InferenceTerms.WorkloadOf(stated.Scenario, stated.IsStaticBatch)),
        ("metric", stated => TermOf(stated).Name),
        ("statistic", stated => TermOf(stated).Statistic),
        ("value", stated => Text(Math.Round(stated.Measured * TermOf(stated).Unit, Decimals))),
        .. Pool("prefill", stated => stated.PrefillPool),
        .. Pool("decode", stated => stated.DecodePool),
        ("recipe", stated => stated.IsTuned ? OwnColumns.Tuned : null),
        ("grade", stated => stated.Grade),
        ("caution", stated => stated.Caution),
        ("remark", stated => string.Join("; ", stated.Notes.Where(note => WorthKeeping().IsMatch(note)))),
    ];

    private const int Decimals = 9;

    private readonly CatalogReader catalog = new();

    public void Write(IEnumerable<PublishedColumns> figures)
    {
        output.WriteLine(string.Join(',', Columns.Select(column => column.Name)));
        foreach (var stated in figures)
            output.WriteLine(string.Join(',', Columns.Select(column => Quoted(ValueOf(column, stated)))));
    }

    private string ValueOf((string Name, Func<PublishedColumns, string?> Value) column, PublishedColumns stated)
    {
        var value = column.Value(stated) ?? "";
        return column.Name switch
        {
            "accelerator" => AcceleratorNames.IdOf(value, catalog) ?? value,
            "engine" => catalog.Engines.Names.Exact(value) ?? value,
            _ => value,
        };
    }

    private static IEnumerable<(string, Func<PublishedColumns, string?>)> Pool(
        string name,
        Func<PublishedColumns, PoolDegrees?> pool
    ) =>
        [
            (name + "Replicas", stated => Text(pool(stated)?.Replicas)),
            (name + "Tensor", stated => Text(pool(stated)?.Parallelism.Tensor)),
            (name + "Pipeline", stated => Text(pool(stated)?.Parallelism.Pipeline)),
            (name + "Expert", stated => Text(pool(stated)?.Parallelism.Expert)),
            (name + "Data", stated => Text(pool(stated)?.Parallelism.Data)),
        ];

    private static string? LengthsOf(PublishedColumns stated) =>
        stated.HasNominalLengths ? OwnColumns.NominalLengths
        : stated.HasLengthOfDataSet ? "prompt of the data set"
        : null;

    private static QuantityTerm TermOf(PublishedColumns stated) => InferenceTerms.OfPublished(stated.Metric)!;

    private static string? Text(double? number) => number?.ToString("R", CultureInfo.InvariantCulture);

    private static string? Text(long? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string Quoted(string field) =>
        field.AsSpan().IndexOfAny(",\"\n") < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>What a reader who doubts a figure would look for, and no column has.</summary>
    [GeneratedRegex(
        "SPREAD|^backend|flash_attn|^\"llama|threads|PCIe|power limited|Vulkan|^system|MLPerf Inference|benchmark=|hardware line|n_batch=|GCD|one tile|assumed|^column|Benchmark$|diffusion"
    )]
    private static partial Regex WorthKeeping();
}
