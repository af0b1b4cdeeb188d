using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Loadline.Catalog;
using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>A row of training measurements as a setup: what it states, and what its software does by default.</summary>
internal sealed partial class TrainingColumns(CatalogReader catalog, ModelSource models)
{
    private readonly TrainingConstants constants = catalog.Training.All[0];
    private readonly Dictionary<string, Architecture> described = new(StringComparer.Ordinal);

    /// <summary>The setup of a row, under constants that may be others than the catalog's.</summary>
    /// <exception cref="UnknownNameException">Model, accelerator or software is not known.</exception>
    /// <exception cref="BadContentException">The row contradicts itself.</exception>
    public TrainingSetup SetupOf(CsvRow row, TrainingConstants? others = null)
    {
        var known = others ?? constants;
        var method = MethodOf(row);
        var architecture = ArchitectureOf(row);
        var parallelism = ParallelismOf(row);
        var (micro, accumulation) = BatchOf(row, parallelism);
        var isPadded = row["packing"] == "no";
        var setup = new TrainingSetup
        {
            Architecture = architecture,
            Accelerator = AcceleratorOf(row),
            Constants = known,
            Framework = known.Framework(FrameworkOf(row)),
            Method = method,
            SequenceLength = row.WholeNumber("seq_len") ?? throw row.Wrong("seq_len", "empty", "tokens"),
            MeanLength = isPadded ? row.Number("seq_len_mean") : null,
            Packing = row["packing"] == "packed",
            Arithmetic = ArithmeticOf(row.Text("precision")),
            States = StatesOf(row, method),
            Optimizer = OptimizerOf(row),
            FrozenWeights = FrozenOf(row),
            DoubleQuantization = row["base_weights"] == "nf4-dq",
            Parallelism = parallelism,
            Offload = OffloadOf(row),
            MicroBatch = micro,
            Accumulation = accumulation,
            FlashAttention = !WritesScores(row),
            Loss =
                row["variant"]?.Contains("chunked", StringComparison.Ordinal) == true
                    ? TrainingLoss.Chunked
                    : TrainingLoss.Whole,
            OptimizerInBackward = row["variant"]?.Contains("optimizer in backward", StringComparison.Ordinal) == true,
            Rank = (int)(row.WholeNumber("lora_rank") ?? 16),
            Targets = TargetsOf(row, architecture),
            StatedTrainable = method is TrainingMethod.Pretrain or TrainingMethod.Full
                ? null
                : row.WholeNumber("trainable_params"),
        };
        return setup with
        {
            Checkpointing = row["checkpointing"] switch
            {
                "none" => Checkpointing.None,
                "selective" => Checkpointing.Selective,
                "full" => Checkpointing.Full,
                _ => UnstatedCheckpointing(row, setup),
            },
        };
    }

    /// <summary>
    /// Tuned tables of Megatron do not say what they recompute; their recipes shape the layout until little or nothing is.
    /// Elsewhere it is the least under which the job fits.
    /// </summary>
    private static Checkpointing UnstatedCheckpointing(CsvRow row, TrainingSetup setup) =>
        FrameworkOf(row) is "NeMo" or "Megatron-Bridge" or "NeMo-RL" or "mlperf" or "megatron"
            ? Checkpointing.None
            : TrainingSolver.LeastCheckpointing(setup);

    public Architecture ArchitectureOf(CsvRow row)
    {
        var key = row["model_id"] ?? $"{row["model"]}|{row["params"]}|{row["layers"]}|{row["ffn"]}|{row["seq_len"]}";
        if (!described.TryGetValue(key, out var architecture))
            described[key] = architecture = row["model_id"] is { } id
                ? models.Read(id).Architecture
                : TrainingShapes.Describe(row);
        return architecture;
    }

    /// <summary>The kind of software by the name a row has for it.</summary>
    public static string FrameworkOf(CsvRow row)
    {
        const string EndOfWideLogits = "2024-09";
        const string EndOfEagerLoss = "2025";
        var isCompiled = row["variant"]?.Contains("compile", StringComparison.Ordinal) == true;
        var isShardedByDeepSpeed = row["parallelism"]?.Contains("ZeRO3", StringComparison.Ordinal) == true;
        return row.Text("framework") switch
        {
            "xtuner" => isShardedByDeepSpeed ? "deepspeed-zero3" : "megatron",
            // Its script of full fine-tuning starts DeepSpeed with stage 3 on any number of devices.
            "qwen-finetune" => row["method"] == "full" ? "deepspeed-zero3" : "transformers",
            "ms-swift" when IsBefore(EndOfWideLogits) => "transformers-4.44",
            "torchtitan" when IsBefore(EndOfEagerLoss) => isCompiled ? "compiled-eager-loss" : "torchtune",
            "torchtune" => isCompiled ? "compiled-eager-loss" : "torchtune",
            var name => name,
        };

        bool IsBefore(string day) => string.CompareOrdinal(row["date"], day) < 0;
    }

    public static TrainingMethod MethodOf(CsvRow row) =>
        row.Text("method") switch
        {
            "pretrain" => TrainingMethod.Pretrain,
            "full" or "grpo" or "dapo" or "ppo" or "osf" => TrainingMethod.Full,
            "qlora" => TrainingMethod.QLora,
            "lora" when row["variant"]?.Contains("DoRA", StringComparison.Ordinal) == true => TrainingMethod.Dora,
            _ when row["base_weights"] is "nf4" or "nf4-dq" => TrainingMethod.QLora,
            _ => TrainingMethod.Lora,
        };

