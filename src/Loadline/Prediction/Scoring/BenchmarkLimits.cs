namespace Loadline.Prediction;

/// <summary>How long tokens may take by the rules of named benchmarks, where runs are tuned to send as much as the rules allow.</summary>
/// <remarks>
/// 99th percentile of the time per output token: MLCommons, Inference Rules, v4.1 to v5.1, "server" and "interactive"
/// scenarios of the language models (github.com/mlcommons/inference_policies/blob/master/inference_rules.adoc).
/// </remarks>
internal static class BenchmarkLimits
{
    private static readonly (string Benchmark, double Server, double Interactive)[] Milliseconds =
    [
        ("llama2-70b-", 200, 40),
        ("mixtral-8x7b", 200, 200),
        ("llama3.1-405b", 175, 80),
        ("llama3.1-8b", 100, 30),
        ("deepseek-r1", 80, 80),
    ];

    /// <summary>Most seconds per token in 99 of 100 requests of the benchmark that a row is a run of; null without a rule.</summary>
    public static double? TokenSecondsOf(CsvRow row)
    {
        var note = row["note"] ?? "";
        if (!note.Contains("MLPerf Inference", StringComparison.Ordinal))
            return null;
        foreach (var (benchmark, server, interactive) in Milliseconds)
        {
            if (note.Contains("benchmark=" + benchmark, StringComparison.Ordinal))
                return (row["scenario"] == "interactive" ? interactive : server) / 1e3;
        }
        return null;
    }
}
