using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

/// <summary>
/// Dense models as llama.cpp's converter writes them, by the sizes and parameter counts of the published checkpoints.
/// </summary>
public sealed class GgufDenseTests
{
    /// <summary>The Llama shape, with norms before each block; the rows differ in name, sizes and head only.</summary>
    [Theory]
    // HuggingFaceTB/SmolLM3-3B.
    [InlineData("smollm3", 36, 2048, 11_008, 16, 4, 128, 128_256, false, 3_075_098_624, "llama")]
    // ibm-granite/granite-3.1-2b-instruct.
    [InlineData("granite", 40, 2048, 8192, 32, 8, 64, 49_159, false, 2_533_539_840, "llama")]
    // mistralai/Ministral-3-3B-Instruct-2512, the language model.
    [InlineData("mistral3", 26, 3072, 9216, 32, 8, 128, 131_072, false, 3_429_006_336, "ministral")]
    // google/gemma-2b.
    [InlineData("gemma", 18, 2048, 16_384, 8, 1, 256, 256_000, false, 2_506_172_416, "gemma")]
    public void Families_with_the_tensors_of_Llama_are_read_under_their_own_names(
        string name,
        int layers,
        int hidden,
        int wide,
        int heads,
        int keys,
        int size,
        int vocabulary,
        bool head,
        long parameters,
        string family
    ) =>
        Dense(name, layers, hidden, wide, heads, keys, size, vocabulary, head)
            .Tensors($"output_norm.weight {hidden}")
            .Each(Enumerable.Range(0, layers), $"attn_norm.weight {hidden}", $"ffn_norm.weight {hidden}")
            .Each(Enumerable.Range(0, layers), Separate(hidden, heads, keys, size))
            .Each(Enumerable.Range(0, layers), Gated(hidden, wide))
            .Check(parameters, layers * 2L * keys * size * 2)
            .Family.ShouldBe(family);

    [Fact]
    public void Seed_Oss_has_biases_on_queries_keys_and_values_alone() =>
        // ByteDance-Seed/Seed-OSS-36B-Instruct: 36,151,104,512 parameters.
        Dense("seed_oss", 64, 5120, 27_648, 80, 8, 128, 155_136, head: true)
            .Tensors("output_norm.weight 5120")
            .Each(Enumerable.Range(0, 64), "attn_norm.weight 5120", "post_attention_norm.weight 5120")
            .Each(Enumerable.Range(0, 64), "attn_q.bias 10240", "attn_k.bias 1024", "attn_v.bias 1024")
            .Each(Enumerable.Range(0, 64), Separate(5120, 80, 8, 128))
            .Each(Enumerable.Range(0, 64), Gated(5120, 27_648))
            .Check(36_151_104_512, 64L * 2 * 8 * 128 * 2);

    [Fact]
    public void Qwen2_VL_is_Qwen_2_without_its_tower() =>
        // Qwen/Qwen2.5-VL-7B: the language model of Qwen/Qwen2.5-7B, 7,615,616,512 parameters.
        Dense("qwen2vl", 28, 3584, 18_944, 28, 4, 128, 152_064, head: true)
            .Tensors("output_norm.weight 3584")
            .Each(Enumerable.Range(0, 28), "attn_norm.weight 3584", "ffn_norm.weight 3584")
            .Each(Enumerable.Range(0, 28), "attn_q.bias 3584", "attn_k.bias 512", "attn_v.bias 512")
            .Each(Enumerable.Range(0, 28), Separate(3584, 28, 4, 128))
            .Each(Enumerable.Range(0, 28), Gated(3584, 18_944))
            .Check(7_615_616_512, 28L * 2 * 4 * 128 * 2)
            .Family.ShouldBe("qwen2");

    [Fact]
    public void Qwen3_VL_is_Qwen_3_without_its_tower() =>
        // Qwen/Qwen3-VL-8B-Instruct: the language model of Qwen/Qwen3-8B, 8,190,735,360 parameters.
        Dense("qwen3vl", 36, 4096, 12_288, 32, 8, 128, 151_936, head: true)
            .Set("n_deepstack_layers", 3)
            .Tensors("output_norm.weight 4096")
            .Each(Enumerable.Range(0, 36), "attn_norm.weight 4096", "ffn_norm.weight 4096")
            .Each(Enumerable.Range(0, 36), "attn_q_norm.weight 128", "attn_k_norm.weight 128")
            .Each(Enumerable.Range(0, 36), Separate(4096, 32, 8, 128))
            .Each(Enumerable.Range(0, 36), Gated(4096, 12_288))
            .Check(8_190_735_360, 36L * 2 * 8 * 128 * 2)
            .Family.ShouldBe("qwen3");

