using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

/// <summary>
/// Models whose windowed layers have head counts of their own, as llama.cpp's converter writes them, by their published
/// sizes.
/// </summary>
public sealed class GgufWindowedExpertTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void MiMo_V2_Flash_has_twice_the_key_heads_in_its_windows(int prediction)
    {
        // XiaomiMiMo/MiMo-V2-Flash: 309B parameters, 15B active, says its model card; heads of 192 for keys and 128 for
        // values, a full layer first and then every sixth from the fifth on; the first MLP is dense. Its three
        // prediction layers have windows and dense MLPs. GGUF numbers them as layers 48 to 50.
        const long Full = 4096L * (64 * 192 + 4 * (192 + 128) + 64 * 128);
        const long Windowed = 4096L * (64 * 192 + 8 * (192 + 128) + 64 * 128) + 64;
        const long Experts = 256L * 3 * 2048 * 4096 + 256 * 4096 + 256;
        const long Dense = 3L * 16_384 * 4096;
        int[] full = [0, .. Enumerable.Range(1, 8).Select(number => 6 * number - 1)];
        var blocks = 48 + prediction;
        var windowed = Enumerable.Range(0, blocks).Except(full).ToArray();
        var architecture = new GgufBlueprint("mimo2", blocks, 4096, 152_576, head: true)
            .Set("context_length", 262_144)
            .Set("nextn_predict_layers", prediction)
            .Set("feed_forward_length", 16_384)
            .Set("attention.head_count", 64)
            .Set("attention.key_length", 192)
            .Set("attention.value_length", 128)
            .Set("attention.sliding_window", 128)
            .SetPerLayer(
                "attention.head_count_kv",
                Enumerable.Range(0, blocks).Select(layer => full.Contains(layer) ? 4 : 8)
            )
            .SetPerLayer(
                "attention.sliding_window_pattern",
                Enumerable.Range(0, blocks).Select(layer => full.Contains(layer) ? 0 : 1)
            )
            .Experts(256, 8, 2048)
            .Tensors("output_norm.weight 4096")
            .Each(Enumerable.Range(0, blocks), "attn_norm.weight 4096", "ffn_norm.weight 4096")
            .Each(Enumerable.Range(0, blocks), "attn_q.weight 12288x4096", "attn_output.weight 4096x8192")
            .Each(full, "attn_k.weight 768x4096", "attn_v.weight 512x4096")
            .Each(windowed, "attn_k.weight 1536x4096", "attn_v.weight 1024x4096", "attn_sinks.weight 64")
            .Each(
                [0, .. Enumerable.Range(48, prediction)],
                "ffn_gate.weight 16384x4096",
                "ffn_up.weight 16384x4096",
                "ffn_down.weight 4096x16384"
            )
            .Each(
                Enumerable.Range(1, 47),
                "ffn_gate_inp.weight 256x4096",
                "exp_probs_b.bias 256",
                "ffn_gate_exps.weight 256x2048x4096",
                "ffn_up_exps.weight 256x2048x4096",
                "ffn_down_exps.weight 256x4096x2048"
            )
            .Each(
                Enumerable.Range(48, prediction),
                "nextn.enorm.weight 4096",
                "nextn.hnorm.weight 4096",
                "nextn.eh_proj.weight 4096x8192",
                "layer_output_norm.weight 4096"
            )
            .Check(
                9 * Full + 39 * Windowed + 47 * Experts + Dense + 97 * 4096 + 2L * 152_576 * 4096,
                9L * 4 * (192 + 128) * 2
            );

        (architecture.Tensors.Parameters / 1e9).ShouldBe(309, tolerance: 0.5);
        (architecture.Tensors.ActiveParameters / 1e9).ShouldBe(15, tolerance: 0.5);
        architecture.Cache.Windows.ShouldHaveSingleItem().ShouldBe(new CacheWindow(128, 39L * 8 * (192 + 128), 39));
    }

    [Fact]
    public void Step_3_5_Flash_has_more_query_heads_in_its_windows()
    {
        // stepfun-ai/Step-3.5-Flash: 196B parameters of which 11B are active, says its model card. Three windowed
        // layers of 96 heads to a full one of 64, experts from the fourth layer on.
        const long Full = 4096L * (2 * 64 * 128 + 2 * 8 * 128 + 64) + 2 * 128;
        const long Windowed = 4096L * (2 * 96 * 128 + 2 * 8 * 128 + 96) + 2 * 128;
        const long Experts = 289L * 3 * 1280 * 4096 + 288 * 4096 + 288;
        const long Dense = 3L * 11_264 * 4096;
        var full = Enumerable.Range(0, 12).Select(number => 4 * number).ToArray();
        var windowed = Enumerable.Range(0, 45).Except(full).ToArray();
        var architecture = new GgufBlueprint("step35", 45, 4096, 128_896, head: true)
            .Set("context_length", 262_144)
            .Set("feed_forward_length", 11_264)
            .Set("attention.key_length", 128)
            .Set("attention.value_length", 128)
            .Set("attention.sliding_window", 512)
            .Set("leading_dense_block_count", 3)
            .Set("expert_shared_feed_forward_length", 1280)
            .SetPerLayer(
                "attention.head_count",
                Enumerable.Range(0, 45).Select(layer => full.Contains(layer) ? 64 : 96)
            )
            .SetPerLayer("attention.head_count_kv", Enumerable.Repeat(8, 45))
            .SetPerLayer(
                "attention.sliding_window_pattern",
                Enumerable.Range(0, 45).Select(layer => full.Contains(layer) ? 0 : 1)
            )
            .Experts(288, 8, 1280)
            .Tensors("output_norm.weight 4096")
            .Each(
                Enumerable.Range(0, 45),
                "attn_norm.weight 4096",
                "ffn_norm.weight 4096",
                "attn_k.weight 1024x4096",
                "attn_v.weight 1024x4096",
                "attn_q_norm.weight 128",
                "attn_k_norm.weight 128"
            )
            .Each(full, "attn_q.weight 8192x4096", "attn_output.weight 4096x8192", "attn_gate.weight 64x4096")
            .Each(windowed, "attn_q.weight 12288x4096", "attn_output.weight 4096x12288", "attn_gate.weight 96x4096")
            .Each(
                Enumerable.Range(0, 3),
                "ffn_gate.weight 11264x4096",
                "ffn_up.weight 11264x4096",
                "ffn_down.weight 4096x11264"
            )
            .Each(
                Enumerable.Range(3, 42),
                "ffn_gate_inp.weight 288x4096",
                "exp_probs_b.bias 288",
                "ffn_gate_exps.weight 288x1280x4096",
                "ffn_up_exps.weight 288x1280x4096",
                "ffn_down_exps.weight 288x4096x1280",
                "ffn_gate_shexp.weight 1280x4096",
                "ffn_up_shexp.weight 1280x4096",
                "ffn_down_shexp.weight 4096x1280"
            )
            .Check(
                12 * Full + 33 * Windowed + 42 * Experts + 3 * Dense + 91 * 4096 + 2L * 128_896 * 4096,
                12L * 2 * 8 * 128 * 2
            );

        (architecture.Tensors.Parameters / 1e9).ShouldBe(196, tolerance: 1);
    }

    [Fact]
    public void Windowed_layers_whose_key_heads_differ_are_refused_by_name() =>
        new GgufBlueprint("mimo2", 3, 64, 10, head: false)
            .Set("attention.head_count", 8)
            .Set("attention.sliding_window", 16)
            .SetPerLayer("attention.sliding_window_pattern", [0, 1, 1])
            .SetPerLayer("attention.head_count_kv", [2, 4, 2])
            .Set("attention.key_length", 32)
            .Set("attention.value_length", 16)
            .Each([0, 1, 2], "attn_norm.weight 64")
            .Refused()
            .Message.ShouldContain("mimo2.attention.head_count_kv\": 4 in layer 1 and 2 in layer 2");
}
