using System.Text.RegularExpressions;
using CsCheck;
using Loadline.Catalog;
using Loadline.Planning;
using Loadline.Tests.Planning;
using Shouldly;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace Loadline.Cli.Tests;

/// <summary>What a YAML parser makes of exported files.</summary>
public sealed partial class ExportYamlTests
{
    private const string Special = "\"'\n\r\t:#$({\u0085\u2028\\&*";

    private static readonly CatalogReader Catalog = new();

    [Fact]
    public void Every_file_is_yaml_without_a_repeated_key()
    {
        var files = ExportSetups
            .All.SelectMany(setup => ExportFiles.Of(setup, Catalog))
            .Where(file => file.Name.EndsWith(".yaml", StringComparison.Ordinal))
            .ToList();

        files.Count.ShouldBeGreaterThan(40);
        foreach (var file in files)
            Should.NotThrow(() => Documents(file.Text).Count.ShouldBePositive(file.Name));
    }

    [Fact]
    public void Every_kubernetes_document_has_a_kind_a_version_and_a_name_that_a_host_may_have()
    {
        foreach (var setup in Clusters())
        {
            foreach (var document in Kubernetes(setup))
            {
                Text(document, "apiVersion").ShouldNotBeEmpty();
                Text(document, "kind").ShouldNotBeEmpty();
                HostLabel().IsMatch(Text(document, "metadata", "name")).ShouldBeTrue();
            }
        }
    }

    [Fact]
    public void A_replica_on_one_machine_is_a_deployment_whose_pods_its_service_finds()
    {
        var documents = Kubernetes(ExportSetups.Plain).ToDictionary(document => Text(document, "kind"));

        documents.Keys.ShouldBe(["Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"]);
        var deployment = documents["Deployment"];
        // 2 machines of 8 with 4 replicas of 2 devices each make 8, of which one is spare.
        Text(deployment, "spec", "replicas").ShouldBe("7");
        Text(deployment, "spec", "strategy", "rollingUpdate", "maxUnavailable").ShouldBe("0");
        var label = Text(deployment, "spec", "template", "metadata", "labels", "app.kubernetes.io/name");
        Text(deployment, "spec", "selector", "matchLabels", "app.kubernetes.io/name").ShouldBe(label);
        Text(documents["Service"], "spec", "selector", "app.kubernetes.io/name").ShouldBe(label);
        var container = Container(Node(deployment, "spec", "template"));
        Text(container, "resources", "limits", "nvidia.com/gpu").ShouldBe("2");
        Text(container, "image").ShouldBe("vllm/vllm-openai:v0.22.1");
        // 33 GiB are 35.43 GB, at 0.2 GB/s 178 s, and ten minutes more: 778 s in steps of 10.
        Text(container, "startupProbe", "failureThreshold").ShouldBe("78");
        Text(container, "startupProbe", "httpGet", "path").ShouldBe("/health");
        Volumes(Node(deployment, "spec", "template")).ShouldContain("shared-memory");
    }

    [Fact]
    public void The_autoscaler_keeps_between_its_bounds_what_one_replica_should_see()
    {
        var scaler = Kubernetes(ExportSetups.Plain)
            .Single(document => Text(document, "kind") == "HorizontalPodAutoscaler");

        Text(scaler, "apiVersion").ShouldBe("autoscaling/v2");
        Text(scaler, "spec", "minReplicas").ShouldBe("1");
        Text(scaler, "spec", "maxReplicas").ShouldBe("8");
        Text(scaler, "spec", "scaleTargetRef", "kind").ShouldBe("Deployment");
        var metric = ((YamlSequenceNode)Node(scaler, "spec", "metrics")).Single();
        Text(metric, "pods", "metric", "name").ShouldBe("vllm_num_requests_running");
        Text(metric, "pods", "target", "averageValue").ShouldBe("48.5");

        var bought = Kubernetes(ExportSetups.Plain with { Way = Way.Buy })
            .Single(document => Text(document, "kind") == "HorizontalPodAutoscaler");
        Text(bought, "spec", "minReplicas").ShouldBe("7");
    }

