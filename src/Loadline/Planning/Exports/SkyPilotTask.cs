using System.Text;
using System.Text.RegularExpressions;

namespace Loadline.Planning;

/// <summary>The plan as a SkyPilot service: machines of a provider, found, started and replaced by SkyPilot.</summary>
/// <remarks>skypilot-org/skypilot docs/source/reference/yaml-spec.rst and docs/source/serving/service-yaml-spec.rst.</remarks>
internal static partial class SkyPilotTask
{
    public static IEnumerable<ExportFile> Write(ExportContext context)
    {
        if (!context.Rents || !context.RunsInContainers || !context.CanBeStarted)
            return [];
        return [new ExportFile(FileNames.SkyPilot, TextOf(context, context.Start!), IsExecutable: false)];
    }

    private static string TextOf(ExportContext context, EngineStart start)
    {
        var setup = context.Setup;
        var yaml = new YamlWriter();
        yaml.Comment(
            $"{setup.Model} in {setup.WeightFormat} with {start.EngineName} {start.Launch.Release} (recommended)."
        );
        yaml.Comment($"Start: sky serve up {FileNames.SkyPilot} -n {context.Label} --secret HF_TOKEN");
        foreach (var note in start.Notes)
            yaml.Comment($"NOTE: {note}");
        yaml.Text("name", context.Label);
        if (context.Layout.MachinesPerReplica > 1)
            yaml.Number("num_nodes", context.Layout.MachinesPerReplica);
        using (yaml.Map("resources"))
            AddResources(yaml, context, start);
        using (yaml.Map("secrets"))
        {
            yaml.Comment("taken from the environment of who starts it");
            yaml.Null("HF_TOKEN");
        }
        using (yaml.Map("envs"))
        {
            if (start.Model.Source == WeightSource.ToBeGiven)
                yaml.Comment($"NOTE: {start.Model.Needs}; --env MODEL=...");
            if (start.Model.Source == WeightSource.ToBeGiven)
                yaml.Null("MODEL");
            else
                yaml.Text("MODEL", start.Model.Value);
            foreach (var variable in start.Environment.Concat(start.AddressVariables(Port(start))))
                yaml.Text(variable.Name, variable.Value ?? "");
        }
        AddFiles(yaml, start);
        AddService(yaml, context, start);
        yaml.Block("run", RunOf(context, start));
        return yaml.ToString();
    }

    private static void AddResources(YamlWriter yaml, ExportContext context, EngineStart start)
    {
        var setup = context.Setup;
        if (context.Targets.SkyClouds.TryGetValue(setup.Provider, out var cloud))
            yaml.Text(
                "infra",
                setup.Region is { } region && RegionName().IsMatch(region) ? $"{cloud}/{region}" : cloud
            );
        else
            yaml.Comment($"NOTE: SkyPilot has no cloud called {setup.Provider}; it looks among those you have set up.");
        AddAccelerators(yaml, context);
        yaml.Comment($"terms of the plan: {setup.Terms}");
        yaml.Flag("use_spot", setup.Terms.Contains("spot", StringComparison.OrdinalIgnoreCase));
        yaml.Comment("GB: the weights, as much again for what is unpacked beside them, and the image");
        yaml.Number("disk_size", (long)Math.Ceiling(2 * setup.WeightBytes.Bytes / 1e9) + ImageGigabytes);
        yaml.Number("ports", start.Launch.Port);
        if (start.Image is { } image)
            yaml.Text("image_id", $"docker:{image}");
        else
            yaml.Comment($"NOTE: no published image of {start.EngineName} for {context.Accelerator.Vendor} is known.");
    }

    /// <summary>Room for an engine's image, unpacked; images of 2026 take 15 to 40 GB.</summary>
    private const int ImageGigabytes = 100;

