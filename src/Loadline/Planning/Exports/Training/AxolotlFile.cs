namespace Loadline.Planning;

/// <summary>Settings of Axolotl, in one file.</summary>
/// <remarks>Names of settings: the catalog's training-tools, entry axolotl.</remarks>
internal static class AxolotlFile
{
    public const string Settings = "axolotl.yaml";

    public static IEnumerable<ExportFile> Write(TrainingExport export)
    {
        if (export.Has("axolotl") is not null)
            yield return new ExportFile(Settings, TextOf(export), IsExecutable: false);
    }

    private static string TextOf(TrainingExport export)
    {
        var (run, job) = (export.Run, export.Job);
        var yaml = new YamlWriter();
        yaml.Comment($"{job.Method} of {job.Model.Id} on {job.Hardware}.");
        yaml.Comment($"Start: axolotl train {Settings}");
        yaml.Text("base_model", job.Model.Id);
        AddAdapter(yaml, export);
        AddData(yaml, job);
        yaml.Text("output_dir", TrainingExport.OutputFolder);
        yaml.Number("sequence_len", run.Sequence);
        var isSft = job.Method is "lora" or "qlora" or "dora" or "freeze" or "full";
        yaml.Flag("sample_packing", isSft);
        yaml.Comment(
            $"global batch {run.GlobalBatch} = {run.MicroBatch} x {run.Accumulation} x {run.DataParallel} devices"
        );
        yaml.Number("micro_batch_size", run.MicroBatch);
        yaml.Number("gradient_accumulation_steps", run.Accumulation);
        if (job.Steps is not null)
            yaml.Number("max_steps", run.Steps);
        else
            yaml.Real("num_epochs", job.Epochs);
        yaml.Text("optimizer", "adamw_torch_fused");
        yaml.Rate("learning_rate", export.LearningRate);
        yaml.Text("lr_scheduler", "cosine");
        yaml.Real("warmup_ratio", 0.03);
        yaml.Flag("bf16", true);
        yaml.Flag("gradient_checkpointing", run.Checkpointing);
        yaml.Flag("flash_attention", true);
        yaml.Number("logging_steps", 1);
        yaml.Number("saves_per_epoch", 1);
        AddSharding(yaml, run);
        return yaml.ToString();
    }

    private static void AddAdapter(YamlWriter yaml, TrainingExport export)
    {
        var job = export.Job;
        if (job.Learns == "freeze")
        {
            yaml.Comment("the last two layers learn");
            var layers = job.Model.Architecture.Layers.Length;
            yaml.List("unfrozen_parameters", [$"model.layers.{layers - 2}.", $"model.layers.{layers - 1}."]);
        }
        if (!export.IsAdapter)
            return;
        yaml.Text("adapter", job.Learns == "qlora" ? "qlora" : "lora");
        yaml.Flag("load_in_4bit", job.Learns == "qlora");
        yaml.Number("lora_r", job.Rank);
        yaml.Number("lora_alpha", TrainingExport.LoraAlpha);
        yaml.Real("lora_dropout", 0);
        if (job.Targets is ["all-linear"])
            yaml.Flag("lora_target_linear", true);
        else
            yaml.List("lora_target_modules", TrainingTargets.NamesOf(job));
        if (job.Learns == "dora")
            yaml.Flag("peft_use_dora", true);
    }

    private static void AddData(YamlWriter yaml, TrainingJob job)
    {
        if (job.Method is "dpo" or "kto" or "orpo")
        {
            yaml.Text("rl", job.Method);
            if (job.Method != "orpo")
                yaml.Real("rl_beta", 0.1);
            else
                yaml.Real("orpo_alpha", 0.1);
        }
        if (job.Method == "reward")
            yaml.Flag("reward_model", true);
        using (yaml.Map("datasets"))
        using (yaml.MapItem())
        {
            yaml.Text("path", $"{TrainingExport.DataFolder}/train.jsonl");
            yaml.Text("ds_type", "json");
            yaml.Text("type", TypeOf(job));
        }
    }

    private static string TypeOf(TrainingJob job) =>
        job.Method switch
        {
            "dpo" => "chat_template.default",
            "kto" => "chat_template.argilla",
            "orpo" => "chat_template.argilla",
            "reward" => "bradley_terry.chat_template",
            _ => "chat_template",
        };

    private static void AddSharding(YamlWriter yaml, TrainingRun run)
    {
        if (!run.IsSharded)
            return;
        yaml.Number("fsdp_version", 2);
        using (yaml.Map("fsdp_config"))
        {
            yaml.Flag("offload_params", false);
            yaml.Flag("cpu_ram_efficient_loading", true);
            yaml.Text("auto_wrap_policy", "TRANSFORMER_BASED_WRAP");
            yaml.Flag("reshard_after_forward", true);
            yaml.Text("state_dict_type", "FULL_STATE_DICT");
        }
    }
}
