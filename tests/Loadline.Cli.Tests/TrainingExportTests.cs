using Loadline.Catalog;
using Loadline.Planning;
using Shouldly;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace Loadline.Cli.Tests;

/// <summary>What a YAML parser makes of the files that start a training run.</summary>
public sealed class TrainingExportTests
{
    private static readonly CatalogReader Catalog = new();
    private static readonly ModelSource Models = new(Catalog, null, null);

    private static TrainingRun RunOf(
        string method,
        string hardware = "8x:nvidia-h100-sxm-80gb",
        string? adapter = null,
        int tensor = 1,
        string model = "Qwen/Qwen2.5-7B-Instruct"
    ) =>
        new TrainingQuestions(Catalog)
            .Ask(
                new TrainingJob
                {
                    Model = Models
                        .ReadAsync(model, null, TestContext.Current.CancellationToken)
                        .GetAwaiter()
                        .GetResult(),
                    Method = method,
                    Adapter = adapter,
                    Hardware = HardwareSpec.Parse(hardware, Catalog),
                    TensorParallel = tensor,
                }
            )
            .Run!;

    public static TheoryData<string, string, string?> Runs =>
        new()
        {
            { "lora", "rtx-4090", null },
            { "qlora", "rtx-4090", null },
            { "dora", "nvidia-h100-sxm-80gb", null },
            { "freeze", "nvidia-h100-sxm-80gb", null },
            { "full", "8x:nvidia-h100-sxm-80gb", null },
            { "full", "16x:nvidia-h100-sxm-80gb", null },
            { "reward", "8x:nvidia-h100-sxm-80gb", "lora" },
            { "dpo", "8x:nvidia-h100-sxm-80gb", null },
            { "dpo", "nvidia-h100-sxm-80gb", "qlora" },
            { "kto", "8x:nvidia-h100-sxm-80gb", "lora" },
            { "orpo", "8x:nvidia-h100-sxm-80gb", null },
            { "ppo", "8x:nvidia-h100-sxm-80gb", null },
            { "grpo", "8x:nvidia-h100-sxm-80gb", null },
            { "grpo", "16x:nvidia-h100-sxm-80gb", "lora" },
            { "dapo", "8x:nvidia-h100-sxm-80gb", null },
            { "rloo", "8x:nvidia-h100-sxm-80gb", null },
        };

