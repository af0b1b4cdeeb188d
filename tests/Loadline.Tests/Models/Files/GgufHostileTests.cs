using CsCheck;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

/// <summary>Metadata that nobody wrote in good faith.</summary>
public sealed class GgufHostileTests
{
    private static readonly string[] Fields =
    [
        "context_length",
        "feed_forward_length",
        "expert_feed_forward_length",
        "expert_shared_feed_forward_length",
        "expert_count",
        "expert_used_count",
        "expert_shared_count",
        "leading_dense_block_count",
        "nextn_predict_layers",
        "interleave_moe_layer_step",
        "full_attention_interval",
        "embedding_length_per_layer_input",
        "moe_latent_size",
        "shortconv.l_cache",
        "rope.dimension_count",
        "attention.head_count",
        "attention.head_count_kv",
        "attention.key_length",
        "attention.value_length",
        "attention.key_length_mla",
        "attention.value_length_mla",
        "attention.key_length_swa",
        "attention.q_lora_rank",
        "attention.kv_lora_rank",
        "attention.sliding_window",
        "attention.sliding_window_pattern",
        "attention.shared_kv_layers",
        "attention.indexer.head_count",
        "attention.indexer.key_length",
        "attention.indexer.top_k",
        "ssm.conv_kernel",
        "ssm.inner_size",
        "ssm.state_size",
        "ssm.time_step_rank",
        "ssm.group_count",
    ];

    private static readonly string[] Architectures =
    [
        .. new GgufBlueprint("none", 1, 8, 8, head: false).Refused().Expected["one of ".Length..].Split(", "),
    ];

    private static readonly int[] Numbers = [0, 1, 1, 2, 4, 8, 32, 64, int.MaxValue];

    private static readonly Gen<int> Sizes = Gen.Int[0, Numbers.Length - 1].Select(index => Numbers[index]);

    /// <summary>Absent, a number, or one number for each layer; mostly small, so that some of them fit.</summary>
    private static readonly Gen<int[]> Value = Gen.Frequency(
        (1, Gen.Const<int[]>([])),
        (4, Sizes.Array[1]),
        (2, Sizes.Array[2, 3])
    );

    [Fact]
    public void Any_metadata_is_a_model_or_a_refusal_that_names_the_file() =>
        Gen.Select(
                Gen.Int[0, Architectures.Length - 1].Select(index => Architectures[index]),
                Value.Array[Fields.Length]
            )
            .Sample(
                (architecture, values) =>
                {
                    var blueprint = new GgufBlueprint(architecture, 3, 64, 10, head: true).Each(
                        [0, 1, 2],
                        "attn_norm.weight 64",
                        "attn_q.weight 64x64",
                        "ffn_gate_inp.weight 4x64"
                    );
                    for (var field = 0; field < Fields.Length; field++)
                    {
                        if (values[field] is [var value])
                            blueprint.Set(Fields[field], value);
                        else if (values[field].Length > 0)
                            blueprint.SetPerLayer(Fields[field], values[field]);
                    }
                    try
                    {
                        blueprint.Read().Architecture.Layers.Length.ShouldBeInRange(1, 3);
                    }
                    catch (BadContentException exception)
                    {
                        exception.Message.ShouldStartWith("model.gguf");
                    }
                },
                iter: 5_000
            );

    [Fact]
    public void Every_architecture_is_told_when_one_is_unknown() => Architectures.Length.ShouldBeGreaterThan(50);
}
