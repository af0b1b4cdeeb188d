using System.Text;

namespace Loadline.Planning;

/// <summary>verl's trainer with every setting on its command line.</summary>
/// <remarks>
/// Names of settings: the catalog's training-tools, entry verl. A step has <c>data.train_batch_size</c> prompts with
/// <c>rollout.n</c> answers each; the mini batch counts prompts, the micro batch answers on one device.
/// </remarks>
internal static class VerlScript
{
    public const string Script = "verl.sh";

    public static IEnumerable<ExportFile> Write(TrainingExport export)
    {
        if (export.Has("verl") is not null)
            yield return new ExportFile(Script, TextOf(export), IsExecutable: true);
    }

    private static string TextOf(TrainingExport export)
    {
        var job = export.Job;
        var script = new StringBuilder("#!/bin/sh\n");
        script.Append(
            $"# {PlainText.OneLine($"{job.Method} of {job.Model.Id} on {job.Hardware}, engine and training in turns.")}\n"
        );
        script.Append(
            "# data/train.parquet and data/test.parquet: prompt (messages), data_source, reward_model.ground_truth.\n"
        );
        script.Append("# On several machines: ray start on each first; this runs on the first alone.\n");
        script.Append("set -eu\nexec python3 -m verl.trainer.main_ppo");
        foreach (var (key, value) in SettingsOf(export))
            script.Append(" \\\n    ").Append(ShellText.Word($"{key}={value}"));
        return script.Append(" \\\n    \"$@\"\n").ToString();
    }

    private static IEnumerable<(string Key, string Value)> SettingsOf(TrainingExport export)
    {
        var (run, job) = (export.Run, export.Job);
        var prompts = PlainText.Number(run.GlobalBatch / job.Group);
        var micro = PlainText.Number(run.MicroBatch);
        yield return ("algorithm.adv_estimator", EstimatorOf(job));
        yield return ("algorithm.use_kl_in_reward", "False");
        yield return ("data.train_files", "data/train.parquet");
        yield return ("data.val_files", "data/test.parquet");
        yield return ("data.train_batch_size", prompts);
        yield return ("data.max_prompt_length", PlainText.Number(job.PromptTokens));
        yield return ("data.max_response_length", PlainText.Number(run.Sequence - job.PromptTokens));
        yield return ("data.filter_overlong_prompts", "True");
        yield return ("data.truncation", "error");
        yield return ("actor_rollout_ref.model.path", job.Model.Id);
        yield return ("actor_rollout_ref.model.use_remove_padding", "True");
        yield return ("actor_rollout_ref.model.enable_gradient_checkpointing", Flag(run.Checkpointing));
        if (export.IsAdapter)
        {
            yield return ("actor_rollout_ref.model.lora_rank", PlainText.Number(job.Rank));
            yield return ("actor_rollout_ref.model.lora_alpha", PlainText.Number(TrainingExport.LoraAlpha));
            yield return ("actor_rollout_ref.model.target_modules", TargetsOf(job));
            // Adapters are handed to the engine by their base: it has to load real weights.
            yield return ("actor_rollout_ref.rollout.load_format", "safetensors");
            yield return ("actor_rollout_ref.rollout.layered_summon", "True");
        }
        yield return ("actor_rollout_ref.actor.strategy", "fsdp2");
        yield return ("actor_rollout_ref.actor.optim.lr", PlainText.Rate(export.LearningRate));
        yield return ("actor_rollout_ref.actor.ppo_mini_batch_size", prompts);
        yield return ("actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu", micro);
        yield return ("actor_rollout_ref.actor.use_kl_loss", Flag(job.Method is "grpo" or "rloo"));
        if (job.Method == "dapo")
        {
            yield return ("actor_rollout_ref.actor.clip_ratio_low", "0.2");
            yield return ("actor_rollout_ref.actor.clip_ratio_high", "0.28");
            yield return ("actor_rollout_ref.actor.loss_agg_mode", "token-mean");
        }
        yield return ("actor_rollout_ref.actor.fsdp_config.param_offload", "True");
        yield return ("actor_rollout_ref.actor.fsdp_config.optimizer_offload", "True");
        yield return ("actor_rollout_ref.ref.fsdp_config.param_offload", "True");
        yield return ("actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu", micro);
        yield return ("actor_rollout_ref.rollout.name", "vllm");
        yield return ("actor_rollout_ref.rollout.n", PlainText.Number(job.Group));
        yield return ("actor_rollout_ref.rollout.tensor_model_parallel_size", PlainText.Number(job.TensorParallel));
        yield return (
            "actor_rollout_ref.rollout.gpu_memory_utilization",
            PlainText.Number(RolloutForecast.EngineShare)
        );
        yield return ("actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu", micro);
        if (job.Method == "ppo")
            foreach (var setting in CriticOf(export, prompts, micro))
                yield return setting;
        yield return ("custom_reward_function.path", RewardFile.Name);
        yield return ("custom_reward_function.name", "compute_score");
        foreach (var setting in TrainerOf(run, export.Label))
            yield return setting;
    }

    private static IEnumerable<(string Key, string Value)> CriticOf(TrainingExport export, string prompts, string micro)
    {
        yield return ("critic.model.path", export.Job.Model.Id);
        yield return ("critic.optim.lr", PlainText.Rate(10 * export.LearningRate));
        yield return ("critic.ppo_mini_batch_size", prompts);
        yield return ("critic.ppo_micro_batch_size_per_gpu", micro);
        yield return ("critic.model.enable_gradient_checkpointing", Flag(export.Run.Checkpointing));
        yield return ("critic.model.fsdp_config.param_offload", "True");
        yield return ("critic.model.fsdp_config.optimizer_offload", "True");
    }

    private static IEnumerable<(string Key, string Value)> TrainerOf(TrainingRun run, string label)
    {
        yield return ("trainer.n_gpus_per_node", PlainText.Number(run.DevicesPerNode));
        yield return ("trainer.nnodes", PlainText.Number(run.Nodes));
        if (run.Job.Steps is not null)
            yield return ("trainer.total_training_steps", PlainText.Number(run.Steps));
        else
            yield return ("trainer.total_epochs", PlainText.Number((long)Math.Ceiling(run.Job.Epochs)));
        yield return ("trainer.save_freq", "50");
        yield return ("trainer.test_freq", "10");
        yield return ("trainer.project_name", "loadline");
        yield return ("trainer.experiment_name", label);
        yield return ("trainer.logger", "[console]");
    }

    private static string EstimatorOf(TrainingJob job) =>
        job.Method switch
        {
            "ppo" => "gae",
            "rloo" => "rloo",
            _ => "grpo",
        };

    private static string TargetsOf(TrainingJob job) =>
        job.Targets is ["all-linear"] ? "all-linear" : $"[{string.Join(',', TrainingTargets.NamesOf(job))}]";

    private static string Flag(bool value) => value ? "True" : "False";
}
