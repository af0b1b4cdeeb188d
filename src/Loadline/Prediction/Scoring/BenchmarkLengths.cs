namespace Loadline.Prediction;

/// <summary>Mean request lengths of the data sets of named benchmarks, where the files of their runs leave them out.</summary>
/// <remarks>
/// A mean is in tokens of one tokenizer and holds for its model alone. MLPerf also runs Llama 3.1 70B on OpenOrca, and
/// Mixtral on a mix of OpenOrca, GSM8K and MBXP: nobody has published how long those prompts are, and they stay refused.
/// </remarks>
internal static class BenchmarkLengths
{
    /// <summary>
    /// The 24,576 OpenOrca samples of MLPerf's Llama 2 70B hold 5,463,976 input tokens, between 48 and 1,021 each, by the
    /// lengths that the data set carries (open_orca_gpt4_tokenized_llama.sampled_24576.pkl.gz, sha256 ec34d70f…, summed
    /// in validation/calibration/h100-llama2-70b-calibration-protocol.json of github.com/FlashLab-MBZUAI/HBFSim).
    /// </summary>
    private const double OpenOrcaOfLlama2 = 5_463_976.0 / 24_576;

    /// <summary>Mean input tokens of the benchmark that a row is a run of; null when they are not known.</summary>
    public static double? InputOf(CsvRow row) =>
        Notes(row, "MLPerf Inference") && Notes(row, "benchmark=llama2-70b-") && Notes(row, "dataset OpenOrca subset")
            ? OpenOrcaOfLlama2
            : null;

    private static bool Notes(CsvRow row, string text) => (row["note"] ?? "").Contains(text, StringComparison.Ordinal);
}
