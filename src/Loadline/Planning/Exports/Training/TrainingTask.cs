using System.Text;

namespace Loadline.Planning;

/// <summary>The run as a SkyPilot job, on one machine or several.</summary>
/// <remarks>
/// skypilot-org/skypilot docs/source/reference/yaml-spec.rst and running-jobs/distributed-jobs.rst: the variables
/// SKYPILOT_NODE_IPS and SKYPILOT_NODE_RANK are set on every machine.
/// </remarks>
internal static class TrainingTask
{
    public const string File = "sky.yaml";

    /// <summary>Room for images, packages and two checkpoints beside the weights, in GB.</summary>
    private const int OtherGigabytes = 200;

    private const int Port = 29500;

    public static ExportFile Write(TrainingExport export)
    {
        var (run, job) = (export.Run, export.Job);
        var tool = export.Recommended!;
        var yaml = new YamlWriter();
        yaml.Comment($"{job.Method} of {job.Model.Id} with {tool.Name} {tool.Version}.");
        yaml.Comment($"Start: sky launch {File} -c {export.Label} --secret HF_TOKEN");
        yaml.Text("name", export.Label);
        if (run.Nodes > 1)
            yaml.Number("num_nodes", run.Nodes);
        yaml.Comment("this folder, with data/ in it, is copied to every machine");
        yaml.Text("workdir", ".");
        using (yaml.Map("resources"))
        {
            var targets = export.Catalog.Exports.All[0];
            var accelerator = job.Hardware.Accelerator;
            if (targets.SkyName(run.Provider ?? "", accelerator.Id, run.DevicesPerNode) is { } name)
                yaml.Text("accelerators", name);
            else
                yaml.Comment(
                    $"NOTE: add accelerators: {run.DevicesPerNode} of {accelerator.Name}; see sky show-gpus --all."
                );
            if (run.Provider is { } provider && targets.SkyClouds.TryGetValue(provider, out var cloud))
            {
                yaml.Comment("the cheapest offer of the catalog; leave it out to let SkyPilot choose");
                yaml.Text("infra", cloud);
            }
            yaml.Number(
                "disk_size",
                (long)Math.Ceiling(6.0 * job.Model.Architecture.Tensors.Parameters / 1e9) + OtherGigabytes
            );
        }
        using (yaml.Map("secrets"))
        {
            yaml.Comment("taken from the environment of who starts it");
            yaml.Null("HF_TOKEN");
        }
        yaml.Block(
            "setup",
            $"pip install {ShellText.Words(tool.Install.Where(package => job.IsReinforcement || package != "vllm"))}\n"
        );
        yaml.Block("run", RunOf(export, tool.Id));
        return new ExportFile(File, yaml.ToString(), IsExecutable: false);
    }

    private static string RunOf(TrainingExport export, string tool)
    {
        var run = export.Run;
        var text = new StringBuilder();
        if (run.Nodes > 1)
            text.Append("leader=\"$(echo \"$SKYPILOT_NODE_IPS\" | head -n 1)\"\n");
        switch (tool)
        {
            case "verl":
                AddRay(text, run);
                break;
            case "axolotl":
                text.Append("axolotl train ").Append(AxolotlFile.Settings);
                if (run.Nodes > 1)
                    text.Append(
                        $" --launcher torchrun -- --nnodes={run.Nodes} --nproc_per_node={run.DevicesPerNode} --node_rank=\"$SKYPILOT_NODE_RANK\" --rdzv_backend=c10d --rdzv_endpoint=\"$leader:{Port}\""
                    );
                text.Append('\n');
                break;
            default:
                text.Append($"trl {TrlFiles.CommandOf(export)} --config {TrlFiles.Settings}");
                if (export.Job.Hardware.Count > 1)
                    text.Append($" --accelerate_config {TrlFiles.Accelerate}");
                if (run.Nodes > 1)
                    text.Append(
                        $" --machine_rank \"$SKYPILOT_NODE_RANK\" --main_process_ip \"$leader\" --main_process_port {Port}"
                    );
                text.Append('\n');
                break;
        }
        return text.ToString();
    }

    /// <summary>Ray spans the machines; the trainer runs on the first.</summary>
    private static void AddRay(StringBuilder text, TrainingRun run)
    {
        const int RayPort = 6379;
        if (run.Nodes > 1)
        {
            text.Append("if [ \"$SKYPILOT_NODE_RANK\" != 0 ]; then\n");
            text.Append($"  until ray start --address=\"$leader:{RayPort}\" --block; do sleep 5; done\n  exit 0\nfi\n");
            text.Append($"ray start --head --port={RayPort}\n");
            text.Append(
                $"until [ \"$(ray status 2>/dev/null | grep -c ' node_')\" -ge {run.Nodes} ]; do sleep 5; done\n"
            );
        }
        text.Append("sh ").Append(VerlScript.Script).Append('\n');
        if (run.Nodes > 1)
            text.Append("ray stop\n");
    }
}