    [Fact]
    public void A_replica_over_two_machines_is_a_group_of_which_the_first_answers()
    {
        var documents = Kubernetes(ExportSetups.Spanning).ToDictionary(document => Text(document, "kind"));
        var set = documents["LeaderWorkerSet"];

        Text(set, "apiVersion").ShouldBe("leaderworkerset.x-k8s.io/v1");
        Text(set, "spec", "replicas").ShouldBe("2");
        Text(set, "spec", "leaderWorkerTemplate", "size").ShouldBe("2");
        Text(set, "spec", "rolloutStrategy", "rollingUpdateConfiguration", "maxUnavailable").ShouldBe("1");
        var leader = Container(Node(set, "spec", "leaderWorkerTemplate", "leaderTemplate"));
        var worker = Container(Node(set, "spec", "leaderWorkerTemplate", "workerTemplate"));
        Words(leader, "args").ShouldContain("$(LWS_WORKER_INDEX)");
        Words(leader, "args").ShouldNotContain("--headless");
        Words(worker, "args").ShouldContain("--headless");
        Text(worker, "resources", "limits", "nvidia.com/gpu").ShouldBe("8");
        Text(documents["Service"], "spec", "selector", "loadline/role").ShouldBe("leader");
        Text(documents["HorizontalPodAutoscaler"], "spec", "scaleTargetRef", "kind").ShouldBe("LeaderWorkerSet");
    }

    [Theory]
    [InlineData("amd-mi300x-192gb", "amd.com/gpu")]
    [InlineData("intel-arc-pro-b60-24gb", "gpu.intel.com/xe")]
    [InlineData("intel-gaudi3-oam-128gb", "habana.ai/gaudi")]
    [InlineData("google-tpu-v6e", "google.com/tpu")]
    public void Devices_are_asked_for_by_the_name_of_their_plugin(string accelerator, string resource)
    {
        var setup = ExportSetups.Plain with
        {
            Accelerator = accelerator,
            WeightFormat = "bf16",
            WeightsAsReleased = true,
            KvFormat = "bf16",
        };

        Text(Container(Node(Kubernetes(setup)[0], "spec", "template")), "resources", "limits", resource).ShouldBe("2");
    }

    [Fact]
    public void A_compose_file_gives_every_replica_devices_and_a_port_of_its_own()
    {
        var services = (YamlMappingNode)Node(Documents(File(ExportSetups.Plain, "compose.yaml"))[0], "services");

        var devices = services.Children.Values.SelectMany(service =>
            Words(
                ((YamlSequenceNode)Node(service, "deploy", "resources", "reservations", "devices")).Single(),
                "device_ids"
            )
        );
        devices.ShouldBe(["0", "1", "2", "3", "4", "5", "6", "7"]);
        services
            .Children.Values.SelectMany(service => Words(service, "ports"))
            .ShouldBe(["8000:8000", "8001:8000", "8002:8000", "8003:8000"]);
    }

    [Theory]
    [InlineData("gcp", "nvidia-h100-sxm-80gb", "H100:2", "gcp/europe-west4")]
    [InlineData("runpod", "nvidia-h100-sxm-80gb", "H100-SXM:2", "runpod/europe-west4")]
    [InlineData("gcp", "google-tpu-v6e", "tpu-v6e-2", "gcp/europe-west4")]
    public void SkyPilot_is_asked_for_what_it_calls_the_accelerator(
        string provider,
        string accelerator,
        string name,
        string infra
    )
    {
        var setup = ExportSetups.Plain with
        {
            Provider = provider,
            Accelerator = accelerator,
            WeightFormat = "bf16",
            KvFormat = "bf16",
        };
        var task = Documents(File(setup, "skypilot.yaml"))[0];

        Text(task, "resources", "accelerators").ShouldBe(name);
        Text(task, "resources", "infra").ShouldBe(infra);
        Text(task, "resources", "use_spot").ShouldBe("false");
        // 14 requests a second by 7 replicas.
        Text(task, "service", "replica_policy", "target_qps_per_replica").ShouldBe("2");
    }

