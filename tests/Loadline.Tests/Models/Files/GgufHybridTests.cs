using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

/// <summary>
/// Models with layers of several kinds as llama.cpp's converter writes them, by their published sizes.
/// </summary>
public sealed class GgufHybridTests
{
    [Fact]
    public void Falcon_H1_attends_and_recurs_in_every_layer()
    {
        // tiiuae/Falcon-H1-0.5B-Instruct: 521M parameters, says its model card.
        const long Layer =
            3L * 2048 * 1024
            + 2L * 1024 * (512 + 128)
            + (2L * 1536 + 2 * 128 + 24) * 1024
            + 5L * 1792
            + 3 * 24
            + 1536L * 1024
            + 2 * 1024;
        new GgufBlueprint("falcon-h1", 36, 1024, 32_784, head: true)
            .Set("context_length", 16_384)
            .Set("feed_forward_length", 2048)
            .Set("ssm.conv_kernel", 4)
            .Set("ssm.inner_size", 1536)
            .Set("ssm.state_size", 128)
            .Set("ssm.time_step_rank", 24)
            .Set("ssm.group_count", 1)
            .Heads(8, 2, 64)
            .Tensors("output_norm.weight 1024")
            .Each(
                Enumerable.Range(0, 36),
                "attn_norm.weight 1024",
                "ffn_norm.weight 1024",
                "attn_q.weight 512x1024",
                "attn_k.weight 128x1024",
                "attn_v.weight 128x1024",
                "attn_output.weight 1024x512",
                "ssm_in.weight 3352x1024",
                "ssm_conv1d.weight 1792x4",
                "ssm_conv1d.bias 1792",
                "ssm_dt.bias 24",
                "ssm_a 24x1",
                "ssm_d 24x1",
                "ssm_out.weight 1024x1536",
                "ffn_gate.weight 2048x1024",
                "ffn_up.weight 2048x1024",
                "ffn_down.weight 1024x2048"
            )
            .Check(36 * Layer + 2L * 32_784 * 1024 + 1024, 36L * 2 * 2 * 64 * 2)
            .Cache.StatePerSequence.Bytes.ShouldBe(36L * (24 * 64 * 128 + 3 * 1792) * 4);
    }

    [Fact]
    public void Lfm2_convolves_where_it_has_no_key_value_heads()
    {
        // LiquidAI/LFM2-1.2B: 1,170,340,608 parameters, attention in layers 2, 5, 8, 10, 12 and 14.
        int[] attends = [2, 5, 8, 10, 12, 14];
        var architecture = new GgufBlueprint("lfm2", 16, 2048, 65_536, head: false)
            .Set("context_length", 128_000)
            .Set("feed_forward_length", 8192)
            .Set("attention.head_count", 32)
            .Set("shortconv.l_cache", 3)
            .SetPerLayer(
                "attention.head_count_kv",
                Enumerable.Range(0, 16).Select(layer => attends.Contains(layer) ? 8 : 0)
            )
            .Tensors("token_embd_norm.weight 2048")
            .Each(
                Enumerable.Range(0, 16),
                "attn_norm.weight 2048",
                "ffn_norm.weight 2048",
                "ffn_gate.weight 8192x2048",
                "ffn_up.weight 8192x2048",
                "ffn_down.weight 2048x8192"
            )
            .Each(
                attends,
                "attn_q.weight 2048x2048",
                "attn_k.weight 512x2048",
                "attn_v.weight 512x2048",
                "attn_output.weight 2048x2048",
                "attn_q_norm.weight 64",
                "attn_k_norm.weight 64"
            )
            .Each(
                Enumerable.Range(0, 16).Except(attends),
                "shortconv.in_proj.weight 6144x2048",
                "shortconv.conv.weight 2048x3",
                "shortconv.out_proj.weight 2048x2048"
            )
            .Check(1_170_340_608, 6L * 2 * 8 * 64 * 2);

        architecture.Layers.OfType<Mixer.Convolution>().Count().ShouldBe(10);
    }

