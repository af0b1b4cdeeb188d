using CsCheck;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models;

public sealed class FamilyLawTests
{
    private static readonly Gen<Architecture> AnyGemma3 = Gen.Select(
        Gen.Int[1, 40],
        Gen.Int[1, 8],
        Gen.Int[1, 4096],
        Gen.Int[1, 7],
        (layers, kvHeads, window, pattern) =>
            FamilyExamples.Describe(
                $$"""
                { "model_type": "gemma3_text", "hidden_size": 64, "intermediate_size": 128, "vocab_size": 100,
                  "num_attention_heads": {{2 * kvHeads}}, "num_key_value_heads": {{kvHeads}}, "head_dim": 16,
                  "num_hidden_layers": {{layers}}, "sliding_window": {{window}},
                  "sliding_window_pattern": {{pattern}} }
                """
            )
    );

    [Fact]
    public void A_longer_sequence_never_needs_less_cache() =>
        Gen.Select(AnyGemma3, Gen.Long[0, 100_000], Gen.Long[0, 100_000])
            .Sample(
                (architecture, shorter, more) =>
                    architecture.Cache.At(shorter + more, BlockFormats.Bf16)
                    >= architecture.Cache.At(shorter, BlockFormats.Bf16)
            );

    [Fact]
    public void A_window_never_needs_more_cache_than_seeing_everything() =>
        Gen.Select(AnyGemma3, Gen.Long[0, 100_000])
            .Sample(
                (architecture, tokens) =>
                {
                    var full = Cache.Of([
                        .. architecture
                            .Layers.Cast<Mixer.Attention>()
                            .Select<Mixer.Attention, Mixer>(layer => layer with { Window = null }),
                    ]);
                    return architecture.Cache.At(tokens, BlockFormats.Bf16) <= full.At(tokens, BlockFormats.Bf16);
                }
            );

    [Fact]
    public void Leaving_layers_alone_never_changes_the_number_of_parameters() =>
        Gen.Int[0, 11]
            .Array[0, 12]
            .Sample(layers =>
            {
                var patterns = string.Join(", ", layers.Select(layer => $"\"model.layers.{layer}.*\""));
                var architecture = FamilyExamples.Describe(
                    $$"""
                    { "model_type": "llama", "vocab_size": 100, "hidden_size": 64, "intermediate_size": 128,
                      "num_attention_heads": 4, "num_hidden_layers": 12, "torch_dtype": "bfloat16",
                      "quantization_config": { "quant_method": "fp8", "ignore": [{{patterns}}] } }
                    """
                );
                architecture.Tensors.Parameters.ShouldBe(
                    2L * 100 * 64 + 64 + 12L * (4 * 64 * 64 + 3 * 64 * 128 + 2 * 64)
                );
            });
}
