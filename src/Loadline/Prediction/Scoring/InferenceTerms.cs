namespace Loadline.Prediction;

/// <summary>A quantity in the words of our measurement files and in those of published collections.</summary>
/// <param name="Name">Ours, with its unit.</param>
/// <param name="Statistic">What of many requests is given; empty for what has no distribution.</param>
/// <param name="Published">The published name.</param>
/// <param name="Unit">What a figure in the published unit is multiplied by to have ours.</param>
internal sealed record QuantityTerm(string Name, string Statistic, string Published, double Unit);

/// <summary>Words for workloads and quantities: ours in <c>measurements/</c>, others in published collections.</summary>
internal static class InferenceTerms
{
    private const double SecondsPerMillisecond = 1e-3;

    /// <summary>One batch that starts and ends together; published collections do not tell it from a queue by name.</summary>
    public const string Batch = "batch";

    private static readonly (string Workload, string Scenario)[] Workloads =
    [
        ("server", "server"),
        ("disaggregated", "server-disagg"),
        ("speculative", "server-spec-decode"),
        ("interactive", "interactive"),
        ("offline", "offline-throughput"),
        (Batch, "offline-throughput"),
        ("oneSequence", "single-stream"),
        ("prompt", "llama-bench pp"),
        ("decode", "llama-bench tg"),
        ("promptAndAnswer", "llama-bench pg"),
        ("prefillPhase", "prefill-only"),
        ("decodePhase", "decode-only"),
    ];

    private static readonly QuantityTerm[] Quantities =
    [
        .. Latency("timePerTokenSeconds", "tpot_ms"),
        .. Latency("timeToFirstTokenSeconds", "ttft_ms"),
        new("endToEndSeconds", "", "e2e_ms", SecondsPerMillisecond),
        new("promptTokensPerSecond", "", "prefill_tok_s", 1),
        new("outputTokensPerSecond", "", "output_tok_s_total", 1),
        new("totalTokensPerSecond", "", "total_tok_s", 1),
        new("tokensPerSecondPerSequence", "", "decode_tok_s_per_seq", 1),
        new("requestsPerSecond", "", "requests_s", 1),
    ];

    public static IEnumerable<string> AllWorkloads => Workloads.Select(pair => pair.Workload);

    public static IEnumerable<string> AllQuantities => Quantities.Select(term => term.Name).Distinct();

    /// <summary>Null for a word that is not ours.</summary>
    public static string? ScenarioOf(string workload) =>
        Array.Find(Workloads, pair => pair.Workload == workload).Scenario;

    public static string? WorkloadOf(string scenario, bool isStaticBatch) =>
        isStaticBatch ? Batch : Array.Find(Workloads, pair => pair.Scenario == scenario).Workload;

    /// <summary>Null for a quantity or statistic that is not ours.</summary>
    public static QuantityTerm? Find(string name, string statistic) =>
        Array.Find(Quantities, term => term.Name == name && term.Statistic == statistic);

    /// <summary>Null for a published quantity that is not predicted.</summary>
    public static QuantityTerm? OfPublished(string metric) => Array.Find(Quantities, term => term.Published == metric);

    private static IEnumerable<QuantityTerm> Latency(string name, string published) =>
        [
            new(name, "mean", published + "_mean", SecondsPerMillisecond),
            new(name, "median", published + "_median", SecondsPerMillisecond),
            new(name, "unstated", published + "_mean_or_median", SecondsPerMillisecond),
        ];
}