    [Theory]
    // allenai/OLMo-2-1124-7B and allenai/Olmo-3-1025-7B.
    [InlineData(0, 100_352, 7_298_617_344, 32)]
    [InlineData(4096, 100_278, 7_298_011_136, 8)]
    public void Olmo_3_is_Olmo_2_with_a_window_in_three_layers_of_four(
        int window,
        int vocabulary,
        long parameters,
        int full
    ) =>
        Dense("olmo2", 32, 4096, 11_008, 32, 32, 128, vocabulary, head: true)
            .Set("attention.sliding_window", window)
            .Tensors("output_norm.weight 4096")
            .Each(Enumerable.Range(0, 32), "post_attention_norm.weight 4096", "post_ffw_norm.weight 4096")
            .Each(Enumerable.Range(0, 32), "attn_q_norm.weight 4096", "attn_k_norm.weight 4096")
            .Each(Enumerable.Range(0, 32), Separate(4096, 32, 32, 128))
            .Each(Enumerable.Range(0, 32), Gated(4096, 11_008))
            .Check(parameters, full * 2L * 32 * 128 * 2)
            .Family.ShouldBe("olmo");

    [Theory]
    [InlineData("command-r", 32)]
    [InlineData("cohere2", 8)]
    public void Command_R_has_one_norm_and_its_successor_windows(string name, int full)
    {
        // CohereForAI/aya-23-8B: 8,028,033,024 parameters; Command R7B has the same sizes and a window of 4,096.
        var blueprint = Dense(name, 32, 4096, 14_336, 32, 8, 128, 256_000, head: false);
        if (name == "cohere2")
            blueprint.Set("attention.sliding_window", 4096);
        blueprint
            .Tensors("output_norm.weight 4096")
            .Each(Enumerable.Range(0, 32), "attn_norm.weight 4096")
            .Each(Enumerable.Range(0, 32), Separate(4096, 32, 8, 128))
            .Each(Enumerable.Range(0, 32), Gated(4096, 14_336))
            .Check(8_028_033_024, full * 2L * 8 * 128 * 2)
            .Family.ShouldBe("cohere");
    }

    [Fact]
    public void StarCoder2_has_a_plain_mlp_and_biases_everywhere() =>
        // bigcode/starcoder2-7b: 7,173,923,840 parameters.
        Dense("starcoder2", 32, 4608, 18_432, 36, 4, 128, 49_152, head: false)
            .Tensors("output_norm.weight 4608", "output_norm.bias 4608")
            .Each(Enumerable.Range(0, 32), Shifted(4608))
            .Each(Enumerable.Range(0, 32), Separate(4608, 36, 4, 128))
            .Each(
                Enumerable.Range(0, 32),
                "attn_q.bias 4608",
                "attn_k.bias 512",
                "attn_v.bias 512",
                "attn_output.bias 4608"
            )
            .Each(Enumerable.Range(0, 32), Plain(4608, 18_432))
            .Check(7_173_923_840, 32L * 2 * 4 * 128 * 2);

    [Fact]
    public void Phi_2_has_a_bias_on_the_head_too() =>
        // microsoft/phi-2: 2,779,683,840 parameters.
        Dense("phi2", 32, 2560, 10_240, 32, 32, 80, 51_200, head: true)
            .Tensors("output.bias 51200", "output_norm.weight 2560", "output_norm.bias 2560")
            .Each(Enumerable.Range(0, 32), "attn_norm.weight 2560", "attn_norm.bias 2560")
            .Each(Enumerable.Range(0, 32), Separate(2560, 32, 32, 80))
            .Each(
                Enumerable.Range(0, 32),
                "attn_q.bias 2560",
                "attn_k.bias 2560",
                "attn_v.bias 2560",
                "attn_output.bias 2560"
            )
            .Each(Enumerable.Range(0, 32), Plain(2560, 10_240))
            .Check(2_779_683_840, 32L * 2 * 32 * 80 * 2);

    [Fact]
    public void StableLm_2_has_norms_that_shift()
    {
        // stabilityai/stablelm-2-1_6b: 1,644,515,328 parameters, says its model card.
        Dense("stablelm", 24, 2048, 5632, 32, 32, 64, 100_352, head: true)
            .Tensors("output_norm.weight 2048", "output_norm.bias 2048")
            .Each(Enumerable.Range(0, 24), Shifted(2048))
            .Each(Enumerable.Range(0, 24), "attn_q.bias 2048", "attn_k.bias 2048", "attn_v.bias 2048")
            .Each(Enumerable.Range(0, 24), Separate(2048, 32, 32, 64))
            .Each(Enumerable.Range(0, 24), Gated(2048, 5632))
            .Check(1_644_515_328, 24L * 2 * 32 * 64 * 2);
    }