    [Fact]
    public void Mamba_2_has_no_heads_of_attention() =>
        // state-spaces/mamba2-2.7b with its vocabulary padded to 50,288.
        new GgufBlueprint("mamba2", 64, 2560, 50_288, head: false)
            .Set("context_length", 1 << 20)
            .Set("feed_forward_length", 0)
            .Set("attention.head_count", 0)
            .Set("ssm.conv_kernel", 4)
            .Set("ssm.inner_size", 5120)
            .Set("ssm.state_size", 128)
            .Set("ssm.time_step_rank", 80)
            .Set("ssm.group_count", 1)
            .Tensors("output_norm.weight 2560")
            .Each(Enumerable.Range(0, 64), ["attn_norm.weight 2560", .. Mamba(2560, 5120, 80, 1, 128)])
            .Check(
                64 * (2560L + 10_576 * 2560 + 5 * 5376 + 3 * 80 + 5120 + 5120L * 2560) + 50_288L * 2560 + 2560,
                cachePerToken: 0
            )
            .Cache.StatePerSequence.Bytes.ShouldBe(64L * (80 * 64 * 128 + 3 * 5376) * 4);

    [Fact]
    public void Nemotron_3_Nano_has_one_block_in_every_layer()
    {
        // nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16: 31,577,937,344 elements in bf16 and 23 corrections of 128 in fp32.
        const string Blocks = "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME";
        var architecture = new GgufBlueprint("nemotron_h_moe", 52, 2688, 131_072, head: true)
            .Set("context_length", 262_144)
            .Set("attention.head_count", 32)
            .Set("attention.key_length", 128)
            .Set("attention.value_length", 128)
            .Set("ssm.conv_kernel", 4)
            .Set("ssm.inner_size", 4096)
            .Set("ssm.state_size", 128)
            .Set("ssm.time_step_rank", 64)
            .Set("ssm.group_count", 8)
            .Set("expert_shared_count", 1)
            .Set("expert_shared_feed_forward_length", 3712)
            .SetPerLayer("attention.head_count_kv", Blocks.Select(block => block == '*' ? 2 : 0))
            .SetPerLayer("feed_forward_length", Blocks.Select(block => block == 'E' ? 1856 : 0))
            .Experts(128, 6, 1856)
            .Tensors("output_norm.weight 2688")
            .Each(Enumerable.Range(0, 52), "attn_norm.weight 2688")
            .Each(Of('M'), Mamba(2688, 4096, 64, 8, 128))
            .Each(
                Of('*'),
                "attn_q.weight 4096x2688",
                "attn_k.weight 256x2688",
                "attn_v.weight 256x2688",
                "attn_output.weight 2688x4096"
            )
            .Each(
                Of('E'),
                "ffn_gate_inp.weight 128x2688",
                "exp_probs_b.bias 128",
                "ffn_up_exps.weight 128x1856x2688",
                "ffn_down_exps.weight 128x2688x1856",
                "ffn_up_shexp.weight 3712x2688",
                "ffn_down_shexp.weight 2688x3712"
            )
            .Check(31_577_937_344 + 23 * 128, 6L * 2 * 2 * 128 * 2);

        architecture.Layers.OfType<Mixer.Linear>().Count().ShouldBe(23);

        IEnumerable<int> Of(char kind) => Enumerable.Range(0, 52).Where(layer => Blocks[layer] == kind);
    }

