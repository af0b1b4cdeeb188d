using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

/// <summary>
/// Models with multi-head latent attention as llama.cpp's converter writes them. Sizes are those of the published
/// configurations; counts those of the published checkpoints, without prediction layers and scales.
/// </summary>
public sealed class GgufLatentTests
{
    /// <summary>One key-value head of 512 + 64 numbers, whatever the number of heads.</summary>
    private const int Cached = (512 + 64) * 2;

    private static readonly string[] SplitLatent = ["attn_k_b.weight 16x512x128", "attn_v_b.weight 16x128x512"];

    [Fact]
    public void DeepSeek_V2_Lite_has_queries_without_a_latent() =>
        // deepseek-ai/DeepSeek-V2-Lite: 15,706,484,224 parameters.
        Lite(Folded(Start()), SplitLatent).Check(15_706_484_224, 27 * Cached).Family.ShouldBe("deepseek");

    [Fact]
    public void Files_from_before_2025_give_unfolded_heads_and_one_tensor_for_keys_and_values() =>
        Lite(Unfolded(Start()), "attn_kv_b.weight 4096x512").Check(15_706_484_224, 27 * Cached);

    [Fact]
    public void DeepSeek_V3_has_671_billion_parameters_without_its_prediction_layer() =>
        // deepseek-ai/DeepSeek-V3: 671,026,419,200 parameters.
        Large("deepseek2", heads: 128, experts: 256, dense: 3, vocabulary: 129_280)
            .Check(671_026_419_200, 61 * Cached);

    [Fact]
    public void Kimi_K2_goes_by_the_name_of_DeepSeek_2() =>
        // moonshotai/Kimi-K2-Instruct: 1,026,408,232,448 parameters.
        Large("deepseek2", heads: 64, experts: 384, dense: 1, vocabulary: 163_840)
            .Check(1_026_408_232_448, 61 * Cached);

    [Fact]
    public void Glm_5_keeps_a_key_of_its_indexer_and_a_prediction_layer()
    {
        // zai-org/GLM-5: 753,864,139,008 elements, the prediction layer included, whose norms before attention and
        // MLP, their joint projection and the norms around it the file numbers as layer 78.
        var blueprint = new GgufBlueprint("glm-dsa", 79, 6144, 154_880, head: true)
            .Set("context_length", 202_752)
            .Set("nextn_predict_layers", 1)
            .Set("feed_forward_length", 12_288)
            .Set("attention.head_count", 64)
            .Set("attention.head_count_kv", 1)
            .Set("attention.key_length", 576)
            .Set("attention.value_length", 512)
            .Set("attention.key_length_mla", 256)
            .Set("attention.value_length_mla", 256)
            .Set("attention.q_lora_rank", 2048)
            .Set("attention.kv_lora_rank", 512)
            .Set("attention.indexer.head_count", 32)
            .Set("attention.indexer.key_length", 128)
            .Set("attention.indexer.top_k", 2048)
            .Set("rope.dimension_count", 64)
            .Set("leading_dense_block_count", 3)
            .Set("expert_shared_count", 1)
            .Experts(256, 8, 2048)
            .Tensors("output_norm.weight 6144")
            .Each(
                Enumerable.Range(0, 79),
                "attn_norm.weight 6144",
                "ffn_norm.weight 6144",
                "attn_q_a.weight 2048x6144",
                "attn_q_a_norm.weight 2048",
                "attn_q_b.weight 16384x2048",
                "attn_kv_a_mqa.weight 576x6144",
                "attn_kv_a_norm.weight 512",
                "attn_k_b.weight 64x512x192",
                "attn_v_b.weight 64x256x512",
                "attn_output.weight 6144x16384",
                "indexer.attn_q_b.weight 4096x2048",
                "indexer.attn_k.weight 128x6144",
                "indexer.k_norm.weight 128",
                "indexer.k_norm.bias 128",
                "indexer.proj.weight 32x6144"
            );
        Mlps(blueprint, 79, 3, 6144, 12_288, 2048, 256, shared: 2048)
            .Each([78], "nextn.eh_proj.weight 6144x12288", "nextn.enorm.weight 6144", "nextn.hnorm.weight 6144")
            .Each([78], "nextn.shared_head_norm.weight 6144");

        blueprint.Elements.ShouldBe(753_864_139_008);
        var architecture = blueprint.Read().Architecture;

        var stored = architecture.StoredFormat.ShouldBeOfType<StoredWeightFormat>();
        stored.Missing.ShouldBeEmpty();
        stored.Unlisted.ShouldBeEmpty();
        architecture.AllParameters().ShouldBe(753_864_139_008);
        architecture.CacheBytesPerToken().ShouldBe(78L * (576 + 128) * 2);
        architecture.Layers.ShouldAllBe(layer => !((Mixer.LatentAttention)layer).Indexer!.IsReused);
    }

