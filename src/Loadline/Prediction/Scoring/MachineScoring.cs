using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>
/// Scores runs on one machine whose own bandwidth and rates stand in the same file, of models described by their
/// sizes: <c>d=1024 L=24 ff=2816 H=16 KV=16 V=32000 untied</c>.
/// </summary>
internal sealed partial class MachineScoring(CatalogReader catalog)
{
    private const string Hardware = "hardware";

    private static readonly string[] Vendors = ["AMD", "Intel", "Apple", "Ampere", "NVIDIA"];

    private readonly DeploymentBuilder builder = new(catalog);

    public ValidationAnswer Score(CsvTable table, bool withCases)
    {
        var machines = table
            .Rows.Where(row => row["engine"] == Hardware)
            .GroupBy(NameOf)
            .ToDictionary(rows => rows.Key, rows => Machine(rows.Key, [.. rows]));
        var runs = table.Rows.Where(row => WhyLeftOut(row) is null);
        return Scoring.Answer(
            table.File,
            "runs on a measured machine",
            [.. runs.Select(row => CaseOf(row, machines))],
            table
                .Rows.Select(WhyLeftOut)
                .OfType<string>()
                .GroupBy(rule => rule)
                .Select(rows => new Exclusion(rows.Key, rows.Count())),
            withCases
        );
    }

    private static string? WhyLeftOut(CsvRow row) =>
        row["engine"] == Hardware ? "a figure of the machine, on which the predictions rest"
        : row.Text("metric").StartsWith("quantize", StringComparison.Ordinal)
            ? "the speed of a quantizer, which is not predicted"
        : row.Text("metric").StartsWith("perplexity", StringComparison.Ordinal)
            ? "perplexity, which computes the logits of every token"
        : null;

    private ScoredCase CaseOf(CsvRow row, Dictionary<string, Accelerator> machines)
    {
        var engine = MeasuredEngines.Named(row.Text("engine"), row["version"]);
        var scored = new ScoredCase
        {
            Id = row["id"] ?? $"line {row.Line}",
            Metric = row.Text("metric"),
            Deployment = $"{engine}|{row["version"]}|{row.Text("weight_format")}|{row.Text("threads")} threads",
            Slices =
            [
                $"engine {row.Text("engine")}",
                $"format {row.Text("weight_format")}",
                $"threads {row.Text("threads")}",
            ],
            Measured = row.AboveZero("value"),
        };
        if (!machines.TryGetValue(NameOf(row), out var machine))
            return scored with { Refused = $"no figures of the machine with {row.Text("threads")} threads" };
        try
        {
            var request = new DeploymentRequest
            {
                Model = ModelOf(row),
                Accelerator = machine,
                Weights = row.Text("weight_format"),
                Engine = engine,
            };
            if (builder.TryBuild(request, out var reason) is not { } built)
                return scored with { Refused = reason };
            var predicted = Predict(built.Deployment, row);
            return scored with { Predicted = predicted, Refused = predicted is null ? "not predicted" : null };
        }
        catch (Exception exception)
            when (exception is UnknownNameException or BadContentException or MissingFigureException)
        {
            return scored with { Refused = exception.Message };
        }
    }

    private static Estimate? Predict(Deployment deployment, CsvRow row)
    {
        var step = new Step(deployment);
        var error = PredictionError.Of(deployment);
        var input = row.Number("input_tokens") ?? 0;
        var output = row.Number("output_tokens") ?? 0;
        var costs = new StepCosts(step, deployment.Rules.MaximumBatchedTokens, new RequestShape(input, output));
        double? perSecond = row.Text("metric") switch
        {
            "prefill_tokens_per_s" => input / costs.Prefill(0),
            "decode_tokens_per_s" => 1 / step.TimeOf(StepShape.Decode(1, input + output / 2)).Seconds,
            "server_output_tokens_per_s" => new ClosedFormServing(costs, deployment.Rules.RequestOverhead.Seconds)
                .AtConcurrency(row.Number("batch") ?? 1)
                .OutputTokensPerSecond,
            _ => null,
        };
        return perSecond is { } rate ? Estimate.WithinFactor(rate, error.Factor, error.Evidence) : null;
    }

    /// <summary>A machine by what it is called and the threads it runs, which decide what it attains.</summary>
    private static string NameOf(CsvRow row) => $"{row.Text("accelerator")}, {row.Text("threads")} threads";

    private static Accelerator Machine(string name, ImmutableArray<CsvRow> figures)
    {
        double? Measured(string metric) => figures.FirstOrDefault(row => row["metric"] == metric)?.Number("value");
        FlopRate? Rate(string metric) => Measured(metric) is { } giga ? new FlopRate(giga * 1e9) : null;
        return new Accelerator
        {
            Id = name,
            Name = name,
            Vendor = Array.Find(Vendors, name.Contains) ?? "unknown",
            Kind = AcceleratorKind.Cpu,
            Memory = MemorySize().Match(name) is { Success: true } memory
                ? ByteSize.FromGiB(int.Parse(memory.Groups[1].Value, CultureInfo.InvariantCulture))
                : throw figures[0].Wrong("accelerator", $"\"{name}\"", "a name with the memory, such as 24 GB"),
            MemoryBandwidth = Measured("read_bandwidth") is { } bandwidth ? new Bandwidth(bandwidth * 1e9) : null,
            Peak = new PeakRates
            {
                Fp32 = Rate("peak_fp32_fma"),
                Bf16 = Rate("peak_bf16_dot"),
                Int8 = Rate("peak_int8_vnni"),
            },
            Source = "the file's own figures",
            Retrieved = figures[0]["date"] ?? "",
        };
    }

    private static Model ModelOf(CsvRow row)
    {
        const string Column = "model_arch_facts";
        var text = row.Text(Column);
        if (Sizes().Match(text) is not { Success: true } sizes)
            throw row.Wrong(Column, $"\"{text}\"", "sizes such as d=1024 L=24 ff=2816 H=16 KV=16 V=32000 untied");
        int Of(string name) => int.Parse(sizes.Groups[name].Value, CultureInfo.InvariantCulture);
        var tied = sizes.Groups["tied"].Value == "tied" ? "true" : "false";
        var config = JsonElement.Parse(
            $$"""
            { "model_type": "llama", "torch_dtype": "float16", "hidden_size": {{Of("d")}},
              "num_hidden_layers": {{Of("L")}}, "intermediate_size": {{Of("ff")}}, "num_attention_heads": {{Of("H")}},
              "num_key_value_heads": {{Of("KV")}}, "vocab_size": {{Of("V")}}, "tie_word_embeddings": {{tied}} }
            """
        );
        var architecture = ModelFamilies.Describe(new ModelConfig(Column, config));
        var counted = architecture.Tensors.Parameters;
        if (Parameters().Match(text) is { Success: true } stated && Count(stated) != counted)
            throw row.Wrong(Column, $"{stated.Value}", $"{counted} params, to which the sizes add up");
        return new Model(text, architecture, Checkpoint: null);

        static long Count(Match match) =>
            long.Parse(match.Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"\b(\d[\d,]*) params\b")]
    private static partial Regex Parameters();

    [GeneratedRegex(@"\b(\d+) GB\b")]
    private static partial Regex MemorySize();

    [GeneratedRegex(
        @"d=(?<d>\d+) L=(?<L>\d+) ff=(?<ff>\d+) H=(?<H>\d+) KV=(?<KV>\d+) V=(?<V>\d+) (?<tied>tied|untied)"
    )]
    private static partial Regex Sizes();
}
