using Loadline.Models;
using Shouldly;
using Xunit;
using static Loadline.Tests.Models.Files.GgufShapes;

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
}