    [Fact]
    public void A_folded_head_must_be_the_latent_and_its_rope()
    {
        var blueprint = Lite(
            Start()
                .Set("attention.key_length", 512)
                .Set("attention.key_length_mla", 192)
                .Set("attention.value_length_mla", 128),
            SplitLatent
        );

        blueprint.Refused().Message.ShouldContain("deepseek2.attention.key_length\": 512");
    }

    [Fact]
    public void Heads_of_another_width_than_the_tensors_are_refused()
    {
        var blueprint = Lite(
            Start()
                .Set("attention.key_length", 576)
                .Set("attention.key_length_mla", 128)
                .Set("attention.value_length_mla", 128),
            SplitLatent
        );

        blueprint.Refused().Place.ShouldBe("tensor \"blk.0.attn_q.weight\"");
    }

    private static GgufBlueprint Start() =>
        new GgufBlueprint("deepseek2", 27, 2048, 102_400, head: true)
            .Set("context_length", 163_840)
            .Set("feed_forward_length", 10_944)
            .Set("attention.head_count", 16)
            .Set("attention.kv_lora_rank", 512)
            .Set("rope.dimension_count", 64)
            .Set("leading_dense_block_count", 1)
            .Set("expert_shared_count", 2)
            .Experts(64, 6, 1408)
            .Tensors("output_norm.weight 2048");

    private static GgufBlueprint Folded(GgufBlueprint blueprint) =>
        blueprint
            .Set("attention.head_count_kv", 1)
            .Set("attention.key_length", 576)
            .Set("attention.value_length", 512)
            .Set("attention.key_length_mla", 192)
            .Set("attention.value_length_mla", 128);

    private static GgufBlueprint Unfolded(GgufBlueprint blueprint) =>
        blueprint
            .Set("attention.head_count_kv", 16)
            .Set("attention.key_length", 192)
            .Set("attention.value_length", 128);

    private static GgufBlueprint Lite(GgufBlueprint blueprint, params string[] latent)
    {
        blueprint.Each(
            Enumerable.Range(0, 27),
            [
                "attn_norm.weight 2048",
                "ffn_norm.weight 2048",
                "attn_q.weight 3072x2048",
                "attn_kv_a_mqa.weight 576x2048",
                "attn_kv_a_norm.weight 512",
                "attn_output.weight 2048x2048",
                .. latent,
            ]
        );
        return Mlps(blueprint, 27, 1, 2048, 10_944, 1408, 64, shared: 2816, correction: false);
    }

    private static GgufBlueprint Large(string name, int heads, int experts, int dense, int vocabulary)
    {
        var blueprint = new GgufBlueprint(name, 61, 7168, vocabulary, head: true)
            .Set("context_length", 131_072)
            .Set("feed_forward_length", 18_432)
            .Set("attention.head_count", heads)
            .Set("attention.head_count_kv", 1)
            .Set("attention.key_length", 576)
            .Set("attention.value_length", 512)
            .Set("attention.key_length_mla", 192)
            .Set("attention.value_length_mla", 128)
            .Set("attention.q_lora_rank", 1536)
            .Set("attention.kv_lora_rank", 512)
            .Set("rope.dimension_count", 64)
            .Set("leading_dense_block_count", dense)
            .Set("expert_shared_count", 1)
            .Experts(experts, 8, 2048)
            .Tensors("output_norm.weight 7168")
            .Each(
                Enumerable.Range(0, 61),
                "attn_norm.weight 7168",
                "ffn_norm.weight 7168",
                "attn_q_a.weight 1536x7168",
                "attn_q_a_norm.weight 1536",
                $"attn_q_b.weight {heads * 192}x1536",
                "attn_kv_a_mqa.weight 576x7168",
                "attn_kv_a_norm.weight 512",
                $"attn_k_b.weight {heads}x512x128",
                $"attn_v_b.weight {heads}x128x512",
                $"attn_output.weight 7168x{heads * 128}"
            );
        return Mlps(blueprint, 61, dense, 7168, 18_432, 2048, experts, shared: 2048);
    }

    private static GgufBlueprint Mlps(
        GgufBlueprint blueprint,
        int layers,
        int dense,
        int hidden,
        int wide,
        int narrow,
        int experts,
        int shared,
        bool correction = true
    ) =>
        blueprint
            .Each(
                Enumerable.Range(0, dense),
                $"ffn_gate.weight {wide}x{hidden}",
                $"ffn_up.weight {wide}x{hidden}",
                $"ffn_down.weight {hidden}x{wide}"
            )
            .Each(
                Enumerable.Range(dense, layers - dense),
                [
                    $"ffn_gate_inp.weight {experts}x{hidden}",
                    $"ffn_gate_exps.weight {experts}x{narrow}x{hidden}",
                    $"ffn_up_exps.weight {experts}x{narrow}x{hidden}",
                    $"ffn_down_exps.weight {experts}x{hidden}x{narrow}",
                    $"ffn_gate_shexp.weight {shared}x{hidden}",
                    $"ffn_up_shexp.weight {shared}x{hidden}",
                    $"ffn_down_shexp.weight {hidden}x{shared}",
                    .. (string[])(correction ? [$"exp_probs_b.bias {experts}"] : []),
                ]
            );
}
