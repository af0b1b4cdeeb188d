using System.Collections.Immutable;
using Loadline.Catalog;

namespace Loadline.Planning;

/// <summary>The files that start a training run: settings of every tool that has a command for it, and a job for machines.</summary>
public static class TrainingFiles
{
    /// <exception cref="BadContentException">No tool of the catalog runs it so, or its batch does not divide.</exception>
    public static ImmutableArray<ExportFile> Of(TrainingRun run, CatalogReader catalog)
    {
        Check(run);
        var export = new TrainingExport(run, catalog);
        if (export.Recommended is null)
            throw new BadContentException(
                "--export",
                "",
                $"{run.Job.Method} of {run.Job.Learns}",
                $"what a tool runs: {string.Join("; ", catalog.TrainingTools.All.Where(tool => !tool.Methods.IsEmpty).Select(tool => $"{tool.Name} {string.Join(", ", tool.Methods)}"))}"
            );
        ImmutableArray<ExportFile> files =
        [
            .. TrlFiles.Write(export),
            .. AxolotlFile.Write(export),
            .. VerlScript.Write(export),
            .. RewardFile.Write(export),
            TrainingTask.Write(export),
        ];
        return [.. files, TrainingReadMe.Of(export, files)];
    }

    /// <summary>What every tool enforces when it starts; better said now than on a machine that is paid for.</summary>
    private static void Check(TrainingRun run)
    {
        var job = run.Job;
        if (job.Hardware.Accelerator.Vendor is not ("NVIDIA" or "AMD"))
            throw new BadContentException(
                "--export",
                "",
                job.Hardware.Accelerator.Name,
                "an accelerator of NVIDIA or AMD, which the tools are set up for"
            );
        if (job.TensorParallel > 1 && !job.IsReinforcement)
            throw new BadContentException(
                "--export",
                "",
                $"tensor parallel {job.TensorParallel}",
                "1: TRL and Axolotl share weights out by FSDP"
            );
        if (job.IsReinforcement && run.DevicesPerNode % job.TensorParallel != 0)
            throw new BadContentException(
                "--tensor-parallel",
                "",
                $"{job.TensorParallel}",
                $"a divisor of the {run.DevicesPerNode} devices of a machine"
            );
        if (job.IsReinforcement && run.GlobalBatch % job.Group != 0)
            throw new BadContentException(
                "--group",
                "",
                $"{job.Group}",
                $"a divisor of the {run.GlobalBatch} answers of a step"
            );
        if (job.Hardware.Count % run.DevicesPerNode != 0)
            throw new BadContentException(
                "--on",
                "",
                $"{job.Hardware.Count} devices",
                $"whole machines of {run.DevicesPerNode}"
            );
    }
}

/// <summary>A run and the tools that it is written for.</summary>
internal sealed class TrainingExport(TrainingRun run, CatalogReader catalog)
{
    public TrainingRun Run => run;

    public TrainingJob Job => run.Job;

    public CatalogReader Catalog => catalog;

    public string Label => DnsLabel.Of($"{Job.Method}-{ShortModel}");

    public bool IsAdapter => Job.Learns is "lora" or "qlora" or "dora";

    /// <summary>The tool whose files the job for machines starts.</summary>
    public TrainingTool? Recommended => Has("verl") ?? Has("trl") ?? Has("axolotl");

    private string ShortModel => Job.Model.Id[(Job.Model.Id.LastIndexOf('/') + 1)..];

    /// <summary>The tool where it has a command for this method and adapter; null where it does not.</summary>
    public TrainingTool? Has(string id)
    {
        var tool = catalog.TrainingTools.Find(id);
        var isAdapted = Job.Adapter is not null;
        return tool.Methods.Contains(Job.Method) && (!isAdapted || tool.Adapters.Contains(Job.Adapter!)) ? tool : null;
    }

    /// <summary>
    /// Learning rate: the tools' defaults for all parameters; ten times that for adapters, whose best rate is that much
    /// higher (Thinking Machines, "LoRA Without Regret", 2025-09-29).
    /// </summary>
    public double LearningRate
    {
        get
        {
            var full = Job.Method switch
            {
                "grpo" or "dapo" or "rloo" or "ppo" or "dpo" or "kto" or "orpo" => 1e-6,
                "reward" => 1e-5,
                _ => 2e-5,
            };
            return IsAdapter ? 10 * full : full;
        }
    }

    /// <summary>Scale of adapters; with a fixed one the best learning rate does not depend on the rank.</summary>
    public const int LoraAlpha = 32;

    /// <summary>Where the examples lie, beside the files.</summary>
    public const string DataFolder = "./data";
    public const string OutputFolder = "./output";
}
