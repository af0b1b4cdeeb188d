using System.Text.RegularExpressions;
using Loadline.Catalog;
using Loadline.Planning;
using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed partial class ExportTests
{
    private static readonly CatalogReader Catalog = new();

    [Fact]
    public void A_rented_plan_comes_in_every_format()
    {
        var names = ExportFiles.Of(ExportSetups.Plain, Catalog).Select(file => file.Name);

        names.ShouldBe([
            "README.md",
            "launch.sh",
            "launch-sglang.sh",
            "launch-tensorrt-llm.sh",
            "tensorrt-llm-config.yaml",
            "compose.yaml",
            "kubernetes.yaml",
            "skypilot.yaml",
            "shopping-list.md",
        ]);
    }

    [Theory]
    [InlineData("nvidia-h100-sxm-80gb", "NVIDIA", "bf16", "bf16", "launch-sglang.sh launch-tensorrt-llm.sh")]
    [InlineData("amd-mi300x-192gb", "AMD", "bf16", "bf16", "launch-sglang.sh")]
    [InlineData("google-tpu-v6e", "Google", "bf16", "bf16", "")]
    [InlineData("nvidia-h100-sxm-80gb", "NVIDIA", "nf4", "bf16", "launch-sglang.sh")]
    public void Another_engine_is_offered_where_it_runs_on_these_devices_with_these_weights(
        string accelerator,
        string vendor,
        string weights,
        string cache,
        string expected
    )
    {
        var setup = ExportSetups.Plain with
        {
            Accelerator = accelerator,
            Vendor = vendor,
            WeightFormat = weights,
            KvFormat = cache,
        };

        var scripts = ExportFiles
            .Of(setup, Catalog)
            .Where(file => file.Name.StartsWith("launch-", StringComparison.Ordinal));

        string.Join(' ', scripts.Select(file => file.Name)).ShouldBe(expected);
        scripts.ShouldAllBe(script => script.Text.Contains("ALTERNATIVE: the figures of the plan are for vLLM only"));
    }

    // Spelled as in the help of each engine, not read from the catalog: docs.vllm.ai engine arguments of v0.22.
    [Fact]
    public void VLlm_is_told_what_the_plan_counts_with()
    {
        var script = Script(ExportSetups.Plain);

        script.ShouldContain("exec vllm serve \"$MODEL\" \"${arguments[@]}\"");
        Arguments(script)
            .ShouldBe([
                "--served-model-name Qwen/Qwen3-32B",
                "--quantization fp8_per_tensor",
                "--tensor-parallel-size 2",
                "--max-model-len 8192",
                "--max-num-seqs 256",
                "--max-num-batched-tokens 8192",
                "--gpu-memory-utilization 0.92",
                "--kv-cache-dtype fp8",
                "--enable-prefix-caching",
                "--host \"0.0.0.0\"",
                "--port \"$port\"",
            ]);
    }

    // docs.vllm.ai, features/nixl_connector_usage: both roles are kv_both, each process needs a side channel of its own.
    [Fact]
    public void Prefill_apart_under_vLlm_starts_replicas_that_hand_their_cache_on_and_a_router()
    {
        ExportFiles
            .Of(ExportSetups.Apart, Catalog)
            .Select(file => file.Name)
            .ShouldBe(["README.md", "launch.sh", "launch-sglang.sh", "pools.sh", "shopping-list.md"]);
        var script = File(ExportSetups.Apart, "pools.sh");
        script.ShouldContain("for replica in 0 1 2; do");
        script.ShouldContain("for replica in 3; do");
        script.ShouldContain("export VLLM_NIXL_SIDE_CHANNEL_PORT=\"$side\"");
        script
            .Split('\n')
            .Count(line => line.Contains("'{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\"}'"))
            .ShouldBe(2);
        script.ShouldContain("router+=(--decode \"http://127.0.0.1:$((port + 1 + replica))\")");
    }

    // docs.sglang.io, advanced_features/pd_disaggregation: the router is told the bootstrap port of each prefill server.
    [Fact]
    public void Prefill_apart_under_sgLang_gives_each_role_its_mode()
    {
        var script = File(ExportSetups.Apart with { Engine = "sglang", EngineVersion = "0.5" }, "pools.sh");

        script.ShouldContain("--disaggregation-mode prefill ");
        script.ShouldContain("--disaggregation-bootstrap-port \"$side\"");
        script.ShouldContain("--disaggregation-mode decode ");
        script.ShouldContain("router+=(--prefill \"http://127.0.0.1:$((port + 1 + replica))\" \"$side\")");
        script.ShouldContain("sglang_router.launch_router --pd-disaggregation");
    }

    // 2 x 8 ranks: SGLang counts all of them as tensor parallel and splits the attention into 8.
    [Fact]
    public void SgLang_counts_the_copies_of_the_attention_among_its_tensor_ranks()
    {
        var arguments = Arguments(Script(ExportSetups.Spanning with { Engine = "sglang", EngineVersion = "0.5" }));

        arguments.ShouldContain("--tp-size 16");
        arguments.ShouldContain("--dp-size 8");
        arguments.ShouldContain("--enable-dp-attention");
        arguments.ShouldContain("--ep-size 16");
        arguments.ShouldContain("--nnodes \"2\"");
        arguments.ShouldContain("--dist-init-addr \"$leader:20000\"");
    }

    // 4 slots of 8192 tokens each.
    [Fact]
    public void Llama_cpp_is_given_the_context_of_all_its_slots_together()
    {
        var arguments = Arguments(Script(ExportSetups.Gguf));

        arguments.ShouldContain("--ctx-size 32768");
        arguments.ShouldContain("--parallel 4");
        arguments.ShouldContain("--cache-type-k f16");
        arguments.ShouldContain("--cache-type-v f16");
    }

    [Fact]
    public void Settings_without_a_flag_go_into_a_file_that_the_script_hands_over()
    {
        var setup = ExportSetups.Plain with { Engine = "tensorrt-llm", EngineVersion = "0" };

        Arguments(Script(setup))
            .ShouldContain("--extra_llm_api_options \"$(dirname \"$0\")\"/tensorrt-llm-config.yaml");
        var config = File(setup, "tensorrt-llm-config.yaml");
        config.ShouldContain("kv_cache_config:\n");
        config.ShouldContain("  dtype: fp8\n");
        config.ShouldContain("  enable_block_reuse: true\n");
    }

    [Fact]
    public void Weights_that_no_engine_makes_while_loading_are_asked_for()
    {
        var script = Script(ExportSetups.Plain with { WeightFormat = "int4" });

        script.ShouldContain("set MODEL to a 4-bit checkpoint");
        script.ShouldNotContain("--quantization");
    }

    [Fact]
    public void Published_weights_are_loaded_as_they_are() =>
        Script(ExportSetups.Plain with { WeightsAsReleased = true }).ShouldNotContain("--quantization");

    [Fact]
    public void An_engine_that_spans_machines_by_mpi_only_says_so_and_stops()
    {
        var setup = ExportSetups.Spanning with { Engine = "tensorrt-llm", EngineVersion = "0" };

        Script(setup).ShouldContain("exit 2");
        ExportFiles.Of(setup, Catalog).ShouldNotContain(file => file.Name == "kubernetes.yaml");
        File(setup, "README.md").ShouldContain("by MPI only");
    }

    [Fact]
    public void Every_setting_of_a_script_has_its_name_from_the_catalog()
    {
        var seen = 0;
        foreach (var setup in ExportSetups.All)
        {
            foreach (
                var file in ExportFiles
                    .Of(setup, Catalog)
                    .Where(file => file.Name.StartsWith("launch", StringComparison.Ordinal))
            )
            {
                var engine = file.Name == "launch.sh" ? setup.Engine : file.Name["launch-".Length..^".sh".Length];
                var launch = Catalog.Engines.Get(engine)!.Launch!;
                foreach (var argument in Arguments(file.Text))
                {
                    launch.Flags.All.Concat(launch.Always).ShouldContain(argument.Split(' ')[0], file.Name);
                    seen++;
                }
            }
        }
        seen.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void What_the_catalog_does_not_know_is_refused()
    {
        Refused(ExportSetups.Plain with { Engine = "nosuchengine" })
            .ShouldContain("engine \"nosuchengine\" is not known");
        Refused(ExportSetups.Plain with { Accelerator = "nosuchchip" }).ShouldContain("accelerator \"nosuchchip\"");
        Refused(ExportSetups.Plain with { WeightFormat = "fp3" }).ShouldContain("weight format of vllm \"fp3\"");
        Refused(ExportSetups.Plain with { KvFormat = "fp3" }).ShouldContain("cache format of vllm \"fp3\"");

        static string Refused(DeploymentSetup setup) =>
            Should.Throw<UnknownNameException>(() => ExportFiles.Of(setup, Catalog)).Message;
    }

    [Fact]
    public void An_engine_that_the_catalog_cannot_start_leaves_a_list_and_the_reason()
    {
        var setup = ExportSetups.Plain with { Engine = "lmdeploy", EngineVersion = "0" };
        var names = ExportFiles.Of(setup, Catalog).Select(file => file.Name).ToList();

        names.ShouldNotContain("launch.sh");
        names.ShouldContain("shopping-list.md");
        File(setup, "README.md").ShouldContain("How LMDeploy TurboMind is started is not in the catalog");
    }

    [Fact]
    public void A_plan_made_for_an_older_version_says_whose_names_it_is_given()
    {
        var script = Script(ExportSetups.Plain with { EngineVersion = "0.9" });

        script.ShouldContain("# NOTE: The plan counts with version 0.9; names and image are those of 0.22.1.");
        Script(ExportSetups.Plain).ShouldNotContain("# NOTE:");
    }

    [Fact]
    public void No_file_assigns_a_token_and_every_line_ends_in_a_line_feed()
    {
        foreach (var file in ExportSetups.All.SelectMany(setup => ExportFiles.Of(setup, Catalog)))
        {
            TokenWritten().IsMatch(file.Text).ShouldBeFalse(file.Name);
            file.Text.ShouldEndWith("\n");
            file.Text.ShouldNotContain("\r");
        }
    }

    [Fact]
    public void The_list_of_a_purchase_counts_devices_power_and_heat()
    {
        var setup = ExportSetups.Plain with { Way = Way.Buy, PowerKilowatts = 22 };
        var list = File(setup, "shopping-list.md");

        list.ShouldStartWith("# To buy: Support assistant\n");
        // 2 machines of 8; 22,000 W x 3.412142 BTU/h each is 75,067 BTU/h.
        list.ShouldContain("| H100 SXM5 80GB | 16 |");
        list.ShouldContain("| Power | 22.0 kW |");
        list.ShouldContain("| Cooling | 75,100 BTU/h |");
        list.ShouldContain("prices of 2026-08-06");
    }

    [Fact]
    public void Every_launch_of_the_catalog_names_its_release_and_formats_that_the_engine_has()
    {
        foreach (var engine in Catalog.Engines.All.Where(engine => engine.Launch is not null))
        {
            var launch = engine.Launch!;
            engine.RulesFor(launch.Release).ShouldBe(engine.Rules[^1], engine.Id);
            launch.Weights.Keys.ShouldBe(engine.WeightFormats, ignoreOrder: true, engine.Id);
            launch.KvFormats.Keys.ShouldBeSubsetOf(engine.KvFormats, engine.Id);
            launch.Weights.Values.ShouldAllBe(weights =>
                weights.Quantization == null || launch.Flags.Quantization != null
            );
        }
    }

    [Fact]
    public void Every_name_of_an_export_belongs_to_something_of_the_catalog()
    {
        var targets = Catalog.Exports.Find(ExportTargets.OnlyId);
        var vendors = Catalog.Accelerators.All.Select(accelerator => accelerator.Vendor).ToHashSet();

        foreach (var id in targets.SkyAccelerators.Keys)
            Catalog.Accelerators.Get(id).ShouldNotBeNull(id);
        foreach (var id in targets.SkyProviderAccelerators.Keys)
            Catalog.Accelerators.Get(id.Split('/')[1]).ShouldNotBeNull(id);
        foreach (var provider in targets.SkyClouds.Keys)
            Catalog.Offers.All.ShouldContain(offer => offer.Provider == provider);
        foreach (var vendor in targets.Vendors.Keys)
            vendors.ShouldContain(vendor.Split('/')[0]);
    }

    [Theory]
    [InlineData("Support assistant", "support-assistant")]
    [InlineData("42 things", "things")]
    [InlineData("$(rm -rf /); echo 'x'\nkind: Secret", "rm-rf-echo-x-kind-secret")]
    [InlineData("", "qwen-qwen3-32b")]
    [InlineData("日本語", "qwen-qwen3-32b")]
    [InlineData(
        "a name that is much too long for a label of the domain name system",
        "a-name-that-is-much-too-long-for-a-label"
    )]
    public void Names_are_labels_of_the_domain_name_system(string name, string label) =>
        File(ExportSetups.Plain with { Name = name }, "compose.yaml").ShouldContain($"\nname: {label}\n");

    private static string Script(DeploymentSetup setup) => File(setup, "launch.sh");

    private static string File(DeploymentSetup setup, string name) =>
        ExportFiles.Of(setup, Catalog).Single(file => file.Name == name).Text;

    /// <summary>Lines between the brackets that hold the arguments, without comments.</summary>
    private static List<string> Arguments(string script) =>
        [
            .. script
                .Split('\n')
                .SkipWhile(line => line != "arguments=(")
                .Skip(1)
                .TakeWhile(line => line != ")")
                .Select(line => line.Trim())
                .Where(line => !line.StartsWith('#')),
        ];

    [GeneratedRegex(@"HF_TOKEN['""]?[ \t]*[=:][ \t]*[^\s$]")]
    private static partial Regex TokenWritten();
}