    private static void AddAccelerators(YamlWriter yaml, ExportContext context)
    {
        var setup = context.Setup;
        var count = PlainText.Number(context.Layout.DevicesPerMachine);
        if (context.Targets.SkyName(setup.Provider, setup.Accelerator, context.Layout.DevicesPerMachine) is { } name)
        {
            if (context.Layout is { MachinesPerReplica: 1 } && setup.ReplicasPerMachine > 1)
                yaml.Comment(
                    $"The plan rents machines of {setup.DevicesPerMachine}, {setup.ReplicasPerMachine} replicas on each; this asks for a machine per replica."
                );
            if (setup.Instance is { } instance)
                yaml.Comment($"instance in the plan: {instance}");
            yaml.Text("accelerators", name);
        }
        else if (setup.Instance is { } instance)
        {
            yaml.Comment($"NOTE: SkyPilot's name of {context.Accelerator.Name} is not known; see sky show-gpus --all.");
            yaml.Text("instance_type", instance);
        }
        else if (!context.Vendor.IsProcessor)
        {
            yaml.Comment($"NOTE: add accelerators: {count} of {context.Accelerator.Name}; see sky show-gpus --all.");
        }
    }

    private static void AddFiles(YamlWriter yaml, EngineStart start)
    {
        if (start.Config.IsEmpty && !start.Launch.Modelfile)
            return;
        using (yaml.Map("file_mounts"))
        {
            if (!start.Config.IsEmpty)
                yaml.Text(ContainerPaths.Config, $"./{FileNames.ConfigOf(start)}");
            if (start.Launch.Modelfile)
                yaml.Text(ContainerPaths.Modelfile, $"./{FileNames.Modelfile}");
        }
    }

    private static void AddService(YamlWriter yaml, ExportContext context, EngineStart start)
    {
        using (yaml.Map("service"))
        {
            using (yaml.Map("readiness_probe"))
            {
                yaml.Text("path", start.Launch.HealthPath);
                yaml.Comment("time to find a machine's weights, load and compile; assumed as for Kubernetes");
                yaml.Number("initial_delay_seconds", KubernetesPod.StartSeconds(context.Setup));
            }
            using (yaml.Map("replica_policy"))
            {
                yaml.Number("min_replicas", Math.Min(context.Layout.Needed, 1 + context.Setup.SpareReplicas));
                yaml.Number("max_replicas", context.Layout.Replicas);
                yaml.Comment("peak rate of the plan by the replicas that it needs");
                var rate = context.Setup.PeakRequestsPerSecond / context.Layout.Needed;
                yaml.Real("target_qps_per_replica", Math.Max(0.0001, rate));
            }
        }
    }

    private static string RunOf(ExportContext context, EngineStart start)
    {
        var run = new StringBuilder();
        if (start.Launch.Modelfile)
        {
            var client = ShellText.Word(start.ImageCommand[0]);
            return $"{ShellText.Words(start.ImageCommand)} &\n"
                + $"for _ in $(seq 60); do if {client} list >/dev/null 2>&1; then break; fi; sleep 1; done\n"
                + $"{client} create {ShellText.Word(context.Label)} -f {ContainerPaths.Modelfile}\nwait\n";
        }
        var words = start.ModelWords("$MODEL").Select(word => word == "$MODEL" ? "\"$MODEL\"" : ShellText.Word(word));
        var arguments = start
            .Arguments.Concat(start.ConfigArguments(ContainerPaths.Config))
            .Concat(start.AddressArguments(Port(start)))
            .SelectMany(argument => argument.Words)
            .Select(ShellText.Word)
            .ToList();
        if (context.Layout.MachinesPerReplica > 1)
        {
            run.Append("leader=\"$(echo \"$SKYPILOT_NODE_IPS\" | head -n 1)\"\n");
            var span = start.SpanArguments(context.Layout.MachinesPerReplica, "$SKYPILOT_NODE_RANK", "$leader");
            arguments.AddRange(
                span.SelectMany(argument => new[] { ShellText.Word(argument.Name), $"\"{argument.Value}\"" })
            );
            if (start.Launch.Flags.WorkerOnly is { } worker)
            {
                run.Append($"worker=; if [ \"$SKYPILOT_NODE_RANK\" != 0 ]; then worker={ShellText.Word(worker)}; fi\n");
                arguments.Add("$worker");
            }
        }
        return run.Append(ShellText.Words(start.ImageCommand))
            .Append(' ')
            .AppendJoin(' ', words.Concat(arguments))
            .Append('\n')
            .ToString();
    }

    private static string Port(EngineStart start) => PlainText.Number(start.Launch.Port);

    /// <summary>"global" and the like are no regions; a slash would name a zone.</summary>
    [GeneratedRegex(@"\A(?!global\z)[A-Za-z0-9-]+\z")]
    private static partial Regex RegionName();
}
