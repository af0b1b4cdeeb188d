using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

/// <summary>
/// Qwen's gated delta nets with attention between them, as llama.cpp's converter writes them, by their published sizes.
/// </summary>
public sealed class GgufQwenHybridTests
{
    [Theory]
    [InlineData("attn_qkv.weight 8192x2048", "attn_gate.weight 4096x2048")]
    [InlineData("ssm_in.weight 12288x2048")]
    public void Qwen3_Next_attends_in_every_fourth_layer(params string[] inputs)
    {
        // Qwen/Qwen3-Next-80B-A3B-Instruct: 81,324,862,720 elements, of which GGUF leaves out the prediction layer:
        // attention and experts of one layer, two norms before, two beside and one after, and a joint projection.
        const long Experts = 512L * 3 * 512 * 2048 + 512 * 2048 + 3L * 512 * 2048 + 2048;
        const long Attention = 8192L * 2048 + 2 * 512 * 2048 + 2048L * 4096 + 2 * 256;
        const long Prediction = Experts + Attention + 5 * 2048 + 2L * 2048 * 2048;
        var architecture = Hybrid("qwen3next", 48, 48, 2048, 151_936, heads: 16, keys: 2, head: true)
            .Experts(512, 10, 512)
            .Set("expert_shared_feed_forward_length", 512)
            .Each(Delta(48), ["ssm_ba.weight 64x2048", .. inputs])
            .Each(Enumerable.Range(0, 48), RoutedOf(512))
            .Check(81_324_862_720 - Prediction, 12L * 2 * 2 * 256 * 2);

        architecture.Cache.StatePerSequence.Bytes.ShouldBe(36L * (32 * 128 * 128 + 3 * 8192) * 4);
    }

    [Fact]
    public void Qwen3_5_4B_is_dense_and_tied()
    {
        // Qwen/Qwen3.5-4B: the language model of a checkpoint of 4,659,865,088 elements with its vision tower.
        const long Delta = (8192L + 4096) * 2560 + 2 * 32 * 2560 + 4 * 8192 + 2 * 32 + 128 + 2560L * 4096;
        const long Attention = (8192L + 2 * 1024) * 2560 + 2560L * 4096 + 2 * 256;
        const long Rest = 3L * 9216 * 2560 + 2 * 2560;
        Hybrid("qwen35", 32, 32, 2560, 248_320, heads: 16, keys: 4, head: false)
            .Set("feed_forward_length", 9216)
            .Each(
                GgufQwenHybridTests.Delta(32),
                "attn_qkv.weight 8192x2560",
                "attn_gate.weight 4096x2560",
                "ssm_beta.weight 32x2560",
                "ssm_alpha.weight 32x2560"
            )
            .Each(
                Enumerable.Range(0, 32),
                "ffn_gate.weight 9216x2560",
                "ffn_up.weight 9216x2560",
                "ffn_down.weight 2560x9216"
            )
            .Check(24 * Delta + 8 * Attention + 32 * Rest + 248_320L * 2560 + 2560, 8L * 2 * 4 * 256 * 2)
            .Family.ShouldBe("qwen-hybrid");
    }

    [Fact]
    public void Qwen3_5_35B_A3B_brings_its_prediction_layer_along()
    {
        // Qwen/Qwen3.5-35B-A3B: 35,951,822,704 elements with a vision tower of 27 blocks of 1,152, patches of 2 x 16 x
        // 16, 2,304 positions and a merger of four patches into 2,048.
        const long Block = 4 * 1152 + 4L * 1152 * 1152 + 4 * 1152 + 2L * 1152 * 4304 + 4304 + 1152;
        const long Merger = 2 * 1152 + 4608L * 4608 + 4608 + 4608L * 2048 + 2048;
        const long Vision = 27 * Block + 3L * 2 * 16 * 16 * 1152 + 1152 + 2304L * 1152 + Merger;
        var blueprint = Hybrid("qwen35moe", 41, 40, 2048, 248_320, heads: 16, keys: 2, head: true)
            .Experts(256, 8, 512)
            .Set("nextn_predict_layers", 1)
            .Set("expert_shared_feed_forward_length", 512)
            .Each(
                Delta(40),
                "attn_qkv.weight 8192x2048",
                "attn_gate.weight 4096x2048",
                "ssm_beta.weight 32x2048",
                "ssm_alpha.weight 32x2048"
            )
            .Each(Enumerable.Range(0, 41), RoutedOf(256))
            .Each(
                [40],
                "nextn.eh_proj.weight 2048x4096",
                "nextn.enorm.weight 2048",
                "nextn.hnorm.weight 2048",
                "nextn.shared_head_norm.weight 2048"
            );

        blueprint.Elements.ShouldBe(35_951_822_704 - Vision);
        var architecture = blueprint.Read().Architecture;
        var stored = architecture.StoredFormat.ShouldBeOfType<StoredWeightFormat>();
        stored.Missing.ShouldBeEmpty();
        stored.Unlisted.ShouldBeEmpty();
        architecture.AllParameters().ShouldBe(blueprint.Elements);
        architecture.Layers.Length.ShouldBe(40);
        architecture.CacheBytesPerToken().ShouldBe(10L * 2 * 2 * 256 * 2);
    }

    private static IEnumerable<int> Delta(int layers) =>
        Enumerable.Range(0, layers).Where(layer => (layer + 1) % 4 != 0);

    /// <summary>What all of Qwen's hybrids share: 16 key and 32 value heads of 128, attention with heads of 256.</summary>
    private static GgufBlueprint Hybrid(
        string name,
        int blocks,
        int layers,
        int hidden,
        int vocabulary,
        int heads,
        int keys,
        bool head
    ) =>
        new GgufBlueprint(name, blocks, hidden, vocabulary, head)
            .Set("context_length", 262_144)
            .Set("full_attention_interval", 4)
            .Set("ssm.conv_kernel", 4)
            .Set("ssm.state_size", 128)
            .Set("ssm.group_count", 16)
            .Set("ssm.time_step_rank", 32)
            .Set("ssm.inner_size", 4096)
            .Heads(heads, keys, 256)
            .Tensors($"output_norm.weight {hidden}")
            .Each(Enumerable.Range(0, blocks), $"attn_norm.weight {hidden}", $"post_attention_norm.weight {hidden}")
            .Each(
                Delta(layers),
                "ssm_conv1d.weight 8192x4",
                "ssm_dt.bias 32",
                "ssm_a 32",
                "ssm_norm.weight 128",
                $"ssm_out.weight {hidden}x4096"
            )
            .Each(
                Enumerable.Range(0, blocks).Except(Delta(layers)),
                $"attn_q.weight {2 * heads * 256}x{hidden}",
                $"attn_k.weight {keys * 256}x{hidden}",
                $"attn_v.weight {keys * 256}x{hidden}",
                $"attn_output.weight {hidden}x{heads * 256}",
                "attn_q_norm.weight 256",
                "attn_k_norm.weight 256"
            );

    private static string[] RoutedOf(int experts) =>
        [
            $"ffn_gate_inp.weight {experts}x2048",
            $"ffn_gate_exps.weight {experts}x512x2048",
            $"ffn_up_exps.weight {experts}x512x2048",
            $"ffn_down_exps.weight {experts}x2048x512",
            "ffn_gate_inp_shexp.weight 2048",
            "ffn_gate_shexp.weight 512x2048",
            "ffn_up_shexp.weight 512x2048",
            "ffn_down_shexp.weight 2048x512",
        ];
}
