using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

public sealed class OperatorTests
{
    [Fact]
    public void Llama_8b_multiplies_every_weight_but_the_input_embedding_and_the_norms()
    {
        // 8,030,261,248 parameters less 128,256 x 4,096 of the embedding and 65 norms of 4,096.
        const double matrices = 8_030_261_248 - 128_256 * 4_096 - 65 * 4_096;

        FlopsPerToken(Deployments.Of("meta-llama/Llama-3.1-8B-Instruct")).ShouldBe(2 * matrices);
    }

    [Theory]
    [InlineData("facebook/opt-350m")]
    [InlineData("Qwen/Qwen3-30B-A3B")]
    [InlineData("openai/gpt-oss-120b")]
    [InlineData("deepseek-ai/DeepSeek-V3")]
    [InlineData("google/gemma-3-27b-it")]
    [InlineData("tiiuae/falcon-7b")]
    [InlineData("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16")]
    public void Every_matrix_that_a_token_meets_is_multiplied_once(string model)
    {
        var deployment = Deployments.Of(model);
        var expected = 0.0;
        foreach (var tensor in deployment.Architecture.Tensors.Tensors)
        {
            var isMatrix =
                tensor.Role is TensorRole.Linear or TensorRole.Expert or TensorRole.Router or TensorRole.Head;
            if (isMatrix && tensor.Part == ModelPart.Language && tensor.Shape.Length >= 2)
                expected += 2.0 * tensor.Count * tensor.Copies / tensor.Experts * tensor.ActiveExperts;
        }

        FlopsPerToken(deployment).ShouldBe(expected, expected * 1e-12);
    }

    [Theory]
    [InlineData("meta-llama/Llama-3.1-8B-Instruct", 2, 2 * 32)]
    [InlineData("Qwen/Qwen3-30B-A3B", 4, 2 * 48)]
    // Routed and shared experts are added up before the sum travels.
    [InlineData("deepseek-ai/DeepSeek-V3", 8, 2 * 61)]
    [InlineData("zai-org/GLM-4.5-Air", 8, 2 * 46)]
    public void Tensor_parallel_layers_reduce_once_after_attention_and_once_after_the_mlp(
        string model,
        int devices,
        int expected
    ) =>
        OperatorGraph
            .Of(Deployments.Of(model, devices: devices))
            .Single(item => item.Kind == OperatorKind.AllReduce)
            .Count.ShouldBe(expected);

    [Fact]
    public void A_matrix_multiplication_takes_the_time_worked_out_by_hand()
    {
        // down_proj of Llama-3.1-8B for 64 tokens on an H100: N = 4,096, K = 14,336.
        // compute: 2 x 64 x 4,096 x 14,336 / (989.4 T x 0.8)  =  9.495 us
        // memory: (4,096 x 14,336 x 2 + 64 x (4,096 + 14,336) x 2) / (3.35 T x 0.9) = 39.734 us
        // corner: (9.495^2 + 39.734^2)^(1/2) = 40.853 us; 0.85 x 4 us to start in a captured graph; 32 layers.
        var step = new Step(WithMatrices(Deployments.Of("meta-llama/Llama-3.1-8B-Instruct"), 0.8, 0.9, 4, 2));

        var down = step.Explain(StepShape.Decode(64, 1000)).Single(item => item.Name == "down_proj");

        down.Count.ShouldBe(32);
        down.Time.Seconds.ShouldBe(32 * (3.4e-6 + 40.853e-6), 32 * 0.002e-6);
        down.Work.Count.ShouldBe(32 * 2.0 * 64 * 4096 * 14336);
        down.Bytes.ShouldBe(32 * (4096.0 * 14336 * 2 + 64 * (4096 + 14336) * 2));
        down.Bound.ShouldBe(Bound.Memory);
    }

    [Fact]
    public void Sixteen_tokens_meet_71_of_128_experts_when_each_picks_eight()
    {
        // With popularity of gamma shape 2: 128 x (1 - (1 + 16 x 8 / (2 x 128))^-2) = 128 x (1 - 1 / 2.25) = 71.11, where
        // equally popular ones would be 82.42. A layer has 128 experts of three matrices of
        // 2,048 x 768 in bf16; each of the 128 routed rows reads and writes 3 x (2,048 + 768) numbers.
        const double distinct = 128 * (1 - 1 / 2.25);
        const double expected = 48 * (distinct * 3 * 2048 * 768 * 2 + 16 * 8 * 3 * (2048 + 768) * 2);

        var experts = Explain(Deployments.Of("Qwen/Qwen3-30B-A3B"), StepShape.Decode(16, 1000), "experts");

        experts.Bytes.ShouldBe(expected, expected * 1e-5);
        experts.Work.Count.ShouldBe(48 * 2.0 * 16 * 8 * 3 * 2048 * 768);
    }

