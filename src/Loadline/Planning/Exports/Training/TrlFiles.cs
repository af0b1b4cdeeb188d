namespace Loadline.Planning;

/// <summary>Settings of TRL's commands, and of Accelerate where there are several devices.</summary>
/// <remarks>Names of settings: the catalog's training-tools, entries trl and accelerate.</remarks>
internal static class TrlFiles
{
    public const string Settings = "trl.yaml";
    public const string Accelerate = "accelerate.yaml";

    public static IEnumerable<ExportFile> Write(TrainingExport export)
    {
        if (export.Has("trl") is null)
            yield break;
        yield return new ExportFile(Settings, TextOf(export), IsExecutable: false);
        if (export.Job.Hardware.Count > 1)
            yield return new ExportFile(Accelerate, AccelerateOf(export), IsExecutable: false);
    }

    /// <summary>TRL's command of a method.</summary>
    public static string CommandOf(TrainingExport export) =>
        export.Job.Method switch
        {
            "dpo" or "kto" or "reward" or "rloo" or "grpo" => export.Job.Method,
            "dapo" => "grpo",
            _ => "sft",
        };

    private static string TextOf(TrainingExport export)
    {
        var (run, job) = (export.Run, export.Job);
        var yaml = new YamlWriter();
        yaml.Comment($"{job.Method} of {job.Model.Id} on {job.Hardware}.");
        yaml.Comment(
            $"Start: trl {CommandOf(export)} --config {Settings}{(job.Hardware.Count > 1 ? $" --accelerate_config {Accelerate}" : "")}"
        );
        yaml.Text("model_name_or_path", job.Model.Id);
        yaml.Text("dtype", run.KeepsStatesIn32Bits ? "float32" : "bfloat16");
        yaml.Comment(FormatOf(export));
        yaml.Text("dataset_name", TrainingExport.DataFolder);
        yaml.Text("output_dir", TrainingExport.OutputFolder);
        AddAdapter(yaml, export);
        yaml.Comment(
            $"global batch {run.GlobalBatch} = {run.MicroBatch} x {run.Accumulation} x {run.DataParallel} devices"
        );
        yaml.Number("per_device_train_batch_size", run.MicroBatch);
        yaml.Number("gradient_accumulation_steps", run.Accumulation);
        yaml.Flag("gradient_checkpointing", run.Checkpointing);
        yaml.Flag("bf16", true);
        AddLength(yaml, run);
        yaml.Rate("learning_rate", export.LearningRate);
        yaml.Text("lr_scheduler_type", job.IsReinforcement ? "constant" : "cosine");
        yaml.Real("warmup_ratio", 0.03);
        yaml.Number("logging_steps", 1);
        yaml.Text("save_strategy", "epoch");
        yaml.Text("report_to", "none");
        AddMethod(yaml, export);
        return yaml.ToString();
    }

    private static void AddAdapter(YamlWriter yaml, TrainingExport export)
    {
        var job = export.Job;
        if (!export.IsAdapter)
            return;
        yaml.Flag("use_peft", true);
        yaml.Number("lora_r", job.Rank);
        yaml.Number("lora_alpha", TrainingExport.LoraAlpha);
        yaml.Real("lora_dropout", 0);
        if (job.Targets is ["all-linear"])
            yaml.Text("lora_target_modules", "all-linear");
        else
            yaml.List("lora_target_modules", TrainingTargets.NamesOf(job));
        if (job.Method == "reward")
            yaml.Text("lora_task_type", "SEQ_CLS");
        if (job.Learns == "dora")
            yaml.Flag("use_dora", true);
        if (job.Learns != "qlora")
            return;
        yaml.Flag("load_in_4bit", true);
        yaml.Text("bnb_4bit_quant_type", "nf4");
        yaml.Flag("use_bnb_nested_quant", true);
    }

