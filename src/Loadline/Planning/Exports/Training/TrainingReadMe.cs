using System.Collections.Immutable;
using System.Text;

namespace Loadline.Planning;

/// <summary>Says what every file of a training export is and what to look at before it is used.</summary>
internal static class TrainingReadMe
{
    public static ExportFile Of(TrainingExport export, ImmutableArray<ExportFile> files)
    {
        var (run, job) = (export.Run, export.Job);
        var page = new StringBuilder();
        page.Append($"# {PlainText.Markdown(job.Method)} of {PlainText.Markdown(job.Model.Id)}\n\n");
        page.Append(
            $"On {PlainText.Markdown(job.Hardware.ToString())}: {PlainText.Number(run.Steps)} steps of {PlainText.Number(run.GlobalBatch)} sequences (micro batch {run.MicroBatch} x accumulation {run.Accumulation} x {run.DataParallel} devices), up to {PlainText.Number(run.Sequence)} tokens each.\n\n"
        );
        page.Append("| File | What it is |\n|---|---|\n");
        foreach (var file in files)
            page.Append("| `").Append(file.Name).Append("` | ").Append(WhatIs(export, file.Name)).Append(" |\n");
        page.Append("\n## Before you start\n\n");
        foreach (var tool in new[] { "trl", "accelerate", "axolotl", "verl", "skypilot" })
        {
            var entry = export.Catalog.TrainingTools.Find(tool);
            page.Append(
                $"- {PlainText.Markdown(entry.Name)}: names of settings are those of {PlainText.Markdown(entry.Version)}, looked up on {entry.Retrieved}.\n"
            );
        }
        page.Append(
            "- Put your examples into `data/`, as the settings say, and keep 200 to 500 cases apart to measure on.\n"
        );
        page.Append(
            "- Memory: watch the first ten steps; if they run out of memory, halve the micro batch and double the accumulation.\n"
        );
        page.Append(
            "- Learning rates are where the tools or published runs start; try three around it on a tenth of the steps.\n"
        );
        page.Append("- `HF_TOKEN` comes from the environment; no file holds it.\n");
        return new ExportFile(FileNames.ReadMe, page.ToString(), IsExecutable: false);
    }

    private static string WhatIs(TrainingExport export, string name)
    {
        var mark = export.Recommended!.Id;
        return name switch
        {
            TrlFiles.Settings => $"{Recommended(mark == "trl")}settings of TRL",
            TrlFiles.Accelerate => "how TRL spreads it over devices",
            AxolotlFile.Settings => $"{Recommended(mark == "axolotl")}the same for Axolotl",
            VerlScript.Script => $"{Recommended(mark == "verl")}starts verl",
            RewardFile.Name => "the reward: replace it by your own check",
            _ => "the run on rented machines, found by SkyPilot",
        };
    }

    private static string Recommended(bool isRecommended) => isRecommended ? "**Recommended**: " : "";
}