    [Fact]
    public void What_SkyPilot_does_not_know_is_asked_for_by_its_instance()
    {
        var setup = ExportSetups.Plain with
        {
            Provider = "vultr",
            Accelerator = "nvidia-b300-sxm",
            Instance = "b300.8",
            Terms = "spot",
        };
        var task = Documents(File(setup, "skypilot.yaml"))[0];

        Text(task, "resources", "instance_type").ShouldBe("b300.8");
        Text(task, "resources", "use_spot").ShouldBe("true");
        Has(task, "resources", "infra").ShouldBeFalse();
    }

    [Fact]
    public void No_name_escapes_from_where_it_stands()
    {
        var character = Gen.OneOf(
            Gen.Char[' ', '~'],
            Gen.Int[0, Special.Length - 1].Select(index => Special[index]),
            Gen.Char['\u0001', '\u001f'],
            Gen.Char['\u00a0', '\ud7ff']
        );

        Gen.Select(Gen.String[character, 1, 40], Gen.String[character, 0, 40])
            .Sample(
                (model, other) =>
                {
                    var setup = ExportSetups.Plain with
                    {
                        Model = model,
                        Name = other,
                        Region = other,
                        Instance = other,
                        Terms = other,
                        Provider = other,
                        PriceAsOf = other,
                    };
                    var compose = Documents(File(setup, "compose.yaml")).Single();
                    var pod = Container(Node(Kubernetes(setup)[0], "spec", "template"));
                    var doubled = model.Replace("$", "$$", StringComparison.Ordinal);

                    Words(Node(compose, "x-replica"), "command")[0].ShouldBe(doubled);
                    Words(pod, "args")[0].ShouldBe(doubled);
                    Kubernetes(setup).Count.ShouldBe(4);
                    HostLabel().IsMatch(Text(compose, "name")).ShouldBeTrue();
                    var task = Documents(File(setup, "skypilot.yaml")).Single();
                    Text(task, "envs", "MODEL").ShouldBe(model);
                    Text(task, "run").ShouldStartWith("vllm serve \"$MODEL\" --served-model-name ");
                },
                iter: 300
            );
    }

    private static IEnumerable<DeploymentSetup> Clusters() =>
        ExportSetups.All.Where(setup => ExportFiles.Of(setup, Catalog).Any(file => file.Name == "kubernetes.yaml"));

    private static List<YamlNode> Kubernetes(DeploymentSetup setup) => Documents(File(setup, "kubernetes.yaml"));

    private static string File(DeploymentSetup setup, string name) =>
        ExportFiles.Of(setup, Catalog).Single(file => file.Name == name).Text;

    private static List<YamlNode> Documents(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(document => document.RootNode)];
    }

    private static YamlNode Container(YamlNode template) =>
        ((YamlSequenceNode)Node(template, "spec", "containers")).Single();

    private static IEnumerable<string> Volumes(YamlNode template) =>
        ((YamlSequenceNode)Node(template, "spec", "volumes")).Select(volume => Text(volume, "name"));

    private static List<string> Words(YamlNode node, string list) =>
        [.. ((YamlSequenceNode)Node(node, list)).Select(word => ((YamlScalarNode)word).Value!)];

    private static string Text(YamlNode node, params ReadOnlySpan<string> path) =>
        ((YamlScalarNode)Node(node, path)).Value!;

    private static bool Has(YamlNode node, string first, string second) =>
        ((YamlMappingNode)Node(node, first)).Children.ContainsKey(new YamlScalarNode(second));

    private static YamlNode Node(YamlNode node, params ReadOnlySpan<string> path)
    {
        foreach (var key in path)
            node = ((YamlMappingNode)node).Children[new YamlScalarNode(key)];
        return node;
    }

    /// <summary>RFC 1035: a letter, then letters, digits and hyphens, no hyphen at the end.</summary>
    [GeneratedRegex(@"\A[a-z]([a-z0-9-]{0,61}[a-z0-9])?\z")]
    private static partial Regex HostLabel();
}
