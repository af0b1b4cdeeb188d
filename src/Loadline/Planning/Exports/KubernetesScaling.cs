namespace Loadline.Planning;

/// <summary>How many replicas run, by load and during maintenance.</summary>
internal static class KubernetesScaling
{
    public static void AddDisruptionBudget(YamlWriter yaml, ExportContext context)
    {
        KubernetesManifest.AddKind(yaml, "policy/v1", "PodDisruptionBudget", context.Label);
        using (yaml.Map("spec"))
        {
            yaml.Comment("maintenance of nodes takes one replica at a time");
            yaml.Number("maxUnavailable", 1);
            using (yaml.Map("selector"))
            using (yaml.Map("matchLabels"))
            {
                yaml.Text(KubernetesManifest.NameLabel, context.Label);
                if (context.Layout.MachinesPerReplica > 1)
                    yaml.Text(KubernetesManifest.RoleLabel, KubernetesManifest.Leader);
            }
        }
    }

    public static void AddAutoscaler(YamlWriter yaml, ExportContext context, EngineStart start)
    {
        var layout = context.Layout;
        if (start.Launch.RunningRequestsMetric is not { } metric)
        {
            yaml.Comment($"No HorizontalPodAutoscaler: {start.EngineName} has no gauge of the requests it works on.");
            return;
        }

        // The names of Kubernetes metrics are made of words, and a colon is none.
        var name = metric.Replace(':', '_');
        var spans = layout.MachinesPerReplica > 1;
        yaml.Document();
        yaml.Comment("Needs Prometheus, which scrapes the pods, and its adapter with a rule such as");
        yaml.Comment($"- seriesQuery: '{metric}{{namespace!=\"\",pod!=\"\"}}'");
        yaml.Comment("  resources: { overrides: { namespace: { resource: namespace }, pod: { resource: pod } } }");
        yaml.Comment($"  name: {{ as: \"{name}\" }}");
        yaml.Comment("  metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'");
        KubernetesManifest.AddKind(yaml, "autoscaling/v2", "HorizontalPodAutoscaler", context.Label);
        using (yaml.Map("spec"))
        {
            using (yaml.Map("scaleTargetRef"))
            {
                yaml.Text("apiVersion", spans ? "leaderworkerset.x-k8s.io/v1" : "apps/v1");
                yaml.Text("kind", spans ? "LeaderWorkerSet" : "Deployment");
                yaml.Text("name", context.Label);
            }
            AddBounds(yaml, context);
            using (yaml.Map("metrics"))
            using (yaml.MapItem())
            {
                yaml.Text("type", "Pods");
                using (yaml.Map("pods"))
                {
                    using (yaml.Map("metric"))
                        yaml.Text("name", name);
                    using (yaml.Map("target"))
                    {
                        yaml.Comment("requests in flight that one replica should see at most, by the plan");
                        yaml.Text("type", "AverageValue");
                        yaml.Text(
                            "averageValue",
                            PlainText.Number(Math.Max(1, context.Setup.RequestsInFlightPerReplica))
                        );
                    }
                }
            }
            AddPatience(yaml, context);
        }
    }

    private static void AddBounds(YamlWriter yaml, ExportContext context)
    {
        var layout = context.Layout;
        var fewest = context.Setup.Way == Way.Rent ? 1 : layout.Needed;
        yaml.Comment(
            context.Setup.Way == Way.Rent
                ? "fewer replicas save money only where idle machines are given back too"
                : "machines that are there cost the same when idle"
        );
        yaml.Number("minReplicas", fewest);
        yaml.Comment("all the plan has machines for");
        yaml.Number("maxReplicas", layout.Replicas);
    }

    private static void AddPatience(YamlWriter yaml, ExportContext context)
    {
        using (yaml.Map("behavior"))
        using (yaml.Map("scaleDown"))
        {
            yaml.Comment("a replica takes this long to come back, so it is not given up sooner");
            // An hour is the most that Kubernetes allows.
            yaml.Number("stabilizationWindowSeconds", Math.Min(3600, KubernetesPod.StartSeconds(context.Setup)));
        }
    }
}
