using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>The quantities of training measurements and how each is predicted.</summary>
internal static class TrainingQuantity
{
    /// <summary>Under which name a metric is judged.</summary>
    public static string NameOf(CsvRow row)
    {
        var metric = row.Text("metric");
        var learner = row.Text("method") switch
        {
            "pretrain" or "full" => "full",
            "lora" or "qlora" => "adapter",
            _ => "other adapter",
        };
        return metric switch
        {
            "mean_mem_allocated_bytes" => "mean allocated memory",
            "peak_mem_reserved_bytes" or "peak_mem_allocated_bytes" or "peak_mem_active_bytes" => "peak memory",
            "rl_step_s" => "reinforcement step time",
            "time_to_target_s" => "time to target",
            _ => $"{learner} training rate",
        };
    }

    public static string FlopsOf(CsvRow row) =>
        row.Text("framework") switch
        {
            "llm-foundry" => "operations, llm-foundry",
            "NeMo" or "Megatron-Bridge" => "operations, NVIDIA tables",
            _ => "operations, others",
        };

    /// <summary>The convention that a row names; null where it names none that is known.</summary>
    public static FlopConvention? ConventionOf(CsvRow row) =>
        row["flop_convention"] switch
        {
            "6N+12Lds (non-causal), N with embeddings" => FlopConvention.Palm,
            "6N+12Lds (non-causal), N without input embedding" => FlopConvention.Megatron,
            "6N+6Lds (causal), N without input embedding" => FlopConvention.Causal,
            "6N+6Lds (causal) plus one MTP module" => FlopConvention.CausalWithPrediction,
            "6N, no attention" => FlopConvention.SixN,
            "4N, no attention" => FlopConvention.FourN,
            { } text when text.StartsWith("hardware FLOPs", StringComparison.Ordinal) => FlopConvention.Hardware,
            { } text when text.StartsWith("MaxText 2023-24", StringComparison.Ordinal) => FlopConvention.Megatron,
            _ => null,
        };

    /// <summary>The dense rate that the percentages of llm-foundry and MaxText are of (the file's README).</summary>
    public static double PeakOf(CsvRow row) =>
        (row["accelerator_id"], row["precision"]) switch
        {
            ("nvidia-h100-sxm-80gb", "fp8") => 1979e12,
            ("nvidia-h100-sxm-80gb", _) => 989e12,
            ("google-tpu-v5e", _) => 197e12,
            ("google-tpu-v5p", _) => 459e12,
            ("google-tpu-v6e", _) => 918e12,
            _ => 312e12,
        };

    /// <summary>Tokens per second and device that a row states; null where it states something else.</summary>
    public static double? MeasuredRate(CsvRow row)
    {
        var value = row.Number("value");
        return row["metric"] switch
        {
            "tokens_s_per_gpu" => value,
            "samples_s_per_gpu" => value * row.Number("seq_len"),
            "step_s" => row.Number("tokens_per_step") / value / row.Number("count"),
            _ => null,
        };
    }

    public static Estimate Predict(CsvRow row, TrainingSetup setup)
    {
        switch (row.Text("metric"))
        {
            case "mean_mem_allocated_bytes":
                return new TrainingMemory(setup).StateBytes;
            case "peak_mem_reserved_bytes":
                return new TrainingMemory(Whole(row, setup)).ReservedBytes;
            case "peak_mem_allocated_bytes":
            case "peak_mem_active_bytes":
                return new TrainingMemory(Whole(row, setup)).AllocatedBytes;
            default:
                return Rate(row, setup);
        }
    }

    private static Estimate Rate(CsvRow row, TrainingSetup setup)
    {
        var time = new TrainingTime(setup);
        var rate = time.TokensPerSecondAndDevice;
        return row.Text("metric") switch
        {
            "tokens_s_per_gpu" => rate,
            "samples_s_per_gpu" => rate * (1 / setup.ComputedLength),
            "step_s" => (row.Number("tokens_per_step") ?? setup.TokensPerStep) / (rate * setup.Parallelism.Devices),
            "time_to_target_s" => time.SecondsFor(row.Number("tokens_total") ?? 0),
            "tflops_per_gpu" when ConventionOf(row) is { } convention => rate
                * (TrainingFlops.PerToken(setup.Architecture, setup.ComputedLength, convention).Count / 1e12),
            "tflops_per_gpu" => rate
                * (
                    TrainingFlops.PerToken(setup.Architecture, setup.ComputedLength, FlopConvention.Causal).Count / 1e12
                ),
            var metric => throw new BadContentException(
                metric,
                "",
                "no prediction of it",
                "a rate, a time or a memory"
            ),
        };
    }

    /// <summary>A sum over devices between which layers are shared out is that of one device with all of them.</summary>
    private static TrainingSetup Whole(CsvRow row, TrainingSetup setup) =>
        row["scope"] is "all_gpus" ? setup with { Parallelism = TrainingParallelism.None } : setup;
}