    [Fact]
    public void InternLm_2_is_split_into_queries_keys_and_values() =>
        // internlm/internlm2_5-7b-chat: 7,737,708,544 parameters.
        Dense("internlm2", 32, 4096, 14_336, 32, 8, 128, 92_544, head: true)
            .Tensors("output_norm.weight 4096")
            .Each(Enumerable.Range(0, 32), "attn_norm.weight 4096", "ffn_norm.weight 4096")
            .Each(Enumerable.Range(0, 32), Separate(4096, 32, 8, 128))
            .Each(Enumerable.Range(0, 32), Gated(4096, 14_336))
            .Check(7_737_708_544, 32L * 2 * 8 * 128 * 2);

    [Fact]
    public void Pythia_has_queries_keys_and_values_in_one_tensor() =>
        // EleutherAI/pythia-1b: 1,011,781,632 parameters, without causal masks and rotary frequencies.
        Dense("gptneox", 16, 2048, 8192, 8, 8, 256, 50_304, head: true)
            .Tensors("output_norm.weight 2048", "output_norm.bias 2048")
            .Each(Enumerable.Range(0, 16), Shifted(2048))
            .Each(Enumerable.Range(0, 16), Fused(2048, 6144, bias: true))
            .Each(Enumerable.Range(0, 16), Plain(2048, 8192))
            .Check(1_011_781_632, 16L * 2 * 8 * 256 * 2);

    [Fact]
    public void Bloom_normalizes_its_embedding() =>
        // bigscience/bloom-560m: 559,214,592 parameters.
        Dense("bloom", 24, 1024, 4096, 16, 16, 64, 250_880, head: false)
            .Tensors("token_embd_norm.weight 1024", "token_embd_norm.bias 1024")
            .Tensors("output_norm.weight 1024", "output_norm.bias 1024")
            .Each(Enumerable.Range(0, 24), Shifted(1024))
            .Each(Enumerable.Range(0, 24), Fused(1024, 3072, bias: true))
            .Each(Enumerable.Range(0, 24), Plain(1024, 4096))
            .Check(559_214_592, 24L * 2 * 16 * 64 * 2);

    [Theory]
    // tiiuae/falcon-7b, whose checkpoint holds the tied head as well, and tiiuae/falcon-40b.
    [InlineData(32, 4544, 71, 1, true, 7_217_189_760)]
    [InlineData(60, 8192, 128, 8, false, 41_303_293_952)]
    public void Falcon_has_one_norm_and_one_key_head_or_two_norms_and_a_few(
        int layers,
        int hidden,
        int heads,
        int keys,
        bool head,
        long parameters
    )
    {
        var blueprint = Dense("falcon", layers, hidden, 4 * hidden, heads, keys, 64, 65_024, head)
            .Tensors($"output_norm.weight {hidden}", $"output_norm.bias {hidden}")
            .Each(Enumerable.Range(0, layers), $"attn_norm.weight {hidden}", $"attn_norm.bias {hidden}")
            .Each(Enumerable.Range(0, layers), Fused(hidden, (heads + 2 * keys) * 64, bias: false))
            .Each(
                Enumerable.Range(0, layers),
                $"ffn_up.weight {4 * hidden}x{hidden}",
                $"ffn_down.weight {hidden}x{4 * hidden}"
            );
        if (keys > 1)
            blueprint.Each(Enumerable.Range(0, layers), $"attn_norm_2.weight {hidden}", $"attn_norm_2.bias {hidden}");

        blueprint.Check(parameters, layers * 2L * keys * 64 * 2).Family.ShouldBe("falcon");
    }

    [Fact]
    public void Mpt_has_neither_biases_nor_positions() =>
        // mosaicml/mpt-7b: 6.7B parameters, says its model card; 32 layers of twelve 4,096 x 4,096 and two norms.
        Dense("mpt", 32, 4096, 16_384, 32, 32, 128, 50_432, head: false)
            .Tensors("output_norm.weight 4096")
            .Each(Enumerable.Range(0, 32), "attn_norm.weight 4096", "ffn_norm.weight 4096")
            .Each(Enumerable.Range(0, 32), Fused(4096, 12_288, bias: false))
            .Each(Enumerable.Range(0, 32), "ffn_up.weight 16384x4096", "ffn_down.weight 4096x16384")
            .Check(32 * (12L * 4096 * 4096 + 2 * 4096) + 50_432L * 4096 + 4096, 32L * 2 * 32 * 128 * 2);