    private static void AddLength(YamlWriter yaml, TrainingRun run)
    {
        if (run.Job.Steps is not null)
            yaml.Number("max_steps", run.Steps);
        else
            yaml.Real("num_train_epochs", run.Job.Epochs);
    }

    private static void AddMethod(YamlWriter yaml, TrainingExport export)
    {
        var (run, job) = (export.Run, export.Job);
        switch (job.Method)
        {
            case "grpo" or "dapo" or "rloo":
                yaml.Number("num_generations", job.Group);
                yaml.Number("max_completion_length", run.Sequence - job.PromptTokens);
                yaml.List("reward_funcs", ["rewards.score"]);
                yaml.Comment("the engine takes turns with training on the same devices");
                yaml.Flag("use_vllm", true);
                yaml.Text("vllm_mode", "colocate");
                yaml.Real("vllm_gpu_memory_utilization", RolloutForecast.EngineShare);
                yaml.Number("vllm_tensor_parallel_size", job.TensorParallel);
                yaml.Flag("vllm_enable_sleep_mode", true);
                if (job.Method == "dapo")
                {
                    yaml.Text("loss_type", "dapo");
                    yaml.Comment("clip higher: Yu et al., arXiv 2503.14476");
                    yaml.Real("epsilon_high", 0.28);
                    yaml.Flag("mask_truncated_completions", true);
                }
                // Without a KL term no reference model is loaded.
                yaml.Real("beta", job.Method == "dapo" ? 0 : 0.001);
                break;
            case "dpo" or "kto":
                yaml.Number("max_length", run.Sequence);
                yaml.Real("beta", 0.1);
                break;
            case "reward":
                yaml.Number("max_length", run.Sequence);
                break;
            default:
                yaml.Number("max_length", run.Sequence);
                yaml.Flag("packing", true);
                yaml.Text("loss_type", "chunked_nll");
                break;
        }
    }

    private static string FormatOf(TrainingExport export) =>
        export.Job.Method switch
        {
            "dpo" or "reward" => "a folder with train.jsonl; each line has prompt, chosen and rejected",
            "kto" => "a folder with train.jsonl; each line has prompt, completion and label",
            "grpo" or "dapo" or "rloo" => "a folder with train.jsonl; each line has prompt, and answer for rewards.py",
            _ => "a folder with train.jsonl; each line has messages, or prompt and completion",
        };

    /// <summary>FSDP 2 where weights are shared out, plain data parallelism where every device has them.</summary>
    private static string AccelerateOf(TrainingExport export)
    {
        var run = export.Run;
        var yaml = new YamlWriter();
        yaml.Comment(
            $"{run.Nodes} machines of {run.DevicesPerNode} devices; on several, the rank and the first address come from the command line."
        );
        yaml.Text("compute_environment", "LOCAL_MACHINE");
        yaml.Text("distributed_type", run.IsSharded ? "FSDP" : "MULTI_GPU");
        yaml.Text("mixed_precision", "bf16");
        yaml.Number("num_machines", run.Nodes);
        yaml.Number("num_processes", export.Job.Hardware.Count);
        yaml.Number("machine_rank", 0);
        yaml.Text("main_training_function", "main");
        yaml.Text("rdzv_backend", "static");
        yaml.Flag("same_network", true);
        yaml.Flag("use_cpu", false);
        if (!run.IsSharded)
            return yaml.ToString();
        using (yaml.Map("fsdp_config"))
        {
            yaml.Number("fsdp_version", 2);
            yaml.Flag("fsdp_activation_checkpointing", false);
            yaml.Text("fsdp_auto_wrap_policy", "TRANSFORMER_BASED_WRAP");
            yaml.Flag("fsdp_cpu_ram_efficient_loading", true);
            yaml.Flag("fsdp_offload_params", false);
            yaml.Flag("fsdp_reshard_after_forward", true);
            yaml.Text("fsdp_state_dict_type", "FULL_STATE_DICT");
        }
        return yaml.ToString();
    }
}
