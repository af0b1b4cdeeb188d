namespace Loadline.Planning;

/// <summary>The pod of one replica, or of one of its machines.</summary>
internal sealed class KubernetesPod(ExportContext context, EngineStart start)
{
    public const string PortName = "http";

    /// <summary>
    /// Assumed: what one connection to a model hub or a network disk delivers, in bytes per second. A local copy is ten times
    /// as fast; the probe then simply succeeds earlier.
    /// </summary>
    public const double LoadBytesPerSecond = 200e6;

    /// <summary>Assumed: pulling the image aside, compiling and capturing graphs takes minutes on first start.</summary>
    public const int FixedStartSeconds = 600;

    private const int ProbePeriodSeconds = 10;

    /// <summary>Room for the weights on the node's disk, and for what is unpacked beside them; assumed.</summary>
    private const double DiskPerWeights = 1.2;

    private readonly KubernetesFiles files = new(context, start);

    /// <summary>Seconds until a replica that starts from nothing has to answer.</summary>
    public static long StartSeconds(DeploymentSetup setup) =>
        FixedStartSeconds + (long)Math.Ceiling(setup.WeightBytes.Bytes / LoadBytesPerSecond);

    public void Add(YamlWriter yaml, bool isWorker)
    {
        using (yaml.Map("spec"))
        {
            AddPlacement(yaml);
            using (yaml.Map("containers"))
            using (yaml.MapItem())
            {
                yaml.Text("name", "engine");
                if (start.Image is null)
                    yaml.Comment(
                        $"NOTE: no published image of {start.EngineName} for {context.Accelerator.Vendor} is known"
                    );
                yaml.Text("image", start.Image ?? "REPLACE-WITH-IMAGE");
                yaml.List("command", start.ImageCommand.Select(ContainerCommand.Literal));
                using (yaml.Map("args"))
                    AddArguments(yaml, isWorker);
                AddEnvironment(yaml);
                if (start.Launch.Modelfile)
                    AddModelfile(yaml);
                if (!isWorker)
                    AddProbes(yaml);
                AddResources(yaml);
                AddMounts(yaml);
            }
            AddVolumes(yaml);
        }
    }

    private void AddPlacement(YamlWriter yaml)
    {
        if (context.Vendor.IsProcessor)
            return;
        yaml.Comment(
            $"Let it run on {context.Accelerator.Name} only. Nodes carry labels of their own; for NVIDIA's operator:"
        );
        yaml.Comment("nodeSelector: { nvidia.com/gpu.product: ... }, see kubectl get nodes --show-labels");
        yaml.Comment("the engine is given time to finish what it works on");
        yaml.Number("terminationGracePeriodSeconds", 120);
    }

    private void AddArguments(YamlWriter yaml, bool isWorker)
    {
        if (start.Model.Source == WeightSource.ToBeGiven && !start.Launch.Modelfile)
            yaml.Comment($"NOTE: {start.Model.Needs}");
        ContainerCommand.AddWords(yaml, start, ContainerCommand.Literal(ModelValue));
        if (context.Layout.MachinesPerReplica == 1)
            return;

        // Kubernetes fills in these variables, which LeaderWorkerSet sets.
        var machines = context.Layout.MachinesPerReplica;
        foreach (var argument in start.SpanArguments(machines, "$(LWS_WORKER_INDEX)", "$(LWS_LEADER_ADDRESS)"))
        {
            yaml.Comment(argument.Why);
            foreach (var word in argument.Words)
                yaml.Item(word);
        }
        if (isWorker && start.Launch.Flags.WorkerOnly is { } worker)
            yaml.Item(ContainerCommand.Literal(worker));
    }

    private void AddEnvironment(YamlWriter yaml)
    {
        using (yaml.Map("env"))
        {
            using (yaml.MapItem())
            {
                yaml.Text("name", "HF_TOKEN");
                using (yaml.Map("valueFrom"))
                using (yaml.Map("secretKeyRef"))
                {
                    yaml.Text("name", "hf-token");
                    yaml.Text("key", "token");
                    yaml.Flag("optional", true);
                }
            }
            foreach (var variable in start.Environment.Concat(start.AddressVariables(Port)))
            {
                using (yaml.MapItem())
                {
                    yaml.Text("name", variable.Name);
                    yaml.Text("value", ContainerCommand.Literal(variable.Value ?? ""));
                }
            }
        }
    }

    private void AddModelfile(YamlWriter yaml)
    {
        var client = ShellText.Word(start.ImageCommand[0]);
        yaml.Comment("makes the model known to the server; until then the pod is not ready");
        using (yaml.Map("lifecycle"))
        using (yaml.Map("postStart"))
        using (yaml.Map("exec"))
        {
            var create = $"{client} create {ShellText.Word(context.Label)} -f {ContainerPaths.Modelfile}";
            yaml.List("command", ["/bin/sh", "-c", $"until {client} list; do sleep 1; done; {create}"]);
        }
    }