    private Accelerator AcceleratorOf(CsvRow row)
    {
        if (row["accelerator_id"] is { } id)
            return catalog.Accelerators.Find(id);
        var printed = row.Text("accelerator");
        // Editions that are not catalogued differ from these in memory alone as far as memory is concerned.
        return printed.StartsWith("H100", StringComparison.Ordinal)
                ? catalog.Accelerators.Find("nvidia-h100-sxm-80gb") with
                {
                    UsableMemory = Quantities.ByteSize.FromGiB(95),
                }
            : printed.StartsWith("B200", StringComparison.Ordinal) ? catalog.Accelerators.Find("nvidia-b200-sxm-180gb")
            : catalog.Accelerators.Find(printed);
    }

    private static TrainingParallelism ParallelismOf(CsvRow row)
    {
        var count = Degree("count");
        var (tensor, pipeline, context) = (Degree("tp"), Degree("pp"), Degree("cp"));
        return new TrainingParallelism(
            Math.Max(1, count / (tensor * pipeline * context)),
            tensor,
            pipeline,
            context,
            Degree("ep")
        )
        {
            VirtualStages = Degree("vp"),
            ZeroStage = (int)(row.WholeNumber("zero_stage") ?? (FrameworkOf(row) is "deepspeed-zero3" ? 3 : 0)),
            ShardGroup = (int?)row.WholeNumber("zero_group"),
        };

        int Degree(string column) => (int)Math.Max(1, row.WholeNumber(column) ?? 1);
    }

    private static (int Micro, int Accumulation) BatchOf(CsvRow row, TrainingParallelism split)
    {
        var micro = (int)(row.WholeNumber("micro_batch") ?? 1);
        // torchtitan cuts its local batch into as many micro batches as there are stages.
        if (row["framework"] == "torchtitan" && split.Pipeline > 1)
            return (Math.Max(1, micro / split.Pipeline), split.Pipeline);
        var global = row.WholeNumber("global_batch");
        var accumulation = global is { } sequences
            ? Math.Max(1, sequences / ((long)micro * split.Data))
            : row.WholeNumber("grad_accum") ?? 1;
        return (micro, (int)accumulation);
    }

    private static Arithmetic ArithmeticOf(string precision) =>
        precision switch
        {
            "fp16" => Arithmetic.Fp16,
            "fp8" or "mxfp8" => Arithmetic.Fp8,
            "nvfp4" or "mxfp4" => Arithmetic.Fp4,
            "fp32" => Arithmetic.Fp32,
            _ => Arithmetic.Bf16,
        };

    /// <summary>A 16-bit base that is trained in full stays in 16 bits; otherwise what the software does.</summary>
    private static StatePrecision StatesOf(CsvRow row, TrainingMethod method) =>
        method is TrainingMethod.Full && row["base_weights"] is "bf16" or "fp16" ? StatePrecision.Pure16
        : row.Text("framework") is "llm-foundry" or "torchtitan" or "MaxText" ? StatePrecision.Fp32
        : row.Text("framework") is "litgpt" or "torchtune" ? StatePrecision.Pure16
        : StatePrecision.Mixed;

    private static TrainingOptimizer OptimizerOf(CsvRow row) =>
        row["optimizer"]?.Contains("8-bit AdamW", StringComparison.Ordinal) == true
        && row["optimizer"]?.StartsWith("recipe", StringComparison.Ordinal) != true
            ? TrainingOptimizer.AdamW8Bit
            : TrainingOptimizer.AdamW;

    private static WeightFormat? FrozenOf(CsvRow row) =>
        row["method"] is "pretrain" or "full" or "grpo"
            ? null
            : row["base_weights"] switch
            {
                "gptq-int4" => WeightFormats.Int4,
                "gptq-int8" => WeightFormats.Int8,
                _ => null,
            };

    private static TrainingOffload OffloadOf(CsvRow row) =>
        row["offload"] switch
        {
            "activations" => TrainingOffload.Activations,
            { } text when text.Contains("optimizer", StringComparison.Ordinal) => TrainingOffload.Optimizer,
            _ => TrainingOffload.None,
        };

    /// <summary>
    /// Models whose code of early 2024 had no fused attention unless asked: Llama's of Transformers before 4.36, and
    /// Baichuan 2's with its position biases.
    /// </summary>
    private static bool WritesScores(CsvRow row) =>
        row["framework"] == "ms-swift"
        && (
            row.Text("model").StartsWith("yi", StringComparison.Ordinal)
            || row.Text("model").StartsWith("baichuan", StringComparison.Ordinal)
        );

    private static ImmutableArray<string> TargetsOf(CsvRow row, Architecture architecture)
    {
        var printed = row["lora_targets"] ?? "";
        if (
            printed.StartsWith("attention, MLP", StringComparison.Ordinal)
            || printed.StartsWith("c_attn,c_proj", StringComparison.Ordinal)
        )
            return [Adapters.AllLinear];
        var names = Word().Matches(printed).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
        if (names.Contains("query") || names.Contains("qkv") || names.Count == 0)
            return ["attention"];
        var modules = architecture
            .Tensors.Tensors.Where(tensor => tensor.Role == TensorRole.Linear)
            .Select(tensor => tensor.Name.Split('.') is { Length: > 1 } parts ? parts[^2] : tensor.Name)
            .ToHashSet(StringComparer.Ordinal);
        names.IntersectWith(modules);
        return names.Count == 0 ? ["attention"] : [.. names.Order(StringComparer.Ordinal)];
    }

    [GeneratedRegex("[A-Za-z_0-9]+")]
    private static partial Regex Word();
}
