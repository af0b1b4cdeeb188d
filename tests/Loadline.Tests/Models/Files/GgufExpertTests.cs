using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

/// <summary>Models with routed experts as llama.cpp's converter writes them, by their published sizes.</summary>
public sealed class GgufExpertTests
{
    [Fact]
    public void Glm_4_5_Air_counts_its_prediction_layer_in_the_blocks()
    {
        // zai-org/GLM-4.5-Air: 110,468,824,832 elements with the prediction layer, whose embedding and head are copies
        // of 151,552 x 4,096, 106,852,251,264 parameters without it.
        var blueprint = Air(copies: true);

        blueprint.Elements.ShouldBe(110_468_824_832);
        var model = blueprint.Read();
        var stored = model.Architecture.StoredFormat.ShouldBeOfType<StoredWeightFormat>();
        stored.Missing.ShouldBeEmpty();
        stored.Unlisted.ShouldAllBe(tensor => tensor.Kind == UnlistedKind.TiedCopy);
        model.Architecture.Tensors.Parameters.ShouldBe(106_852_251_264);
        model.Architecture.Layers.Length.ShouldBe(46);
    }

    [Fact]
    public void Glm_4_5_Air_may_leave_the_copies_out() =>
        Air(copies: false).Check(106_852_251_264, 46L * 2 * 8 * 128 * 2).Family.ShouldBe("glm4-moe");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Qwen_1_5_MoE_has_a_gated_shared_expert(bool withWidths)
    {
        // Qwen/Qwen1.5-MoE-A2.7B: 14,315,784,192 parameters. Files of early 2024 give the width of the MLP alone.
        var blueprint = new GgufBlueprint("qwen2moe", 24, 2048, 151_936, head: true)
            .Set("context_length", 32_768)
            .Set("feed_forward_length", 5632)
            .Set("attention.head_count", 16)
            .Set("attention.head_count_kv", 16)
            .Set("expert_count", 60)
            .Set("expert_used_count", 4)
            .Tensors("output_norm.weight 2048")
            .Each(
                Enumerable.Range(0, 24),
                "attn_norm.weight 2048",
                "ffn_norm.weight 2048",
                "attn_q.weight 2048x2048",
                "attn_q.bias 2048",
                "attn_k.weight 2048x2048",
                "attn_k.bias 2048",
                "attn_v.weight 2048x2048",
                "attn_v.bias 2048",
                "attn_output.weight 2048x2048",
                "ffn_gate_inp.weight 60x2048",
                "ffn_gate_exps.weight 60x1408x2048",
                "ffn_up_exps.weight 60x1408x2048",
                "ffn_down_exps.weight 60x2048x1408",
                "ffn_gate_inp_shexp.weight 2048",
                "ffn_gate_shexp.weight 5632x2048",
                "ffn_up_shexp.weight 5632x2048",
                "ffn_down_shexp.weight 2048x5632"
            );
        if (withWidths)
            blueprint.Set("expert_feed_forward_length", 1408).Set("expert_shared_feed_forward_length", 5632);

        blueprint.Check(14_315_784_192, 24L * 2 * 16 * 128 * 2).Family.ShouldBe("qwen2-moe");
    }

    [Fact]
    public void DeepSeek_MoE_has_plain_attention_and_a_dense_first_layer() =>
        // deepseek-ai/deepseek-moe-16b-base: 16,375,728,128 parameters.
        new GgufBlueprint("deepseek", 28, 2048, 102_400, head: true)
            .Set("context_length", 4096)
            .Set("feed_forward_length", 10_944)
            .Set("attention.head_count", 16)
            .Set("attention.head_count_kv", 16)
            .Set("leading_dense_block_count", 1)
            .Set("expert_shared_count", 2)
            .Experts(64, 6, 1408)
            .Tensors("output_norm.weight 2048")
            .Each(
                Enumerable.Range(0, 28),
                "attn_norm.weight 2048",
                "ffn_norm.weight 2048",
                "attn_q.weight 2048x2048",
                "attn_k.weight 2048x2048",
                "attn_v.weight 2048x2048",
                "attn_output.weight 2048x2048"
            )
            .Each([0], "ffn_gate.weight 10944x2048", "ffn_up.weight 10944x2048", "ffn_down.weight 2048x10944")
            .Each(
                Enumerable.Range(1, 27),
                "ffn_gate_inp.weight 64x2048",
                "ffn_gate_exps.weight 64x1408x2048",
                "ffn_up_exps.weight 64x1408x2048",
                "ffn_down_exps.weight 64x2048x1408",
                "ffn_gate_shexp.weight 2816x2048",
                "ffn_up_shexp.weight 2816x2048",
                "ffn_down_shexp.weight 2048x2816"
            )
            .Check(16_375_728_128, 28L * 2 * 16 * 128 * 2)
            .Family.ShouldBe("deepseek-moe");