    private void AddProbes(YamlWriter yaml)
    {
        var seconds = StartSeconds(context.Setup);
        using (yaml.Map("ports"))
        using (yaml.MapItem())
        {
            yaml.Text("name", PortName);
            yaml.Number("containerPort", start.Launch.Port);
        }
        yaml.Comment(
            $"Time to fetch and load {context.Setup.WeightBytes} at an assumed 200 MB/s and to compile: {seconds} s."
        );
        AddProbe(yaml, "startupProbe", (seconds + ProbePeriodSeconds - 1) / ProbePeriodSeconds);
        AddProbe(yaml, "readinessProbe", 3);
        yaml.Comment("a long prompt must not look like a death: a minute of silence does");
        AddProbe(yaml, "livenessProbe", 6);
    }

    private void AddProbe(YamlWriter yaml, string kind, long failures)
    {
        using (yaml.Map(kind))
        {
            using (yaml.Map("httpGet"))
            {
                yaml.Text("path", start.Launch.HealthPath);
                yaml.Text("port", PortName);
            }
            yaml.Number("periodSeconds", ProbePeriodSeconds);
            yaml.Number("timeoutSeconds", 5);
            yaml.Number("failureThreshold", failures);
        }
    }

    private void AddResources(YamlWriter yaml)
    {
        yaml.Comment("Add cpu and memory to suit your nodes.");
        using (yaml.Map("resources"))
        {
            using (yaml.Map("requests"))
            {
                if (!ContainerPaths.NeedsGgufFile(start))
                    yaml.Text("ephemeral-storage", DiskSize);
                if (context.Vendor.IsProcessor)
                {
                    yaml.Comment("the weights alone; add the cache");
                    yaml.Text("memory", DiskSize);
                }
                else
                    AddDeviceResource(yaml);
            }
            if (context.Vendor.IsProcessor)
                return;
            using (yaml.Map("limits"))
                AddDeviceResource(yaml);
        }
    }

    private void AddDeviceResource(YamlWriter yaml)
    {
        if (context.Vendor.KubernetesResource is null)
            yaml.Comment($"NOTE: the resource of devices of {context.Accelerator.Vendor} is not known");
        yaml.Text(
            context.Vendor.KubernetesResource ?? "REPLACE/WITH-RESOURCE",
            PlainText.Number(context.Layout.DevicesPerMachine)
        );
    }

    private void AddMounts(YamlWriter yaml)
    {
        using (yaml.Map("volumeMounts"))
        {
            AddMount(yaml, "hub-cache", ContainerPaths.HubCache);
            if (SharesMemory)
                AddMount(yaml, "shared-memory", "/dev/shm");
            if (ContainerPaths.NeedsGgufFile(start))
                AddMount(yaml, "models", ContainerPaths.Models);
            files.AddMounts(yaml);
        }
    }

    private void AddVolumes(YamlWriter yaml)
    {
        using (yaml.Map("volumes"))
        {
            yaml.Comment("Gone with the pod: a volume that stays saves the download at every start.");
            using (yaml.MapItem())
            {
                yaml.Text("name", "hub-cache");
                using (yaml.Map("emptyDir"))
                    yaml.Text("sizeLimit", DiskSize);
            }
            if (SharesMemory)
            {
                yaml.Comment("processes of one model pass tensors through shared memory");
                using (yaml.MapItem())
                {
                    yaml.Text("name", "shared-memory");
                    using (yaml.Map("emptyDir"))
                    {
                        yaml.Text("medium", "Memory");
                        yaml.Text("sizeLimit", ContainerPaths.SharedMemory);
                    }
                }
            }
            if (ContainerPaths.NeedsGgufFile(start))
            {
                yaml.Comment("holds model.gguf; create it first");
                using (yaml.MapItem())
                {
                    yaml.Text("name", "models");
                    using (yaml.Map("persistentVolumeClaim"))
                        yaml.Text("claimName", "models");
                }
            }
            files.AddVolume(yaml);
        }
    }

    private static void AddMount(YamlWriter yaml, string name, string path)
    {
        using (yaml.MapItem())
        {
            yaml.Text("name", name);
            yaml.Text("mountPath", path);
        }
    }

    private string DiskSize =>
        $"{PlainText.Number((long)Math.Ceiling(context.Setup.WeightBytes.GiB * DiskPerWeights) + 1)}Gi";

    private bool SharesMemory => context.Setup.Parallelism.Devices > 1;

    private string ModelValue =>
        ContainerPaths.NeedsGgufFile(start) ? ContainerPaths.GgufFile
        : start.Model.Source == WeightSource.ToBeGiven ? "REPLACE-WITH-CHECKPOINT"
        : start.Model.Value;

    private string Port => PlainText.Number(start.Launch.Port);
}
