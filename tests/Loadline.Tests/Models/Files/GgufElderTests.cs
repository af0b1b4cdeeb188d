using Loadline.Models;
using Shouldly;
using Xunit;
using static Loadline.Tests.Models.Files.GgufShapes;

namespace Loadline.Tests.Models.Files;

/// <summary>
/// Models from before Llama and BERT as llama.cpp's converter writes them, by the sizes and parameter counts of the
/// published checkpoints.
/// </summary>
public sealed class GgufElderTests
{
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
}