    [Fact]
    public void MiniMax_M2_normalizes_all_heads_and_balances_its_router()
    {
        // MiniMaxAI/MiniMax-M2.5: 228,703,644,928 elements in fp8, among them a scale for every 128 x 128 weights of
        // attention (2 x 48 x 24 and 2 x 8 x 24) and of 256 experts (3 x 12 x 24) in each of 62 layers.
        const long Scales = 62 * (2 * 48 * 24 + 2 * 8 * 24 + 256 * 3 * 12 * 24);
        new GgufBlueprint("minimax-m2", 62, 3072, 200_064, head: true)
            .Set("context_length", 196_608)
            .Set("feed_forward_length", 1536)
            .Heads(48, 8, 128)
            .Experts(256, 8, 1536)
            .Tensors("output_norm.weight 3072")
            .Each(
                Enumerable.Range(0, 62),
                "attn_norm.weight 3072",
                "ffn_norm.weight 3072",
                "attn_q.weight 6144x3072",
                "attn_k.weight 1024x3072",
                "attn_v.weight 1024x3072",
                "attn_output.weight 3072x6144",
                "attn_q_norm.weight 6144",
                "attn_k_norm.weight 1024",
                "ffn_gate_inp.weight 256x3072",
                "exp_probs_b.bias 256",
                "ffn_gate_exps.weight 256x1536x3072",
                "ffn_up_exps.weight 256x1536x3072",
                "ffn_down_exps.weight 256x3072x1536"
            )
            .Check(228_703_644_928 - Scales, 62L * 2 * 8 * 128 * 2)
            .Family.ShouldBe("minimax-m2");
    }

    [Fact]
    public void Llama_4_Scout_sees_chunks_in_three_layers_of_four()
    {
        var architecture = new GgufBlueprint("llama4", 48, 5120, 202_048, head: true)
            .Set("context_length", 10_485_760)
            .Set("feed_forward_length", 16_384)
            .Set("interleave_moe_layer_step", 1)
            .Heads(40, 8, 128)
            .Experts(16, 1, 8192)
            .Tensors("output_norm.weight 5120", "rope_freqs.weight 64")
            .Each(
                Enumerable.Range(0, 48),
                "attn_norm.weight 5120",
                "ffn_norm.weight 5120",
                "attn_q.weight 5120x5120",
                "attn_k.weight 1024x5120",
                "attn_v.weight 1024x5120",
                "attn_output.weight 5120x5120",
                "ffn_gate_inp.weight 16x5120",
                "ffn_gate_exps.weight 16x8192x5120",
                "ffn_up_exps.weight 16x8192x5120",
                "ffn_down_exps.weight 16x5120x8192",
                "ffn_gate_shexp.weight 8192x5120",
                "ffn_up_shexp.weight 8192x5120",
                "ffn_down_shexp.weight 5120x8192"
            )
            .Read()
            .Architecture;

        // 17 experts of 3 x 5,120 x 8,192 with their router, attention and norms in each of 48 layers.
        const long Layer = 17L * 3 * 5120 * 8192 + 16 * 5120 + 2L * 5120 * (5120 + 1024) + 2 * 5120;
        architecture.Tensors.Parameters.ShouldBe(48 * Layer + 2L * 202_048 * 5120 + 5120);
        architecture.CacheBytesPerToken().ShouldBe(12L * 2 * 8 * 128 * 2);
        architecture.Cache.Windows.ShouldHaveSingleItem().ShouldBe(new CacheWindow(8192, 36L * 2 * 8 * 128, 36));
        var stored = architecture.StoredFormat.ShouldBeOfType<StoredWeightFormat>();
        stored.Missing.ShouldBeEmpty();
        stored.Unlisted.ShouldHaveSingleItem().Kind.ShouldBe(UnlistedKind.Buffer);
    }