    [Fact]
    public void Grouped_query_attention_reads_each_key_and_value_once_for_its_group()
    {
        // 32 layers, 8 key-value heads of 128, keys and values, bf16; every query head multiplies with each of them.
        var attention = Explain(
            Deployments.Of("meta-llama/Llama-3.1-8B-Instruct"),
            StepShape.Decode(4, 1000),
            "attention"
        );

        attention.Bytes.ShouldBe(32 * 4 * 1000.0 * 2 * 8 * 128 * 2);
        attention.Work.Count.ShouldBe(32 * 4 * 1000.0 * 4 * 32 * 128);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Latent_attention_reads_the_whole_latent_vector_on_every_rank(int devices)
    {
        // DeepSeek-V3: 61 layers of 512 + 64 numbers per token, replicated (57.6 KiB x 1.19 per token in the logs).
        // Decode works on the latent vector itself: 2 x 128 heads x (2 x 512 + 64) operations per pair of tokens.
        var attention = Explain(
            Deployments.Of("deepseek-ai/DeepSeek-V3", devices: devices, cache: "bf16"),
            StepShape.Decode(4, 1000),
            "latent attention"
        );

        attention.Bytes.ShouldBe(61 * 4 * 1000.0 * 576 * 2);
        attention.Work.Count.ShouldBe(61 * 4 * 1000.0 * 2 * (128 / devices) * (2 * 512 + 64));
    }

    [Fact]
    public void Linear_attention_reads_and_writes_its_fp32_state_once_per_token()
    {
        // Qwen3-Next-80B-A3B: 36 of 48 layers, 32 value heads with a state of 128 x 128.
        var recurrence = Explain(
            Deployments.Of("Qwen/Qwen3-Next-80B-A3B-Instruct"),
            StepShape.Decode(10, 1000),
            "recurrence"
        );

        recurrence.Bytes.ShouldBe(36 * 10 * 2.0 * 4 * 32 * 128 * 128);
    }

    [Fact]
    public void A_rank_keeps_its_share_of_a_recurrent_state() =>
        Shards
            .CacheOnRank(Deployments.Architecture("Qwen/Qwen3-Next-80B-A3B-Instruct"), 4)
            .StatePerSequence.Bytes.ShouldBe(
                Deployments.Architecture("Qwen/Qwen3-Next-80B-A3B-Instruct").Cache.StatePerSequence.Bytes / 4
            );

    [Fact]
    public void Sparse_attention_scores_every_token_and_attends_to_the_chosen_ones()
    {
        // DeepSeek-V3.2: 2,048 of 32,768 tokens of 576 numbers, and an indexer key of 128 for each of them.
        var attention = Explain(
            Deployments.Of("deepseek-ai/DeepSeek-V3.2", devices: 8, cache: "bf16"),
            StepShape.Decode(1, 32768),
            "latent attention"
        );

        attention.Bytes.ShouldBe(61 * 2.0 * (2048 * 576 + 32768 * 128));
    }

    [Fact]
    public void Matrices_that_a_recipe_left_alone_run_in_the_kernels_of_their_own_format()
    {
        // gpt-oss stores its experts in MXFP4 and attention in bf16: slow MXFP4 matrices are none of its business.
        var deployment = Deployments.Of("openai/gpt-oss-20b");
        var slow = deployment.Kernels.DatasheetOnly.Matrices.SetItem(
            "mxfp4",
            Matrices(0.01, 0.01, startup: 1000, smoothness: 1)
        );
        var changed = deployment with
        {
            Kernels = deployment.Kernels with
            {
                DatasheetOnly = deployment.Kernels.DatasheetOnly with { Matrices = slow },
            },
        };
        var shape = StepShape.Decode(8, 1000);

        new Step(changed).TimeOf(shape).ShouldBe(new Step(deployment).TimeOf(shape));
    }

    [Theory]
    // Serving engines load q, k and v, and gate and up, as one matrix; llama.cpp and Transformers run all seven.
    [InlineData("h100", "vllm", 4)]
    [InlineData("h100", "trtllm", 4)]
    [InlineData("rtx-4090", "llama.cpp", 7)]
    [InlineData("rtx-4090", "transformers", 7)]
    public void An_engine_runs_as_many_matrices_a_layer_as_it_fuses(string accelerator, string engine, int expected) =>
        OperatorGraph
            .Of(Deployments.Of("meta-llama/Llama-3.1-8B-Instruct", accelerator, engine))
            .Count(item => item.Kind == OperatorKind.Matrix)
            .ShouldBe(expected);

    [Theory]
    // Tokens 1 to 100: 50 before them on average. From 900 on: 950.
    [InlineData(0, 100, 50)]
    [InlineData(900, 100, 950)]
    public void A_prompt_attends_to_what_is_cached_and_to_half_of_itself(double cached, double chunk, double mean) =>
        AttentionWork.Of(new Mixer.Attention(32, 8, 128), 1)!.MeanAttended(cached, chunk).ShouldBe(mean);

    [Theory]
    // The first 100 of 400 tokens see 50 on average, the other 300 see 100: (100 x 50 + 300 x 100) / 400.
    [InlineData(0, 400, 87.5)]
    [InlineData(1000, 400, 100)]
    [InlineData(0, 50, 25)]
    public void A_window_cuts_off_what_a_prompt_attends_to(double cached, double chunk, double mean) =>
        AttentionWork
            .Of(new Mixer.Attention(32, 8, 128) { Window = 100 }, 1)!
            .MeanAttended(cached, chunk)
            .ShouldBe(mean, 1e-9);

    [Fact]
    public void Integer_groups_of_any_size_run_in_the_weight_only_kernels()
    {
        var groups = new BlockFormat("int4-g64", 8, 5);
        var deployment = Deployments.Of("meta-llama/Llama-3.1-8B-Instruct", weights: "int4");
        var same = deployment with { Weights = deployment.Weights with { Matrices = groups } };

        Evidence(same).ShouldBe(Evidence(deployment));
        new Step(same)
            .Explain(StepShape.Decode(1, 1))
            .Count.ShouldBe(new Step(deployment).Explain(StepShape.Decode(1, 1)).Count);

        static Evidence Evidence(Deployment deployment) => PredictionError.Of(deployment).Evidence;
    }

    [Fact]
    public void Tensor_parallelism_across_nodes_is_an_assumption_and_says_so()
    {
        // An H100 node has 8 devices.
        var question = Deployments.Question("meta-llama/Llama-3.1-70B-Instruct", "16x:h100", "vllm");
        var inside = Deployments.Of("meta-llama/Llama-3.1-70B-Instruct", devices: 8);
        var across = Deployments.Of("meta-llama/Llama-3.1-70B-Instruct", devices: 16);

        PredictionError.Of(inside).Evidence.ShouldBe(Evidence.Modelled);
        PredictionError.Of(across).Evidence.ShouldBe(Evidence.Assumed);
        new FitCheck(Deployments.Catalog)
            .Ask(question)
            .Assumptions.ShouldContain(line => line.Contains("between nodes"));
    }

    private static double FlopsPerToken(Deployment deployment) =>
        OperatorGraph
            .Of(deployment)
            .Where(item => item.Kind is OperatorKind.Matrix or OperatorKind.Head or OperatorKind.Experts)
            .Sum(item => 2 * item.Output * item.Input * item.Count * item.ActiveExperts);

    private static OperatorTime Explain(Deployment deployment, StepShape shape, string name) =>
        new Step(deployment).Explain(shape).Single(item => item.Name == name);

    private static Deployment WithMatrices(
        Deployment deployment,
        double compute,
        double memory,
        double startup,
        double smoothness
    )
    {
        var matrices = ImmutableDictionary<string, MatrixConstants>.Empty.Add(
            "bf16",
            Matrices(compute, memory, startup, smoothness)
        );
        return deployment with
        {
            Kernels = deployment.Kernels with { Constants = deployment.Kernels.Constants with { Matrices = matrices } },
        };
    }

    private static MatrixConstants Matrices(double compute, double memory, double startup, double smoothness) =>
        new()
        {
            ComputeFraction = compute,
            MemoryFraction = memory,
            Startup = Duration.FromMicroseconds(startup),
            Smoothness = smoothness,
        };
}
