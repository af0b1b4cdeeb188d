using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Loadline.Prediction;

namespace Loadline.Simulation;

/// <summary>
/// Runs of vLLM under open-loop load as the accuracy validation of inference-sim publishes them: JSON with <c>runs</c>,
/// each with its engine settings, stages of a rate and a duration, lengths, and statistics of each stage.
/// </summary>
public static class ServingRunsFile
{
    private static readonly (string Name, string Quantity, string Statistic)[] Statistics =
    [
        ("e2e_mean_ms", "e2e", "mean"),
        ("e2e_p90_ms", "e2e", "p90"),
        ("e2e_p99_ms", "e2e", "p99"),
        ("ttft_mean_ms", "ttft", "mean"),
        ("ttft_p90_ms", "ttft", "p90"),
        ("ttft_p99_ms", "ttft", "p99"),
        ("itl_mean_ms", "itl", "mean"),
    ];

    /// <exception cref="BadContentException">It is not JSON of this kind.</exception>
    public static ImmutableArray<MeasuredRun> Read(string file, string text)
    {
        RunsDocument document;
        try
        {
            document =
                JsonSerializer.Deserialize(text, ServingRunsJson.Default.RunsDocument)
                ?? throw new BadContentException(file, "", "null", "runs");
        }
        catch (JsonException exception)
        {
            throw new BadContentException(file, exception.Path ?? "", exception.Message, "JSON with \"runs\"");
        }
        return
        [
            .. document.Runs.Select(
                (run, index) =>
                    run is null
                        ? throw new BadContentException(file, $"runs[{index}]", "null", "a run")
                        : RunOf(file, index, run)
            ),
        ];
    }

    private static MeasuredRun RunOf(string file, int index, Run run)
    {
        var place = $"runs[{index}]";
        if (run.Traffic.Stages.IsDefaultOrEmpty)
            throw new BadContentException(file, $"{place}.traffic.stages", "none", "at least one");
        var lengths = run.Traffic.SharedPrefix;
        const int MostTokens = 1_000_000;
        Check("tensor_parallel", run.TensorParallel, 1, 1024);
        Check("block_size", run.BlockSize, run.GpuKvBlocks is null ? 0 : 1, MostTokens);
        Check("gpu_kv_blocks", run.GpuKvBlocks, 1, 1L << 40);
        Check("max_num_seqs", run.MaxNumSeqs, 1, int.MaxValue);
        Check("max_num_batched_tokens", run.MaxNumBatchedTokens, 1, int.MaxValue);
        Check("traffic.shared_prefix.question_len", lengths.QuestionLen, 1, MostTokens);
        Check("traffic.shared_prefix.output_len", lengths.OutputLen, 1, MostTokens);
        Check("traffic.shared_prefix.system_prompt_len", lengths.SystemPromptLen, 0, MostTokens);
        Check("traffic.shared_prefix.num_unique_system_prompts", lengths.NumUniqueSystemPrompts, 0, MostTokens);
        var windows = ImmutableArray.CreateBuilder<MeasuredWindow>();
        var arrivals = new List<Arrival>();
        var start = 0.0;
        for (var stage = 0; stage < run.Traffic.Stages.Length; stage++)
        {
            var (rate, duration) = run.Traffic.Stages[stage];
            const double MostRequests = 10_000_000;
            if (!(rate > 0 && duration > 0 && rate * duration < MostRequests))
                throw new BadContentException(
                    file,
                    $"{place}.traffic.stages[{stage}]",
                    $"rate {rate}, duration {duration}",
                    $"numbers above 0 and fewer than {MostRequests:N0} requests"
                );
            AddStage(arrivals, lengths, rate, start, duration);
            if (run.Measured.TryGetValue($"stage {stage}", out var measured) && measured is not null)
                windows.Add(new($"stage {stage}", start, start + duration, [.. TimesOf(measured)]));
            start += duration;
        }
        if (windows.Count == 0)
            throw new BadContentException(file, $"{place}.measured", "no stage", "\"stage 0\"");
        return new MeasuredRun
        {
            Id = run.Name,
            Model = run.Model,
            Accelerator = run.Accelerator,
            Engine = run.Engine.Replace(' ', '@'),
            Precision = run.Precision,
            Parallelism = new Parallelism(run.TensorParallel),
            Scheduling = new SchedulingOverrides
            {
                MaximumSequences = run.MaxNumSeqs,
                StepTokens = run.MaxNumBatchedTokens,
                CacheTokens = run.GpuKvBlocks * run.BlockSize,
            },
            Arrivals = [.. arrivals],
            Windows = windows.ToImmutable(),
        };

        void Check(string field, long? found, long least, long most)
        {
            if (found < least || found > most)
                throw new BadContentException(file, $"{place}.{field}", $"{found}", $"{least} to {most}");
        }
    }

    /// <summary>
    /// Questions of users who share a system prompt by groups, evenly spaced at the rate of the stage. The answer to a
    /// question is no part of the next: a prompt is the system prompt and one question.
    /// </summary>
    private static void AddStage(
        List<Arrival> arrivals,
        SharedPrefix lengths,
        double rate,
        double start,
        double duration
    )
    {
        const ulong Seed = 1;
        var groups = new CounterRandom(Seed, 0);
        var systems = Enumerable
            .Range(0, Math.Max(1, lengths.NumUniqueSystemPrompts))
            .Select(group => new PromptContent(
                lengths.SystemPromptLen > 0 ? [new ContentPiece(group, lengths.SystemPromptLen)] : []
            ))
            .ToArray();
        var first = arrivals.Count;
        while (start + (arrivals.Count - first) / rate is var time && time < start + duration)
        {
            var group = (int)(groups.Uniform(arrivals.Count) * systems.Length);
            arrivals.Add(
                new Arrival(time, lengths.SystemPromptLen + lengths.QuestionLen, lengths.OutputLen)
                {
                    Content = systems[group],
                }
            );
        }
    }

    private static IEnumerable<MeasuredTime> TimesOf(Dictionary<string, double> measured)
    {
        foreach (var (name, quantity, statistic) in Statistics)
        {
            if (measured.TryGetValue(name, out var milliseconds) && milliseconds > 0)
                yield return new MeasuredTime(quantity, statistic, milliseconds / 1e3);
        }
    }

    internal sealed record RunsDocument(ImmutableArray<Run?> Runs);

    internal sealed record Run
    {
        [JsonPropertyName("run")]
        public required string Name { get; init; }
        public required string Model { get; init; }
        public required string Accelerator { get; init; }
        public required int TensorParallel { get; init; }
        public required string Precision { get; init; }
        public required string Engine { get; init; }
        public int? MaxNumSeqs { get; init; }
        public int? MaxNumBatchedTokens { get; init; }
        public long? GpuKvBlocks { get; init; }
        public int BlockSize { get; init; }
        public required Traffic Traffic { get; init; }
        public required Dictionary<string, Dictionary<string, double>?> Measured { get; init; }
    }

    internal sealed record Traffic
    {
        public required SharedPrefix SharedPrefix { get; init; }
        public required ImmutableArray<Stage> Stages { get; init; }
    }

    internal sealed record SharedPrefix
    {
        public int NumUniqueSystemPrompts { get; init; }
        public int SystemPromptLen { get; init; }
        public required int QuestionLen { get; init; }
        public required int OutputLen { get; init; }
    }

    internal sealed record Stage(double Rate, double Duration);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(ServingRunsFile.RunsDocument))]
internal sealed partial class ServingRunsJson : JsonSerializerContext;
