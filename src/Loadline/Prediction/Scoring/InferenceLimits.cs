namespace Loadline.Prediction;

/// <summary>
/// What the counts of a row can be. Larger or smaller ones are slips of whoever wrote the file: they are named, not
/// predicted.
/// </summary>
internal static class InferenceLimits
{
    private const long MostDevices = 100_000;
    private const double MostTokens = 100_000_000;
    private const double MostRequests = 1_000_000_000;

    /// <summary>Columns of either kind, their least and their largest value; empty ones are not stated.</summary>
    private static readonly (string Column, double Least, double Most)[] Counts =
    [
        ("accelerator_count", 1, MostDevices),
        ("devices", 1, MostDevices),
        ("threads", 1, MostDevices),
        ("tp", 1, MostDevices),
        ("tensor", 1, MostDevices),
        ("pp", 1, MostDevices),
        ("pipeline", 1, MostDevices),
        ("prefillTensor", 1, MostDevices),
        ("prefillPipeline", 1, MostDevices),
        ("prefillReplicas", 1, MostDevices),
        ("decodeTensor", 1, MostDevices),
        ("decodePipeline", 1, MostDevices),
        ("decodeReplicas", 1, MostDevices),
        // In these 0 stands for none.
        ("ep", 0, MostDevices),
        ("expert", 0, MostDevices),
        ("dp", 0, MostDevices),
        ("data", 0, MostDevices),
        ("prefillExpert", 0, MostDevices),
        ("prefillData", 0, MostDevices),
        ("decodeExpert", 0, MostDevices),
        ("decodeData", 0, MostDevices),
        ("requests", 1, MostRequests),
    ];

    private static readonly (string Column, double Least, double Most)[] Amounts =
    [
        ("input_tokens", 0, MostTokens),
        ("promptTokens", 0, MostTokens),
        ("output_tokens", 0, MostTokens),
        ("outputTokens", 0, MostTokens),
        ("longestOutputTokens", 0, MostTokens),
        ("cachedTokens", 0, MostTokens),
        ("concurrency_or_batch", 1, MostRequests),
        ("concurrency", 1, MostRequests),
        ("request_rate", LeastRate, MostRequests),
        ("requestsPerSecond", LeastRate, MostRequests),
        ("tokenLimitSeconds", LeastTime, MostTime),
    ];

    /// <summary>One request in thirty years.</summary>
    private const double LeastRate = 1e-9;

    /// <summary>A thousand steps of the fastest accelerator in a second would not need a limit, nor would one in a day.</summary>
    private const double LeastTime = 1e-6;
    private const double MostTime = 86_400;

    /// <summary>Words that stand for no number in the published columns.</summary>
    private static readonly string[] Words = ["max", "inf", "closed-loop"];

    /// <exception cref="BadContentException">A count is not one, or none that can be.</exception>
    public static void Check(CsvRow row)
    {
        foreach (var (column, least, most) in Counts)
        {
            if (row[column] is { } text && !(row.WholeNumber(column) is { } count && count >= least && count <= most))
                throw row.Wrong(column, $"\"{text}\"", $"a whole number from {least:0} to {most:0}");
        }
        foreach (var (column, least, most) in Amounts)
        {
            if (
                row[column] is { } text
                && !Words.Contains(text)
                && !(row.Number(column) is { } amount && amount >= least && amount <= most)
            )
                throw row.Wrong(column, $"\"{text}\"", $"a number from {least:0.#########} to {most:0}");
        }
    }
}
