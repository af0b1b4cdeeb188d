using System.Globalization;
using System.Text.RegularExpressions;
using Loadline.Catalog;
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

    public int Data => (int)(row.WholeNumber("dp") ?? 1);

    /// <summary>Requests in flight or sequences of a batch; null when the engine decides.</summary>
    public double? Concurrency =>
        row["concurrency_or_batch"] is null or "max" ? null : row.Number("concurrency_or_batch");

    /// <summary>Requests per second; null for a closed loop, for everything at once and where none is stated.</summary>
    public double? Rate => row["request_rate"] is null or "inf" or "closed-loop" ? null : row.Number("request_rate");

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
            name = name switch
            {
                "trtllm" => "tensorrt-llm",
                "hf" => "transformers",
                var other => other,
            };
            return version is not null ? $"{name}@{version}"
                : MeasuredEngines.LastDayOf(row["source_date"]) is { } day ? $"{name}@{day}"
                : name;
        }
    }

    /// <summary>The recipe, or null when we have none for the format.</summary>
    public string? Weights(Model model)
    {
        var format = row.Text("weight_format");
        if (format.StartsWith("gguf ", StringComparison.Ordinal))
            return GgufMix.Find(format["gguf ".Length..].Split(' ')[0], model.Architecture)?.Name;
        var stored = model.Architecture.StoredFormat?.Name;
        return format switch
        {
            _ when stored is not null && stored.Contains(format, StringComparison.OrdinalIgnoreCase) => "as-stored",
            "fp32" or "fp16" or "bf16" or "fp8" or "int8" or "int4" or "nvfp4" or "mxfp4" => format,
            _ when format.StartsWith("w4a16", StringComparison.Ordinal)
                    || format.StartsWith("gptq 4", StringComparison.Ordinal) => "int4",
            _ => null,
        };
    }

    public string? KvCache =>
        row["kv_format"] switch
        {
            null => null,
            "f16" => "fp16",
            "q8_0" => "Q8_0",
            var other => other,
        };

    private double Length(string column)
    {
        var tokens = row.Number(column) ?? 0;
        return (row["source"] ?? "").Contains("InferenceX", StringComparison.Ordinal)
            ? tokens * InferenceXMeanLength
            : tokens;
    }

    [GeneratedRegex(@"(?<=at depth )\d+")]
    private static partial Regex AtDepth();
}