    [Fact]
    public void Phi_mini_MoE_has_biases_on_attention_norms_and_head()
    {
        // microsoft/Phi-mini-MoE-instruct: 7,647,632,704 parameters.
        var architecture = new GgufBlueprint("phimoe", 32, 4096, 32_064, head: true)
            .Set("context_length", 4096)
            .Set("feed_forward_length", 960)
            .Set("attention.sliding_window", 2047)
            .Set("expert_count", 16)
            .Set("expert_used_count", 2)
            .Heads(32, 8, 128)
            .Tensors("output.bias 32064", "output_norm.weight 4096", "output_norm.bias 4096")
            .Each(
                Enumerable.Range(0, 32),
                "attn_norm.weight 4096",
                "attn_norm.bias 4096",
                "ffn_norm.weight 4096",
                "ffn_norm.bias 4096",
                "attn_q.weight 4096x4096",
                "attn_q.bias 4096",
                "attn_k.weight 1024x4096",
                "attn_k.bias 1024",
                "attn_v.weight 1024x4096",
                "attn_v.bias 1024",
                "attn_output.weight 4096x4096",
                "attn_output.bias 4096",
                "ffn_gate_inp.weight 16x4096",
                "ffn_gate_exps.weight 16x960x4096",
                "ffn_up_exps.weight 16x960x4096",
                "ffn_down_exps.weight 16x4096x960"
            )
            .Check(7_647_632_704, 0);

        architecture.Cache.Windows.ShouldHaveSingleItem().Tokens.ShouldBe(2047);
    }

    [Fact]
    public void Dbrx_keeps_the_experts_of_a_layer_in_three_tensors()
    {
        // databricks/dbrx-base: 132B, 36B active, says its model card.
        const long Layer = 16L * 3 * 10_752 * 6144 + 16 * 6144 + 8192L * 6144 + 6144L * 6144 + 2 * 6144;
        var architecture = new GgufBlueprint("dbrx", 40, 6144, 100_352, head: true)
            .Set("context_length", 32_768)
            .Set("feed_forward_length", 10_752)
            .Set("attention.head_count", 48)
            .Set("attention.head_count_kv", 8)
            .Set("expert_count", 16)
            .Set("expert_used_count", 4)
            .Tensors("output_norm.weight 6144")
            .Each(
                Enumerable.Range(0, 40),
                "attn_norm.weight 6144",
                "attn_output_norm.weight 6144",
                "attn_qkv.weight 8192x6144",
                "attn_output.weight 6144x6144",
                "ffn_gate_inp.weight 16x6144",
                "ffn_gate_exps.weight 16x10752x6144",
                "ffn_up_exps.weight 16x10752x6144",
                "ffn_down_exps.weight 16x6144x10752"
            )
            .Check(40 * Layer + 2L * 100_352 * 6144 + 6144, 40L * 2 * 8 * 128 * 2);

        (architecture.Tensors.Parameters / 1e9).ShouldBe(132, tolerance: 0.5);
        (architecture.Tensors.ActiveParameters / 1e9).ShouldBe(36, tolerance: 1);
    }

    [Fact]
    public void Prediction_layers_cannot_be_all_there_are() =>
        new GgufBlueprint("glm4moe", 2, 64, 10, head: false)
            .Set("nextn_predict_layers", 2)
            .Refused()
            .Place.ShouldBe("metadata \"glm4moe.nextn_predict_layers\"");

    private static GgufBlueprint Air(bool copies)
    {
        var blueprint = new GgufBlueprint("glm4moe", 47, 4096, 151_552, head: true)
            .Set("context_length", 131_072)
            .Set("feed_forward_length", 10_944)
            .Set("leading_dense_block_count", 1)
            .Set("nextn_predict_layers", 1)
            .Set("expert_shared_count", 1)
            .Heads(96, 8, 128)
            .Experts(128, 8, 1408)
            .Tensors("output_norm.weight 4096")
            .Each(
                Enumerable.Range(0, 47),
                "attn_norm.weight 4096",
                "post_attention_norm.weight 4096",
                "attn_q.weight 12288x4096",
                "attn_q.bias 12288",
                "attn_k.weight 1024x4096",
                "attn_k.bias 1024",
                "attn_v.weight 1024x4096",
                "attn_v.bias 1024",
                "attn_output.weight 4096x12288"
            )
            .Each([0], "ffn_gate.weight 10944x4096", "ffn_up.weight 10944x4096", "ffn_down.weight 4096x10944")
            .Each(
                Enumerable.Range(1, 46),
                "ffn_gate_inp.weight 128x4096",
                "exp_probs_b.bias 128",
                "ffn_gate_exps.weight 128x1408x4096",
                "ffn_up_exps.weight 128x1408x4096",
                "ffn_down_exps.weight 128x4096x1408",
                "ffn_gate_shexp.weight 1408x4096",
                "ffn_up_shexp.weight 1408x4096",
                "ffn_down_shexp.weight 4096x1408"
            )
            .Each(
                [46],
                "nextn.eh_proj.weight 4096x8192",
                "nextn.enorm.weight 4096",
                "nextn.hnorm.weight 4096",
                "nextn.shared_head_norm.weight 4096"
            );
        return copies
            ? blueprint.Each([46], "nextn.embed_tokens.weight 151552x4096", "nextn.shared_head_head.weight 151552x4096")
            : blueprint;
    }
}