    [Fact]
    public void Nemotron_Super_was_thinned_out_layer_by_layer()
    {
        // nvidia/Llama-3_3-Nemotron-Super-49B-v1: 49,867,145,216 parameters. Widths are two thirds of a multiple of
        // 8,192, rounded up to 256; 49 of 80 layers attend.
        var widths = NasWidths();
        var attends = NasAttends();
        var blueprint = new GgufBlueprint("deci", 80, 8192, 128_256, head: true)
            .Set("context_length", 131_072)
            .SetPerLayer("attention.head_count", attends.Select(has => has ? 64 : 0))
            .SetPerLayer("attention.head_count_kv", attends.Select(has => has ? 8 : 0))
            .SetPerLayer("feed_forward_length", widths)
            .Tensors("output_norm.weight 8192", "rope_freqs.weight 64")
            .Each(
                Enumerable.Range(0, 80).Where(layer => attends[layer]),
                "attn_norm.weight 8192",
                "attn_q.weight 8192x8192",
                "attn_k.weight 1024x8192",
                "attn_v.weight 1024x8192",
                "attn_output.weight 8192x8192"
            );
        for (var layer = 0; layer < 80; layer++)
        {
            blueprint.Each(
                [layer],
                "ffn_norm.weight 8192",
                $"ffn_gate.weight {widths[layer]}x8192",
                $"ffn_up.weight {widths[layer]}x8192",
                $"ffn_down.weight 8192x{widths[layer]}"
            );
        }

        var architecture = blueprint.Read().Architecture;

        architecture.Tensors.Parameters.ShouldBe(49_867_145_216);
        architecture.CacheBytesPerToken().ShouldBe(49L * 2 * 8 * 128 * 2);
        var stored = architecture.StoredFormat.ShouldBeOfType<StoredWeightFormat>();
        stored.Missing.ShouldBeEmpty();
        stored.Unlisted.ShouldHaveSingleItem().Kind.ShouldBe(UnlistedKind.Buffer);
        architecture.Tensors.SizeIn(stored).Bytes.ShouldBe(blueprint.Bytes - 64 * 4);
    }

    [Fact]
    public void A_layer_cannot_both_attend_and_have_an_mlp_in_Nemotron_H() =>
        new GgufBlueprint("nemotron_h", 2, 64, 10, head: false)
            .Set("attention.head_count", 2)
            .SetPerLayer("attention.head_count_kv", [0, 2])
            .SetPerLayer("feed_forward_length", [128, 128])
            .Set("attention.key_length", 32)
            .Set("ssm.inner_size", 128)
            .Set("ssm.time_step_rank", 2)
            .Set("ssm.state_size", 16)
            .Set("ssm.group_count", 1)
            .Set("ssm.conv_kernel", 4)
            .Each([0, 1], "attn_norm.weight 64")
            .Refused()
            .Message.ShouldContain("feed_forward_length\": 128 in layer 1");

    [Fact]
    public void A_hybrid_whose_layers_with_attention_differ_is_refused_by_name() =>
        new GgufBlueprint("lfm2", 3, 64, 10, head: false)
            .Set("attention.head_count", 4)
            .SetPerLayer("attention.head_count_kv", [2, 0, 1])
            .Each([0, 1, 2], "attn_norm.weight 64")
            .Refused()
            .Message.ShouldContain("lfm2.attention.head_count_kv\": 2 in layer 0 and 1 in layer 2");

    private static string[] Mamba(int hidden, int inner, int heads, int groups, int state)
    {
        var channels = inner + 2 * groups * state;
        return
        [
            $"ssm_in.weight {inner + channels + heads}x{hidden}",
            $"ssm_conv1d.weight {channels}x4",
            $"ssm_conv1d.bias {channels}",
            $"ssm_dt.bias {heads}",
            $"ssm_a {heads}x1",
            $"ssm_d {heads}x1",
            $"ssm_norm.weight {groups}x{inner / groups}",
            $"ssm_out.weight {hidden}x{inner}",
        ];
    }

    /// <summary>Widths that ffn_mult of the published block_configs makes, layer by layer.</summary>
    private static int[] NasWidths()
    {
        double[] multiples =
        [
            2.625,
            .. Enumerable.Repeat(5.25, 5),
            2.625,
            2.625,
            .. Enumerable.Repeat(5.25, 3),
            3.28125,
            .. Enumerable.Repeat(5.25, 30),
            1.3125,
            2.625,
            2.625,
            1.3125,
            5.25,
            1.3125,
            2.625,
            .. Enumerable.Repeat(1.3125, 3),
            5.25,
            1.3125,
            1,
            1,
            1.3125,
            1,
            1,
            1,
            1.3125,
            1.3125,
            0.5,
            0.5,
            1,
            1,
            0.5,
            0.5,
            1,
            0.5,
            0.5,
            .. Enumerable.Repeat(5.25, 9),
        ];
        return [.. multiples.Select(multiple => ((int)(2 * multiple * 8192 / 3) + 255) / 256 * 256)];
    }

    private static bool[] NasAttends() =>
        [.. Enumerable.Range(0, 80).Select(layer => layer is < 6 or (> 7 and < 11) or (> 11 and < 42) or 52 or > 70)];
}