    [Theory]
    [MemberData(nameof(Runs))]
    public void Every_setting_is_one_that_the_tool_of_that_version_knows(
        string method,
        string hardware,
        string? adapter
    )
    {
        var files = TrainingFiles.Of(RunOf(method, hardware, adapter), Catalog);

        files.Length.ShouldBeGreaterThanOrEqualTo(3);
        foreach (var file in files)
        {
            if (ToolOf(file.Name) is not { } tool)
                continue;
            var known = Catalog.TrainingTools.Find(tool).Keys;
            foreach (var key in KeysOf(file))
                known.ShouldContain(key, $"{file.Name} of {tool}");
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void The_global_batch_is_micro_batch_times_accumulation_times_devices(
        string method,
        string hardware,
        string? adapter
    )
    {
        var run = RunOf(method, hardware, adapter);

        ((long)run.MicroBatch * run.Accumulation * run.DataParallel).ShouldBe(run.GlobalBatch);
        run.DataParallel.ShouldBe(run.Job.Hardware.Count);
        if (run.Job.IsReinforcement)
            (run.GlobalBatch % run.Job.Group).ShouldBe(0);
    }

    [Fact]
    public void A_run_on_two_machines_asks_for_two_and_names_the_first()
    {
        var files = TrainingFiles.Of(RunOf("full", "16x:nvidia-h100-sxm-80gb"), Catalog);
        var sky = Yaml(files.Single(file => file.Name == "sky.yaml"));
        var accelerate = Yaml(files.Single(file => file.Name == "accelerate.yaml"));

        Text(sky, "num_nodes").ShouldBe("2");
        Text(sky, "run").ShouldContain("--machine_rank \"$SKYPILOT_NODE_RANK\"");
        Text(accelerate, "num_processes").ShouldBe("16");
        Text(accelerate, "num_machines").ShouldBe("2");
        Text(accelerate, "distributed_type").ShouldBe("FSDP");
    }

    [Fact]
    public void Verl_counts_prompts_where_the_run_counts_answers()
    {
        var run = RunOf("grpo");
        var script = TrainingFiles.Of(run, Catalog).Single(file => file.Name == "verl.sh");

        script.IsExecutable.ShouldBeTrue();
        // 64 prompts with 8 answers each.
        script.Text.ShouldContain("data.train_batch_size=64 ");
        script.Text.ShouldContain("actor_rollout_ref.rollout.n=8 ");
        script.Text.ShouldContain("trainer.n_gpus_per_node=8 ");
        script.Text.ShouldContain("algorithm.adv_estimator=grpo ");
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Every_learning_rate_is_above_zero(string method, string hardware, string? adapter)
    {
        foreach (var file in TrainingFiles.Of(RunOf(method, hardware, adapter), Catalog))
        {
            var rate = file.Name switch
            {
                "trl.yaml" or "axolotl.yaml" => Text(Yaml(file), "learning_rate"),
                "verl.sh" => file.Text.Split("actor.optim.lr=")[1].Split(' ')[0],
                _ => "1",
            };
            double.Parse(rate, System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(1e-7, 1);
        }
    }

    [Fact]
    public void Settings_that_the_tools_must_share_are_the_same()
    {
        var files = TrainingFiles.Of(RunOf("qlora", "rtx-4090"), Catalog);
        var trl = Yaml(files.Single(file => file.Name == "trl.yaml"));
        var axolotl = Yaml(files.Single(file => file.Name == "axolotl.yaml"));

        Text(trl, "lora_r").ShouldBe(Text(axolotl, "lora_r"));
        Text(trl, "learning_rate").ShouldBe(Text(axolotl, "learning_rate"));
        Text(trl, "max_length").ShouldBe(Text(axolotl, "sequence_len"));
        Text(trl, "per_device_train_batch_size").ShouldBe(Text(axolotl, "micro_batch_size"));
        Text(trl, "load_in_4bit").ShouldBe("true");
        Text(axolotl, "adapter").ShouldBe("qlora");
    }

    [Fact]
    public void What_no_tool_runs_is_refused_with_what_they_run()
    {
        var thrown = Should.Throw<BadContentException>(() => TrainingFiles.Of(RunOf("ppo", adapter: "qlora"), Catalog));

        thrown.Expected.ShouldContain("verl grpo, dapo, rloo, ppo");
    }

    private static string? ToolOf(string file) =>
        file switch
        {
            "trl.yaml" => "trl",
            "accelerate.yaml" => "accelerate",
            "axolotl.yaml" => "axolotl",
            "verl.sh" => "verl",
            "sky.yaml" => "skypilot",
            _ => null,
        };

    private static IEnumerable<string> KeysOf(ExportFile file) =>
        file.Name == "verl.sh"
            ? file
                .Text.Split('\n')
                .Select(line => line.Trim(' ', '\\', '\''))
                .Where(line => line.Contains('=', StringComparison.Ordinal) && !line.StartsWith('#'))
                .Select(line => line[..line.IndexOf('=', StringComparison.Ordinal)])
            : Flat(Yaml(file), "");

    /// <summary>Nested keys with dots; lists of objects are looked into, other values are leaves.</summary>
    private static IEnumerable<string> Flat(YamlMappingNode node, string prefix)
    {
        foreach (var (key, value) in node.Children)
        {
            var name = prefix + ((YamlScalarNode)key).Value;
            if (value is YamlMappingNode map)
                foreach (var inner in Flat(map, name + "."))
                    yield return inner;
            else if (value is YamlSequenceNode list && list.Children.FirstOrDefault() is YamlMappingNode)
                foreach (
                    var inner in list.Children.OfType<YamlMappingNode>().SelectMany(item => Flat(item, name + "."))
                )
                    yield return inner;
            else
                yield return name;
        }
    }

    private static YamlMappingNode Yaml(ExportFile file)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(file.Text));
        return (YamlMappingNode)stream.Documents.Single().RootNode;
    }

    private static string Text(YamlMappingNode node, string key) => ((YamlScalarNode)node.Children[key]).Value!;
}
