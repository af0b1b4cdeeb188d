namespace Loadline.Planning;

/// <summary>All replicas of one machine as a compose file.</summary>
/// <remarks>compose-spec/compose-spec 05-services.md and deploy.md, 2026-11-24.</remarks>
internal static class ComposeFile
{
    private const string Common = "replica";

    public static IEnumerable<ExportFile> Write(ExportContext context)
    {
        if (!context.RunsInContainers || !context.CanBeStarted)
            return [];
        return [new ExportFile(FileNames.Compose, TextOf(context, context.Start!), IsExecutable: false)];
    }

    private static string TextOf(ExportContext context, EngineStart start)
    {
        var yaml = new YamlWriter();
        yaml.Comment(
            $"Every replica of one machine; run it on each of the {context.Setup.Machines}: docker compose up -d"
        );
        yaml.Comment($"{context.Setup.Model} in {context.Setup.WeightFormat} with {start.EngineName} (recommended).");
        yaml.Comment(
            "HF_TOKEN is taken from the environment or from a file .env beside this one that you keep to yourself."
        );
        foreach (var note in start.Notes)
            yaml.Comment($"NOTE: {note}");
        if (start.Launch.Modelfile)
            yaml.Comment(
                $"Then: docker compose exec replica-0 {start.Launch.Command[0]} create {context.Label} -f {ContainerPaths.Modelfile}"
            );
        yaml.Text("name", context.Label);
        yaml.Comment("what all replicas have in common");
        using (yaml.Anchored("x-replica", Common))
            AddCommon(yaml, context, start);
        using (yaml.Map("services"))
        {
            var replicas = context.Layout.MachinesPerReplica > 1 ? 1 : Math.Max(1, context.Setup.ReplicasPerMachine);
            for (var replica = 0; replica < replicas; replica++)
            {
                using (yaml.Map($"replica-{PlainText.Number(replica)}"))
                    AddReplica(yaml, context, start, replica);
            }
        }
        return yaml.ToString();
    }

    private static void AddCommon(YamlWriter yaml, ExportContext context, EngineStart start)
    {
        yaml.Text("image", start.Image is null ? "${IMAGE:?see README.md}" : ContainerCommand.Literal(start.Image));
        yaml.Text("restart", "unless-stopped");
        yaml.List("entrypoint", start.ImageCommand.Select(ContainerCommand.Literal));
        using (yaml.Map("command"))
            AddCommand(yaml, context, start);
        if (context.Layout.MachinesPerReplica > 1)
            yaml.Text("network_mode", "host");
        yaml.Comment("processes of one model pass tensors through shared memory");
        yaml.Text("ipc", "host");
        AddVolumes(yaml, start);
    }

    private static void AddReplica(YamlWriter yaml, ExportContext context, EngineStart start, int replica)
    {
        yaml.Repeat(Common);
        using (yaml.Map("environment"))
        {
            yaml.Comment("passed on from outside");
            yaml.Null("HF_TOKEN");
            foreach (var variable in start.Environment.Concat(start.AddressVariables(Port(start))))
                yaml.Text(variable.Name, ContainerCommand.Literal(variable.Value ?? ""));
            if (
                context is
                { Layout.MachinesPerReplica: 1, Vendor: { ComposeDriver: null, VisibleDevices: { } visible } }
            )
                yaml.Text(visible, string.Join(',', Devices(context, replica)));
        }
        if (context.Layout.MachinesPerReplica == 1)
            yaml.List("ports", [$"{PlainText.Number(start.Launch.Port + (long)replica)}:{Port(start)}"]);
        AddDevices(yaml, context, replica);
    }

    private static void AddCommand(YamlWriter yaml, ExportContext context, EngineStart start)
    {
        ContainerCommand.AddWords(yaml, start, ModelOf(start));
        if (context.Layout.MachinesPerReplica == 1)
            return;
        var span = start.SpanArguments(
            context.Layout.MachinesPerReplica,
            "${NODE_RANK:?see README.md}",
            "${LEADER_ADDRESS:?see README.md}"
        );
        foreach (var argument in span)
        {
            yaml.Comment(argument.Why);
            foreach (var word in argument.Words)
                yaml.Item(word);
        }
        if (start.Launch.Flags.WorkerOnly is { } worker)
            yaml.Comment($"on every machine but number 0, add {worker}");
    }

    private static void AddVolumes(YamlWriter yaml, EngineStart start)
    {
        using (yaml.Map("volumes"))
        {
            yaml.Item($"${{HOME}}/.cache/huggingface:{ContainerPaths.HubCache}");
            if (ContainerPaths.NeedsGgufFile(start))
                yaml.Item($"${{MODEL_FILE:?see README.md}}:{ContainerPaths.GgufFile}:ro");
            if (!start.Config.IsEmpty)
                yaml.Item($"./{FileNames.ConfigOf(start)}:{ContainerPaths.Config}:ro");
            if (start.Launch.Modelfile)
                yaml.Item($"./{FileNames.Modelfile}:{ContainerPaths.Modelfile}:ro");
        }
    }

    private static void AddDevices(YamlWriter yaml, ExportContext context, int replica)
    {
        var vendor = context.Vendor;
        if (vendor.IsProcessor)
            return;
        if (vendor.ComposeDriver is { } driver)
        {
            using (yaml.Map("deploy"))
            using (yaml.Map("resources"))
            using (yaml.Map("reservations"))
            using (yaml.Map("devices"))
            using (yaml.MapItem())
            {
                yaml.Text("driver", driver);
                yaml.List("device_ids", Devices(context, replica));
                yaml.List("capabilities", ["gpu"]);
            }
            return;
        }
        if (vendor.DeviceFiles.IsEmpty)
            yaml.Comment($"NOTE: hand the devices of {context.Accelerator.Vendor} in here; how is not known.");
        else
            yaml.List(
                "devices",
                vendor.DeviceFiles.Select(file => $"{ContainerCommand.Literal(file)}:{ContainerCommand.Literal(file)}")
            );
    }

    private static IEnumerable<string> Devices(ExportContext context, int replica)
    {
        var count = context.Layout.DevicesPerMachine;
        return Enumerable.Range(0, count).Select(device => PlainText.Number(((long)replica * count) + device));
    }

    private static string ModelOf(EngineStart start) =>
        ContainerPaths.NeedsGgufFile(start) ? ContainerPaths.GgufFile
        : start.Model.Source == WeightSource.ToBeGiven ? "${MODEL:?see README.md}"
        : ContainerCommand.Literal(start.Model.Value);

    private static string Port(EngineStart start) => PlainText.Number(start.Launch.Port);
}
