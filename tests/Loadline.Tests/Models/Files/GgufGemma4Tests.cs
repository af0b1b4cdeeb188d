using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

/// <summary>Gemma 4 as llama.cpp's converter writes it, by its published sizes.</summary>
public sealed class GgufGemma4Tests
{
    [Fact]
    public void Gemma_4_26B_A4B_has_experts_beside_an_mlp_and_heads_of_two_sizes()
    {
        // google/gemma-4-26B-A4B-it: 30 layers of which every sixth sees all with 2 key-value heads of 512 that are
        // values too; the others see 1,024 tokens with 8 heads of 256. 128 experts of 704 beside an MLP of 2,112.
        const long Experts = 128L * 3 * 704 * 2816 + 128 * 2816 + 2816 + 128 + 3 * 2816;
        const long Both = Experts + 3L * 2112 * 2816 + 4 * 2816 + 1;
        const long Windowed = 2816L * (2 * 4096 + 2 * 2048) + 2 * 256;
        const long Full = 2816L * (2 * 8192 + 1024) + 2 * 512;
        int[] full = [5, 11, 17, 23, 29];
        var architecture = Start("gemma4", 30, 2816, 16, 1024)
            .Experts(128, 8, 704)
            .Set("feed_forward_length", 2112)
            .Set("embedding_length_per_layer_input", 0)
            .Set("attention.shared_kv_layers", 0)
            .SetPerLayer(
                "attention.head_count_kv",
                Enumerable.Range(0, 30).Select(layer => full.Contains(layer) ? 2 : 8)
            )
            .SetPerLayer(
                "attention.sliding_window_pattern",
                Enumerable.Range(0, 30).Select(layer => full.Contains(layer) ? 0 : 1)
            )
            .Each(
                Enumerable.Range(0, 30),
                [
                    .. Common(2816, 2112),
                    "ffn_gate_inp.weight 128x2816",
                    "ffn_gate_inp.scale 2816",
                    "ffn_gate_up_exps.weight 128x1408x2816",
                    "ffn_down_exps.weight 128x2816x704",
                    "ffn_down_exps.scale 128",
                    "post_ffw_norm_1.weight 2816",
                    "post_ffw_norm_2.weight 2816",
                    "pre_ffw_norm_2.weight 2816",
                ]
            )
            .Each(
                Enumerable.Range(0, 30).Except(full),
                [.. Queries(2816, 4096, 256), .. Keys(2816, 2048, 256), "attn_v.weight 2048x2816"]
            )
            .Each(full, [.. Queries(2816, 8192, 512), .. Keys(2816, 1024, 512)])
            .Check(30 * Both + 25 * Windowed + 5 * Full + 262_144L * 2816 + 2816, 5L * 2 * 2 * 512 * 2);

        architecture.Cache.Windows.ShouldHaveSingleItem().ShouldBe(new CacheWindow(1024, 25L * 2 * 8 * 256, 25));
    }

    [Fact]
    public void Gemma_4_E2B_embeds_every_layer_and_shares_keys_between_the_last_twenty()
    {
        // google/gemma-4-E2B-it: 35 layers, every fifth sees all with heads of 512; the last 20 read earlier keys and
        // have MLPs twice as wide. The checkpoint holds keys and values for them all the same, which nothing reads.
        var full = Enumerable.Range(1, 7).Select(number => 5 * number - 1).ToArray();
        var windowed = Enumerable.Range(0, 35).Except(full).ToArray();
        var blueprint = Start("gemma4", 35, 1536, 8, 512)
            .Set("attention.head_count_kv", 1)
            .Set("embedding_length_per_layer_input", 256)
            .Set("attention.shared_kv_layers", 20)
            .SetPerLayer("feed_forward_length", Enumerable.Range(0, 35).Select(layer => layer < 15 ? 6144 : 12_288))
            .SetPerLayer(
                "attention.sliding_window_pattern",
                Enumerable.Range(0, 35).Select(layer => full.Contains(layer) ? 0 : 1)
            )
            .Tensors(
                "per_layer_token_embd.weight 262144x8960",
                "per_layer_model_proj.weight 8960x1536",
                "per_layer_proj_norm.weight 256"
            )
            .Each(Enumerable.Range(0, 15), Common(1536, 6144))
            .Each(Enumerable.Range(15, 20), Common(1536, 12_288))
            .Each(Enumerable.Range(0, 35), "inp_gate.weight 256x1536", "proj.weight 1536x256", "post_norm.weight 1536")
            .Each(windowed, [.. Queries(1536, 2048, 256), .. Keys(1536, 256, 256), "attn_v.weight 256x1536"])
            .Each(full, [.. Queries(1536, 4096, 512), .. Keys(1536, 512, 512), "attn_v.weight 512x1536"]);
        // Of layers 15 to 34, four see all.
        const long Unused = 16 * (2L * 256 * 1536 + 256) + 4 * (2L * 512 * 1536 + 512);

        var architecture = blueprint.Read().Architecture;

        var stored = architecture.StoredFormat.ShouldBeOfType<StoredWeightFormat>();
        stored.Missing.ShouldBeEmpty();
        stored.Unlisted.Sum(tensor => tensor.Tensor.Elements).ShouldBe(Unused);
        architecture.Tensors.Parameters.ShouldBe(blueprint.Elements - Unused);
        stored.Total.Bytes.ShouldBe(blueprint.Bytes);
        // Three of the first 15 layers see all.
        architecture.CacheBytesPerToken().ShouldBe(3L * 2 * 512 * 2);
        architecture.Cache.Windows.ShouldHaveSingleItem().ShouldBe(new CacheWindow(512, 12L * 2 * 256, 12));
    }

    [Fact]
    public void Widths_that_differ_within_a_kind_of_layer_are_refused_by_name() =>
        Start("gemma4", 3, 64, 2, 16)
            .Set("attention.head_count_kv", 1)
            .Set("attention.shared_kv_layers", 1)
            .SetPerLayer("attention.sliding_window_pattern", [1, 1, 0])
            .SetPerLayer("feed_forward_length", [128, 192, 256])
            .Each([0, 1, 2], "attn_norm.weight 64")
            .Refused()
            .Message.ShouldContain("gemma4.feed_forward_length\": 128 in layer 0 and 192 in layer 1");

    private static GgufBlueprint Start(string name, int layers, int hidden, int heads, int window) =>
        new GgufBlueprint(name, layers, hidden, 262_144, head: false)
            .Set("context_length", 262_144)
            .Set("attention.head_count", heads)
            .Set("attention.key_length", 512)
            .Set("attention.value_length", 512)
            .Set("attention.key_length_swa", 256)
            .Set("attention.value_length_swa", 256)
            .Set("attention.sliding_window", window)
            .Tensors($"output_norm.weight {hidden}");

    private static string[] Common(int hidden, int width) =>
        [
            $"attn_norm.weight {hidden}",
            $"post_attention_norm.weight {hidden}",
            $"ffn_norm.weight {hidden}",
            $"post_ffw_norm.weight {hidden}",
            $"ffn_gate.weight {width}x{hidden}",
            $"ffn_up.weight {width}x{hidden}",
            $"ffn_down.weight {hidden}x{width}",
            "layer_output_scale.weight 1",
        ];

    private static string[] Queries(int hidden, int width, int size) =>
        [$"attn_q.weight {width}x{hidden}", $"attn_output.weight {hidden}x{width}", $"attn_q_norm.weight {size}"];

    private static string[] Keys(int hidden, int width, int size) =>
        [$"attn_k.weight {width}x{hidden}", $"attn_k_norm.weight {size}"];
}
