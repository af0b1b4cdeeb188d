using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

public sealed class ServingMemoryTests
{
    private const string Llama8B = "meta-llama/Llama-3.1-8B-Instruct";

    [Fact]
    public void Llama_8b_takes_two_bytes_a_weight_and_128_kib_a_token()
    {
        // 8,030,261,248 x 2 bytes; 32 layers x 2 x 8 heads x 128 x 2 bytes.
        var memory = new ServingMemory(Deployments.Of(Llama8B));

        memory.Weights.Bytes.ShouldBe(16_060_522_496);
        memory.CacheOf(16).Bytes.ShouldBe(16 * 131_072);
        // vLLM hands out whole blocks of 16 tokens.
        memory.CacheOf(17).Bytes.ShouldBe(32 * 131_072);
    }

    [Fact]
    public void Half_of_llama_8b_is_on_each_of_two_devices() =>
        // vLLM logs 7.48 GiB (2024-12-14): half of 16,060,522,496 and the 65 norms twice.
        new ServingMemory(Deployments.Of(Llama8B, devices: 2)).Weights.Bytes.ShouldBe(
            (16_060_522_496 - 65 * 4096 * 2) / 2 + 65 * 4096 * 2
        );

    [Fact]
    public void Sixteen_devices_keep_copies_of_eight_key_value_heads()
    {
        // Per layer on a rank: queries and output 4,096^2 / 16 each, one head of keys and one of values 128 x 4,096,
        // the MLP 3 x 14,336 x 4,096 / 16, two norms; 128,256 x 4,096 / 16 of embedding and of head, the last norm.
        const long layer = 2 * 1_048_576L + 2 * 128 * 4_096 + 11_010_048 + 2 * 4_096;
        const long weights = 32 * layer + 2 * 32_833_536L + 4_096;
        var architecture = Deployments.Architecture(Llama8B);

        Shards.WeightsOnRank(architecture, WeightFormats.Bf16, 16).Bytes.ShouldBe(2 * weights);
        // One head on each of 8 ranks and of 16: the cache does not shrink any more.
        Shards.CacheOnRank(architecture, 8).PerToken(BlockFormats.Bf16).Bytes.ShouldBe(16_384);
        Shards.CacheOnRank(architecture, 16).PerToken(BlockFormats.Bf16).Bytes.ShouldBe(16_384);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void The_latent_cache_is_replicated(int ranks) =>
        // Kimi-K2.5: 61 x 576 x 2 = 70,272 bytes; SGLang's pool of 160.63 GiB holds 2,454,421 tokens on each of 8 GPUs.
        Shards
            .CacheOnRank(Deployments.Architecture("moonshotai/Kimi-K2.5"), ranks)
            .PerToken(BlockFormats.Bf16)
            .Bytes.ShouldBe(70_272);

    [Fact]
    public void Vllm_gives_the_cache_what_the_rest_leaves_of_its_share()
    {
        // 0.92 of 81,559 MiB less weights, typical overhead 0.3 GiB, graphs 0.5 GiB inside the budget, activations.
        var memory = new ServingMemory(Deployments.Of(Llama8B, engine: "vllm@0.22"));
        var budget = 0.92 * 81_559 * (1 << 20);
        var overhead = 0.8 * (1L << 30);

        memory.CachePool.Value.ShouldBe(budget - 16_060_522_496 - overhead - memory.Activations.Value, 16);
        memory.MaximumContext(1).Value.ShouldBe(131_072);
        memory.MaximumConcurrency(4096).Value.ShouldBe(Math.Floor(memory.CachePool.Value / (4096L * 131_072)));
    }

    [Fact]
    public void The_logged_cache_pool_lies_in_the_interval()
    {
        // vLLM 0.6.4 on an H100 80GB: Meta-Llama-3-8B in bf16, 8,192 tokens, gpu_memory_utilization 0.9: weights
        // 14.96 GiB, 53.29 GiB for the cache (vllm-project/vllm, 2024-12-14).
        var pool = new ServingMemory(Deployments.Of("meta-llama/Meta-Llama-3-8B", engine: "vllm@0.6.4")).CachePool;

        pool.Low.ShouldBeLessThan(57_219_701_801);
        pool.High.ShouldBeGreaterThan(57_219_701_801);
    }

    [Fact]
    public void Llama_cpp_plans_logits_for_every_token_of_a_micro_batch()
    {
        // Meta-Llama-3-8B at 512 cells and a micro batch of 512: compute buffer of 258.5 MiB on Metal (2024-05-12), of
        // which 512 x 128,256 x 4 bytes are logits.
        var memory = new ServingMemory(Deployments.Of("meta-llama/Meta-Llama-3-8B", "rtx-4090", "llama.cpp", "Q4_K_M"));

        memory.With(512, 1).ActivationBytes.Value.ShouldBe(512 * 128_256 * 4.0);
        memory.With(512, 1).ActivationBytes.High.ShouldBeGreaterThan(271_056_896);
    }

    [Fact]
    public void Llama_cpp_keeps_a_micro_batch_beside_every_window()
    {
        // gpt-oss-20b: 12 layers with a window of 128 and 12 without, 2 x 8 x 64 x 2 bytes a token and layer. A ring of
        // 128 + 512 tokens takes 768 cells of 256 at a time; at 512 tokens of context it takes those.
        const long layers = 12 * 2 * 8 * 64 * 2;
        var memory = new ServingMemory(Deployments.Of("openai/gpt-oss-20b", "rtx-4090", "llama.cpp", "MXFP4_MOE"));

        memory.CacheOf(65_536).Bytes.ShouldBe(layers * (65_536 + 768));
        memory.CacheOf(500).Bytes.ShouldBe(layers * (512 + 512));
    }

    [Fact]
    public void Transformers_needs_scratch_for_the_prompt_and_not_for_a_million_tokens()
    {
        // 16 GB of weights on 24 GB, and some 0.1 MB of scratch per prompt token.
        var answer = new FitCheck(Deployments.Catalog).Ask(
            Deployments.Question(Llama8B, "rtx-4090", "transformers") with
            {
                Context = 2048,
            }
        );

        answer.Fits.ShouldBeTrue();
        answer.MaximumContext.Value.ShouldBeInRange(2048, 131_071);
    }

    [Theory]
    [InlineData(1L << 32, 1L << 32)]
    [InlineData(1, 1L << 32)]
    [InlineData(100_000_000, 100_000)]
    public void Absurd_numbers_are_refused_and_not_counted(long context, long concurrency) =>
        Should.Throw<BadContentException>(() =>
            new FitCheck(Deployments.Catalog).Ask(
                Deployments.Question("facebook/opt-175b", "8x:h100") with
                {
                    Context = context,
                    Concurrency = concurrency,
                }
            )
        );

    [Fact]
    public void A_shortfall_names_what_would_fit()
    {
        // 70,553,706,496 weights of two bytes are 131 GiB: one H100 holds them neither in bf16 nor in fp8 beside an
        // overhead at the upper end, two do in fp8.
        var answer = new FitCheck(Deployments.Catalog).Ask(
            Deployments.Question("meta-llama/Llama-3.1-70B-Instruct", "h100", "vllm")
        );

        answer.Fits.ShouldBeFalse();
        answer.ShortfallBytes!.Value.ShouldBeGreaterThan(141_107_412_992 - 85_520_809_984);
        answer.Nearest.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("vllm@0.6", 8_192, 8_192, 256)]
    [InlineData("vllm@0.6", 32_768, 32_768, 256)]
    [InlineData("vllm@0.6", 65_536, 2_048, 256)]
    [InlineData("vllm@0.9", 32_768, 8_192, 1_024)]
    public void Versions_that_do_not_cut_prompts_make_room_for_whole_ones(
        string engine,
        long context,
        long tokens,
        long sequences
    )
    {
        // Per token three copies of 4,096 and the 4,096 + 2 x 14,336 of the widest matrices, two bytes each; or, where
        // that is more, twelve bytes for each of 128,256 logits of the sequences that are sampled.
        var question = Deployments.Question(Llama8B, "h100-sxm", engine) with
        {
            Context = context,
        };

        var activations = new FitCheck(Deployments.Catalog).Ask(question).PerDevice[0].ActivationBytes;

        var layers = tokens * 2.0 * (3 * 4_096 + 4_096 + 2 * 14_336);
        activations.Value.ShouldBe(Math.Max(layers, 12.0 * 128_256 * sequences));
    }

    [Theory]
    [InlineData("meta-llama/Llama-3.1-70B-Instruct", "rtx-4090", "vllm", "4x:nvidia-rtx-4090-24gb")]
    [InlineData("meta-llama/Llama-3.1-70B-Instruct", "m4-max", "llama.cpp", "apple-m4-max")]
    [InlineData("deepseek-ai/DeepSeek-R1", "rtx-3060-12gb", "vllm", null)]
    public void Where_one_change_is_not_enough_two_are_named_or_other_hardware(
        string model,
        string hardware,
        string engine,
        string? on
    )
    {
        var catalog = Deployments.Catalog;
        var answer = new FitCheck(catalog).Ask(Deployments.Question(model, hardware, engine));

        answer.Fits.ShouldBeFalse();
        var nearest = answer.Nearest[0];
        if (on is not null)
            nearest.Hardware.ShouldBe(on);
        // What is named does fit.
        var weights = nearest.WeightFormat == "fp8" ? null : nearest.WeightFormat;
        new FitCheck(catalog).Ask(Deployments.Question(model, nearest.Hardware, engine, weights)).Fits.ShouldBeTrue();
    }

    [Fact]
    public void Weights_of_the_latent_rank_are_copied_and_the_heads_are_not()
    {
        // DeepSeek-V3 on 8 ranks: kv_a_proj (576 x 7,168) is whole, kv_b_proj has 16 of 128 heads of 128 + 128.
        var architecture = Deployments.Architecture("deepseek-ai/DeepSeek-V3");
        var down = architecture.Tensors.Tensors.First(tensor => tensor.Name.Contains("kv_a_proj"));
        var up = architecture.Tensors.Tensors.First(tensor => tensor.Name.Contains("kv_b_proj"));

        Shards.MatrixOnRank(down, architecture, 8).ShouldBe((576, 7168));
        Shards.MatrixOnRank(up, architecture, 8).ShouldBe((16 * 256, 512));
    }

    [Theory]
    [InlineData("Qwen/Qwen3-30B-A3B", 3, "key-value heads")]
    [InlineData("deepseek-ai/DeepSeek-V3", 3, "query heads")]
    [InlineData("Qwen/Qwen3-Next-80B-A3B-Instruct", 32, "query heads")]
    public void Heads_that_do_not_divide_cannot_be_split(string model, int devices, string what) =>
        Should.Throw<BadContentException>(() => Deployments.Of(model, devices: devices)).Message.ShouldContain(what);

    [Theory]
    [InlineData("vllm@0.8", 73_728)]
    [InlineData("vllm@0", 73_728)]
    public void An_engine_that_kept_windows_in_full_holds_twice_as_much_of_gpt_oss(string engine, long bytesPerToken)
    {
        // 36 layers x 8 heads x 64 x 2 x 2 bytes = 73,728 per token; half of the layers have a window of 128 tokens.
        var memory = new ServingMemory(Deployments.Of("openai/gpt-oss-120b", engine: engine));

        memory.CacheOf(16_384).Bytes.ShouldBe(bytesPerToken * 16_384);
    }

    [Fact]
    public void An_engine_that_frees_windows_holds_them_and_one_step_more()
    {
        // Two kinds of 18 layers each make two groups whose pages are 18 layers x 2,048 bytes x 16 tokens. The window
        // keeps 127 tokens and the 8,192 of one step, in whole blocks of 16 and one more.
        var memory = new ServingMemory(Deployments.Of("openai/gpt-oss-120b", engine: "vllm@0.22"));
        var page = 18L * 2_048 * 16;
        var window = (127 + 8_192 + 15) / 16 + 1;

        memory.CacheOf(65_536).Bytes.ShouldBe(page * (65_536 / 16 + window));
    }

    [Fact]
    public void Latent_caches_are_whole_on_every_rank_and_shared_out_over_data_ranks()
    {
        // DeepSeek-V3: 61 layers x (512 + 64) x 2 bytes = 70,272 per token, whatever the tensor parallelism.
        var question = Deployments.Question("deepseek-ai/DeepSeek-V3", "8x:h200-sxm-141gb", "vllm") with
        {
            Context = 8_192,
            Concurrency = 64,
        };

        CacheBytes(question).ShouldBe(70_272L * 8_192 * 64);
        CacheBytes(question with { DataParallel = 8, ExpertParallel = 8 }).ShouldBe(70_272L * 8_192 * 8);

        // Ranks that are not asked for take the devices that are left, as "-tp 8 --enable-expert-parallel" would.
        CacheBytes(question with { ExpertParallel = 8 }).ShouldBe(70_272L * 8_192 * 64);
        CacheBytes(question with { DataParallel = 4, ExpertParallel = 8 }).ShouldBe(70_272L * 8_192 * 16);

        static long CacheBytes(FitQuestion asked) =>
            new FitCheck(Deployments.Catalog).Ask(asked).PerDevice[0].CacheBytes;
    }

    [Fact]
    public void Layers_on_the_host_and_on_the_device_add_up_to_the_model()
    {
        var question = Deployments.Question("meta-llama/Llama-3.3-70B-Instruct", "rtx-4090", "llama.cpp") with
        {
            Weights = "Q4_K_M",
            DeviceLayers = 40,
            Context = 8_192,
        };
        var answer = new FitCheck(Deployments.Catalog).Ask(question);
        var whole = new FitCheck(Deployments.Catalog).Ask(question with { DeviceLayers = null });

        (answer.PerDevice[0].WeightsBytes + answer.HostWeightsBytes).ShouldBe(
            whole.PerDevice[0].WeightsBytes + whole.HostWeightsBytes
        );
        // 80 layers x 8 heads x 128 x 2 x 2 bytes, half of them on either side.
        answer.PerDevice[0].CacheBytes.ShouldBe(40L * 8 * 128 * 2 * 2 * 8_192);
        answer.HostCacheBytes.ShouldBe(40L * 8 * 128 * 2 * 2 * 8_192);
    }

    [Fact]
    public void An_adapter_is_its_rank_times_inputs_and_outputs_of_every_matrix()
    {
        // Llama-3.1-8B, rank 16: q and o 4096+4096, k and v 4096+1024, gate, up and down 4096+14336, 32 layers, 2 bytes.
        var perLayer = 2 * (4_096 + 4_096) + 2 * (4_096 + 1_024) + 3 * (4_096 + 14_336);
        var question = Deployments.Question(Llama8B, "h100-sxm", "vllm") with { Adapters = 3, AdapterRank = 16 };

        new FitCheck(Deployments.Catalog)
            .Ask(question)
            .PerDevice[0]
            .CompanionBytes.ShouldBe(3L * 16 * perLayer * 32 * 2);
    }

    [Fact]
    public void A_recurrent_state_takes_a_page_for_which_attention_blocks_grow()
    {
        // Qwen3.5-27B: 16 layers of attention, 4 heads x 256 x 2 x 2 bytes = 4,096 per token, and 48 with a state of
        // 817,152 fp32 numbers = 3,268,608 bytes. A block holds it from 798 tokens on, in whole blocks of 16: 800.
        // One group of attention, three of states, 16 layers each.
        var memory = new ServingMemory(Deployments.Of("Qwen/Qwen3.5-27B", "h200-sxm", "vllm"));
        var page = 16L * 800 * 4_096;

        memory.CacheOf(1).Bytes.ShouldBe((1 + 3) * page);
        memory.CacheOf(262_144).Bytes.ShouldBe((328 + 3) * page);
    }
}
