using System.Globalization;

namespace Loadline.Planning;

/// <summary>
/// A plan as plain Kubernetes: a Deployment, or a LeaderWorkerSet where a replica spans machines, with its Service, its
/// scaling by load and its budget of disruptions.
/// </summary>
/// <remarks>
/// kubernetes.io reference of apps/v1, autoscaling/v2 and policy/v1; lws.sigs.k8s.io for leaderworkerset.x-k8s.io/v1.
/// </remarks>
internal static class KubernetesManifest
{
    public const string NameLabel = "app.kubernetes.io/name";
    public const string RoleLabel = "loadline/role";
    public const string Leader = "leader";

    public static IEnumerable<ExportFile> Write(ExportContext context)
    {
        if (!context.RunsInContainers || !context.CanBeStarted)
            return [];
        return [new ExportFile(FileNames.Kubernetes, TextOf(context, context.Start!), IsExecutable: false)];
    }

    private static string TextOf(ExportContext context, EngineStart start)
    {
        var yaml = new YamlWriter();
        AddHead(yaml, context, start);
        var files = new KubernetesFiles(context, start);
        if (files.Any)
        {
            files.AddConfigMap(yaml);
            yaml.Document();
        }
        if (context.Layout.MachinesPerReplica > 1)
            AddLeaderWorkerSet(yaml, context, start);
        else
            AddDeployment(yaml, context, start);
        yaml.Document();
        AddService(yaml, context, start);
        yaml.Document();
        KubernetesScaling.AddDisruptionBudget(yaml, context);
        KubernetesScaling.AddAutoscaler(yaml, context, start);
        return yaml.ToString();
    }

    private static void AddHead(YamlWriter yaml, ExportContext context, EngineStart start)
    {
        var setup = context.Setup;
        yaml.Comment(
            $"{setup.Model} in {setup.WeightFormat} with {start.EngineName} {start.Launch.Release} (recommended)."
        );
        yaml.Comment(
            "Token for gated models: kubectl create secret generic hf-token --from-literal=token=\"$HF_TOKEN\""
        );
        yaml.Comment($"Then: kubectl apply -f {FileNames.Kubernetes}");
        if (context.Layout.MachinesPerReplica > 1)
            yaml.Comment("The cluster needs LeaderWorkerSet 0.6 or later (lws.sigs.k8s.io).");
        foreach (var note in start.Notes)
            yaml.Comment($"NOTE: {note}");
        yaml.Blank();
    }

    private static void AddDeployment(YamlWriter yaml, ExportContext context, EngineStart start)
    {
        AddKind(yaml, "apps/v1", "Deployment", context.Label);
        using (yaml.Map("spec"))
        {
            AddReplicas(yaml, context);
            using (yaml.Map("strategy"))
            {
                yaml.Text("type", "RollingUpdate");
                using (yaml.Map("rollingUpdate"))
                    AddUpdate(yaml, context);
            }
            using (yaml.Map("selector"))
            using (yaml.Map("matchLabels"))
                yaml.Text(NameLabel, context.Label);
            using (yaml.Map("template"))
            {
                AddPodLabels(yaml, context.Label, role: null);
                new KubernetesPod(context, start).Add(yaml, isWorker: false);
            }
        }
    }

    private static void AddLeaderWorkerSet(YamlWriter yaml, ExportContext context, EngineStart start)
    {
        AddKind(yaml, "leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", context.Label);
        using (yaml.Map("spec"))
        {
            AddReplicas(yaml, context);
            using (yaml.Map("rolloutStrategy"))
            {
                yaml.Text("type", "RollingUpdate");
                using (yaml.Map("rollingUpdateConfiguration"))
                    AddUpdate(yaml, context);
            }
            using (yaml.Map("leaderWorkerTemplate"))
            {
                yaml.Comment("machines of one replica");
                yaml.Number("size", context.Layout.MachinesPerReplica);
                yaml.Comment("without one of its machines a replica is worth nothing");
                yaml.Text("restartPolicy", "RecreateGroupOnPodRestart");
                var pod = new KubernetesPod(context, start);
                using (yaml.Map("leaderTemplate"))
                {
                    AddPodLabels(yaml, context.Label, Leader);
                    pod.Add(yaml, isWorker: false);
                }
                using (yaml.Map("workerTemplate"))
                {
                    AddPodLabels(yaml, context.Label, "worker");
                    pod.Add(yaml, isWorker: true);
                }
            }
        }
    }

    private static void AddReplicas(YamlWriter yaml, ExportContext context)
    {
        var layout = context.Layout;
        var spare = layout.Replicas - layout.Needed;
        yaml.Comment(
            spare == 0
                ? "what the peak needs; there is no spare"
                : $"what the peak needs; devices of {spare.ToString(CultureInfo.InvariantCulture)} more stay free for failures and updates"
        );
        if (context.Start?.Launch.RunningRequestsMetric is not null)
            yaml.Comment("the autoscaler below takes over; leave this out when you apply the file again");
        yaml.Number("replicas", layout.Needed);
    }

    private static void AddUpdate(YamlWriter yaml, ExportContext context)
    {
        var hasSpare = context.Layout.Replicas > context.Layout.Needed;
        yaml.Comment(
            hasSpare
                ? "the new replica starts on free devices before an old one goes"
                : "there are no free devices: while a replica is replaced, one is missing; update off the peak"
        );
        yaml.Number("maxUnavailable", hasSpare ? 0 : 1);
        yaml.Number("maxSurge", hasSpare ? 1 : 0);
    }

    private static void AddService(YamlWriter yaml, ExportContext context, EngineStart start)
    {
        AddKind(yaml, "v1", "Service", context.Label);
        using (yaml.Map("spec"))
        {
            using (yaml.Map("selector"))
            {
                yaml.Text(NameLabel, context.Label);
                if (context.Layout.MachinesPerReplica > 1)
                    yaml.Text(RoleLabel, Leader);
            }
            using (yaml.Map("ports"))
            using (yaml.MapItem())
            {
                yaml.Text("name", KubernetesPod.PortName);
                yaml.Number("port", start.Launch.Port);
                yaml.Text("targetPort", KubernetesPod.PortName);
            }
        }
    }

    private static void AddPodLabels(YamlWriter yaml, string label, string? role)
    {
        using (yaml.Map("metadata"))
        using (yaml.Map("labels"))
        {
            yaml.Text(NameLabel, label);
            if (role is not null)
                yaml.Text(RoleLabel, role);
        }
    }

    public static void AddKind(YamlWriter yaml, string version, string kind, string name)
    {
        yaml.Text("apiVersion", version);
        yaml.Text("kind", kind);
        using (yaml.Map("metadata"))
        {
            yaml.Text("name", name);
            using (yaml.Map("labels"))
                yaml.Text(NameLabel, name);
        }
    }
}
