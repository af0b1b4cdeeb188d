using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

/// <summary>Metadata that may be one number for all layers or one for each.</summary>
public sealed class GgufPerLayerTests
{
    [Theory]
    [InlineData(new[] { 1, 0, 1, 0 }, 2)]
    [InlineData(new[] { 0, 0, 0, 0 }, 4)]
    public void A_list_of_windowed_layers_goes_before_the_architectures_own_period(int[] windowed, int full) =>
        Small("gemma2")
            .Set("attention.sliding_window", 16)
            .SetPerLayer("attention.sliding_window_pattern", windowed)
            .Read()
            .Architecture.CacheBytesPerToken()
            .ShouldBe(full * 2L * 2 * 32 * 2);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 4)]
    [InlineData(4, 1)]
    public void A_period_leaves_the_last_layer_of_each_group_without_a_window(int period, int full) =>
        Small("gemma2")
            .Set("attention.sliding_window", 16)
            .Set("attention.sliding_window_pattern", period)
            .Read()
            .Architecture.CacheBytesPerToken()
            .ShouldBe(full * 2L * 2 * 32 * 2);

    [Theory]
    [InlineData("attention.sliding_window_pattern", new[] { 1, 0 })]
    [InlineData("attention.sliding_window_pattern", new[] { 1, 0, 1, 0, 1 })]
    [InlineData("feed_forward_length", new[] { 96, 96, 96, 64 })]
    [InlineData("attention.head_count", new[] { 4, 4, 2, 4 })]
    public void A_list_that_does_not_hold_for_the_layers_is_refused_by_its_key(string field, int[] values) =>
        Small("gemma2", without: field)
            .Set("attention.sliding_window", 16)
            .SetPerLayer(field, values)
            .Refused()
            .Place.ShouldBe($"metadata \"gemma2.{field}\"");

    private static GgufBlueprint Small(string name, string without = "")
    {
        var blueprint = new GgufBlueprint(name, 4, 64, 10, head: false)
            .Set("context_length", 64)
            .Set("attention.head_count_kv", 2)
            .Set("attention.key_length", 32)
            .Set("attention.value_length", 32)
            .Tensors("output_norm.weight 64")
            .Each(Enumerable.Range(0, 4), "attn_norm.weight 64", "post_attention_norm.weight 64")
            .Each(Enumerable.Range(0, 4), "ffn_norm.weight 64", "post_ffw_norm.weight 64")
            .Each(
                Enumerable.Range(0, 4),
                "attn_q.weight 128x64",
                "attn_k.weight 64x64",
                "attn_v.weight 64x64",
                "attn_output.weight 64x128",
                "ffn_gate.weight 96x64",
                "ffn_up.weight 96x64",
                "ffn_down.weight 64x96"
            );
        if (without != "feed_forward_length")
            blueprint.Set("feed_forward_length", 96);
        if (without != "attention.head_count")
            blueprint.Set("attention.head_count", 4);
        return blueprint;
    }
}
