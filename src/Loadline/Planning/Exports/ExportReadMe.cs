using System.Collections.Immutable;
using System.Text;

namespace Loadline.Planning;

/// <summary>Says what every file of an export is and what to look at before it is used.</summary>
internal static class ExportReadMe
{
    public static ExportFile Of(ExportContext context, ImmutableArray<ExportFile> files)
    {
        var setup = context.Setup;
        var page = new StringBuilder();
        page.Append("# ").Append(PlainText.Markdown(setup.Name)).Append("\n\n");
        page.Append(
            $"{PlainText.Markdown(setup.Model)} in {PlainText.Markdown(setup.WeightFormat)}, cache in {PlainText.Markdown(setup.KvFormat)}, "
                + $"with {PlainText.Markdown(context.Engine.Name)} on {PlainText.Number(setup.Machines)} machines with "
                + $"{PlainText.Number(setup.DevicesPerMachine)}x {PlainText.Markdown(context.Accelerator.Name)}: "
                + $"{PlainText.Number(context.Layout.Replicas)} replicas, {PlainText.Number(setup.SpareReplicas)} of them spare.\n\n"
        );
        page.Append("| File | What it is |\n|---|---|\n");
        foreach (var file in files)
            page.Append("| `").Append(file.Name).Append("` | ").Append(WhatIs(context, file.Name)).Append(" |\n");
        AddMissing(page, context, files);
        AddChecks(page, context);
        return new ExportFile(FileNames.ReadMe, page.ToString(), IsExecutable: false);
    }

    private static string WhatIs(ExportContext context, string name) =>
        name switch
        {
            FileNames.Launch =>
                $"**Recommended**: starts one replica with {PlainText.Markdown(context.Engine.Name)}, on the machine it is run on",
            FileNames.Pools =>
                "**starts all replicas of a machine**, those for prompts and those for answers, and the router",
            FileNames.Compose => "all replicas of one machine in containers",
            FileNames.Kubernetes => "all replicas in a cluster, with scaling by load",
            FileNames.SkyPilot => "all replicas on rented machines, found by SkyPilot",
            FileNames.ShoppingList => "what has to be ordered or asked",
            FileNames.Modelfile => "makes the model known to Ollama",
            _ when name.EndsWith("-config.yaml", StringComparison.Ordinal) =>
                "settings of the engine that have no flag",
            _ => "alternative engine; the figures of the plan are not for it",
        };

    private static void AddMissing(StringBuilder page, ExportContext context, ImmutableArray<ExportFile> files)
    {
        if (context.Start is null)
            page.Append(
                $"\nHow {PlainText.Markdown(context.Engine.Name)} is started is not in the catalog, so there is no script for it.\n"
            );
        else if (!context.CanBeStarted)
            page.Append(
                $"\nA replica spans {context.Layout.MachinesPerReplica} machines, which {PlainText.Markdown(context.Engine.Name)} does by MPI only; it is not set up here.\n"
            );
        else if (context.Setup.Pools is not null)
            page.Append(
                "\nPrefill and decode are apart: run `pools.sh` on every machine and put a load balancer in front. There are no files for containers, clusters or SkyPilot, which start equal replicas.\n"
            );
        else if (context.Vendor.Containers == false)
            page.Append(
                $"\nContainers do not reach the GPU of {PlainText.Markdown(context.Accelerator.Vendor)} machines, so there are no files for them.\n"
            );
        else if (files.All(file => file.Name != FileNames.SkyPilot))
            page.Append("\nNothing is rented, so there is no file for SkyPilot.\n");
    }

    private static void AddChecks(StringBuilder page, ExportContext context)
    {
        page.Append("\n## Before you start\n\n");
        if (context.Start is { } start)
        {
            page.Append(
                $"- Release: names of settings and images are those of {PlainText.Markdown(start.EngineName)} {PlainText.Markdown(start.Launch.Release)}, looked up on {PlainText.Markdown(start.Launch.Retrieved)}; they hold from {PlainText.Markdown(start.Launch.Since)} on. Pin the image by its digest once it works.\n"
            );
            foreach (var note in start.Notes)
                page.Append("- ").Append(PlainText.Markdown(note)).Append('\n');
            if (start.Model.Needs is { } needs)
                page.Append("- Give the weights as `MODEL` (or `MODEL_FILE` for compose): ")
                    .Append(PlainText.Markdown(needs))
                    .Append(".\n");
            if (start.Image is null && context.RunsInContainers)
                page.Append("- No published image for these accelerators is known: name one of your own as `IMAGE`.\n");
            if (context.Layout.MachinesPerReplica > 1)
                page.Append("- A replica spans machines: set `NODE_RANK` (0, 1, ...) and `LEADER_ADDRESS` on each.\n");
        }
        page.Append(
            "- Secrets: `HF_TOKEN` comes from the environment or from the secret `hf-token`; no file holds it.\n"
        );
        page.Append("- The servers listen on every address without authentication: put a gateway in front of them.\n");
        page.Append(
            "- Memory: compare what the engine logs as room for its cache with the plan's; if it is less, the plan does not hold.\n"
        );
        page.Append(
            "- Load: send the planned traffic to one replica for an hour and compare times with the plan's before the rest follows.\n"
        );
    }
}
