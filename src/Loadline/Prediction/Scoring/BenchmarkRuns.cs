using Loadline.Catalog;

namespace Loadline.Prediction;

/// <summary>What benchmarks do to a steady state: runs that end, that are all there at once, or that are held to a limit.</summary>
internal static class BenchmarkRuns
{
    /// <summary>
    /// Time of such ranks over that of ranks that stay in step. The slowest of them has a prompt where the others decode:
    /// 1.25 to 1.4 in runs of Qwen3-235B, Llama 4, DeepSeek-R1 and gpt-oss on Hopper and Blackwell, each left out in turn.
    /// </summary>
    private const double WaitOfRanks = 1.3;

    /// <summary>
    /// So many requests of equal lengths that are there from the start: they run in batches as large as the cache holds at
    /// their end, the last one with what is left. Ranks around the same experts begin in step and drift apart.
    /// </summary>
    public static ServingPoint AllAtOnce(PreparedRun ready, StepCosts costs, double requests)
    {
        var request = costs.Request;
        var whole = (long)(request.PromptTokens + request.OutputTokens);
        var together = Math.Min(requests, Math.Max(1, ready.Memory.MaximumConcurrency(whole).Value));
        var batches = Math.Floor(requests / together);
        var left = requests - batches * together;
        var wait = costs.RanksThatWait > 1 ? WaitOfRanks : 1;
        var seconds = wait * (batches * BatchSeconds(together) + (left > 0 ? BatchSeconds(left) : 0));
        return new ServingPoint
        {
            InFlight = together,
            RequestsPerSecond = requests / seconds,
            OutputTokensPerSecond = requests * request.OutputTokens / seconds,
            TpotSeconds = costs.Decode(together),
            PrefillSeconds = costs.Prefill(0),
            QueueSeconds = 0,
            StepWaitSeconds = 0,
            PrefillUtilisation = 0,
        };

        double BatchSeconds(double sequences) =>
            sequences / costs.PromptsPerSecond()
            + Math.Max(0, request.OutputTokens - 1) * costs.Decode(Math.Max(1, sequences));
    }

    /// <summary>
    /// Whoever sends the highest rate at which tokens keep a limit works where the time per token rises steeply with the
    /// rate: what a token takes then follows from the limit. Where prompts are longer than answers their queue ends the
    /// rate before the tokens do, and the limit is only an upper end.
    /// </summary>
    public static ServingPoint WithinLimit(
        ServingPoint point,
        InferenceConditions conditions,
        EngineScheduling scheduling,
        bool keepsUp
    )
    {
        if (conditions.Stated.TokenLimitSeconds is not { } limit)
            return point;
        var usual = MeanOfLimit * limit;
        var isHeldByTokens = conditions.OutputTokens > conditions.InputTokens;
        return point with
        {
            TpotSeconds = isHeldByTokens ? usual : Math.Min(usual, point.TpotSeconds),
            StepWaitSeconds = isHeldByTokens ? scheduling.StepsBeforeFirstToken * usual : point.StepWaitSeconds,
            // Whoever keeps a limit has no queue that grows, however slow we take the machine to be.
            QueueSeconds = keepsUp ? point.QueueSeconds : 0,
        };
    }

    /// <summary>
    /// The mean over the limit of the 99th percentile: 0.58 to 0.92, median 0.75, in submissions of Llama 2 70B and
    /// DeepSeek-R1 to MLPerf 4.1 and 5.1 on accelerators of NVIDIA and AMD.
    /// </summary>
    private const double MeanOfLimit = 0.75;

    /// <summary>
    /// The mean rate of a run of so many requests, which ends with its longest: while the last ones finish, no others
    /// take the places of those that are done.
    /// </summary>
    public static ServingPoint AsRun(ServingPoint point, InferenceConditions conditions, int replicas)
    {
        if (conditions.Requests is not { } requests || conditions.LongestOutputTokens is not { } longest)
            return point;
        var steady = requests / (replicas * point.RequestsPerSecond);
        // All slots but the last one idle through the tail.
        var idle = 1 - 1 / Math.Max(1, point.InFlight);
        var tail = idle * Math.Max(0, longest - conditions.OutputTokens) * point.TpotSeconds;
        var share = steady / (steady + tail);
        return point with
        {
            RequestsPerSecond = share * point.RequestsPerSecond,
            OutputTokensPerSecond = share * point.OutputTokensPerSecond,
        };
    }
}