    [Theory]
    // BAAI/bge-large-en-v1.5 and BAAI/bge-m3, without their poolers of 1,024 x 1,024 and the latter's first positions.
    [InlineData(30_522, 512, 2, 335_141_888 - 1_049_600)]
    [InlineData(250_002, 8192, 1, 567_754_752 - 1_049_600 - 2_048)]
    public void Bert_comes_without_a_pooler_and_keeps_nothing(int vocabulary, int context, int types, long parameters)
    {
        var architecture = new GgufBlueprint("bert", 24, 1024, vocabulary, head: false)
            .Set("context_length", context)
            .Set("feed_forward_length", 4096)
            .Set("attention.head_count", 16)
            .Tensors($"position_embd.weight {context}x1024", $"token_types.weight {types}x1024")
            .Tensors("token_embd_norm.weight 1024", "token_embd_norm.bias 1024")
            .Each(Enumerable.Range(0, 24), Separate(1024, 16, 16, 64))
            .Each(
                Enumerable.Range(0, 24),
                "attn_q.bias 1024",
                "attn_k.bias 1024",
                "attn_v.bias 1024",
                "attn_output.bias 1024",
                "attn_output_norm.weight 1024",
                "attn_output_norm.bias 1024",
                "layer_output_norm.weight 1024",
                "layer_output_norm.bias 1024"
            )
            .Each(Enumerable.Range(0, 24), Plain(1024, 4096))
            .Check(parameters, cachePerToken: 0);

        architecture.MaximumContext.ShouldBe(context);
    }

    [Fact]
    public void OLMoE_has_experts_and_norms_over_all_heads() =>
        // allenai/OLMoE-1B-7B-0924: 6,919,161,856 parameters.
        new GgufBlueprint("olmoe", 16, 2048, 50_304, head: true)
            .Set("context_length", 4096)
            .Set("feed_forward_length", 1024)
            .Set("expert_count", 64)
            .Set("expert_used_count", 8)
            .Heads(16, 16, 128)
            .Tensors("output_norm.weight 2048")
            .Each(Enumerable.Range(0, 16), "attn_norm.weight 2048", "ffn_norm.weight 2048")
            .Each(Enumerable.Range(0, 16), "attn_q_norm.weight 2048", "attn_k_norm.weight 2048")
            .Each(Enumerable.Range(0, 16), Separate(2048, 16, 16, 128))
            .Each(
                Enumerable.Range(0, 16),
                "ffn_gate_inp.weight 64x2048",
                "ffn_gate_exps.weight 64x1024x2048",
                "ffn_up_exps.weight 64x1024x2048",
                "ffn_down_exps.weight 64x2048x1024"
            )
            .Check(6_919_161_856, 16L * 2 * 16 * 128 * 2);

    private static GgufBlueprint Dense(
        string name,
        int layers,
        int hidden,
        int wide,
        int heads,
        int keys,
        int size,
        int vocabulary,
        bool head
    ) =>
        new GgufBlueprint(name, layers, hidden, vocabulary, head)
            .Set("context_length", 32_768)
            .Set("feed_forward_length", wide)
            .Heads(heads, keys, size);

    private static string[] Separate(int hidden, int heads, int keys, int size) =>
        [
            $"attn_q.weight {heads * size}x{hidden}",
            $"attn_k.weight {keys * size}x{hidden}",
            $"attn_v.weight {keys * size}x{hidden}",
            $"attn_output.weight {hidden}x{heads * size}",
        ];

    private static string[] Fused(int hidden, int all, bool bias) =>
        [
            $"attn_qkv.weight {all}x{hidden}",
            $"attn_output.weight {hidden}x{hidden}",
            .. (string[])(bias ? [$"attn_qkv.bias {all}", $"attn_output.bias {hidden}"] : []),
        ];

    private static string[] Gated(int hidden, int wide) =>
        [$"ffn_gate.weight {wide}x{hidden}", $"ffn_up.weight {wide}x{hidden}", $"ffn_down.weight {hidden}x{wide}"];

    private static string[] Plain(int hidden, int wide) =>
        [
            $"ffn_up.weight {wide}x{hidden}",
            $"ffn_up.bias {wide}",
            $"ffn_down.weight {hidden}x{wide}",
            $"ffn_down.bias {hidden}",
        ];

    private static string[] Shifted(int hidden) =>
        [
            $"attn_norm.weight {hidden}",
            $"attn_norm.bias {hidden}",
            $"ffn_norm.weight {hidden}",
            $"ffn_norm.bias {hidden}",
        ];
}
