using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models;

public sealed class GemmaFamilyTests
{
    [Fact]
    public void Gemma_2_alternates_between_a_window_and_everything()
    {
        // google/gemma-2-9b-it: 9,241,705,984 parameters; arXiv 2408.00118, section 2: every other layer 4096.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "gemma2", "hidden_size": 3584, "intermediate_size": 14336, "num_attention_heads": 16,
              "num_key_value_heads": 8, "head_dim": 256, "num_hidden_layers": 42, "vocab_size": 256000,
              "max_position_embeddings": 8192, "sliding_window": 4096 }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(9_241_705_984);
        architecture.CacheBytesPerToken().ShouldBe(2L * 2 * 8 * 256 * 21);
        var window = architecture.Cache.Windows.ShouldHaveSingleItem();
        (window.Tokens, window.Layers).ShouldBe((4096, 21));
    }

    [Fact]
    public void Gemma_3_1B_takes_139_MiB_at_32768_tokens()
    {
        // google/gemma-3-1b-it: 999,885,952 parameters. 4 whole layers x 1 KiB x 32,768 tokens = 128 MiB,
        // 22 windowed layers x 1 KiB x 512 tokens = 11 MiB.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "gemma3_text", "hidden_size": 1152, "intermediate_size": 6912, "num_attention_heads": 4,
              "num_key_value_heads": 1, "head_dim": 256, "num_hidden_layers": 26, "vocab_size": 262144,
              "max_position_embeddings": 32768, "sliding_window": 512, "sliding_window_pattern": 6 }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(999_885_952);
        architecture.Cache.At(32_768, BlockFormats.Bf16).Bytes.ShouldBe(139L << 20);
    }

    [Fact]
    public void Gemma_3_27B_takes_10_41_GiB_at_131072_tokens()
    {
        var architecture = FamilyExamples.Describe(Gemma3("5376", "21504", 32, 16, 128, 62, 262_144));

        // 10 whole layers x 8 KiB x 131,072 tokens = 10 GiB, 52 windowed layers x 8 KiB x 1,024 tokens = 416 MiB.
        architecture.Cache.At(131_072, BlockFormats.Bf16).Bytes.ShouldBe((10L << 30) + (416L << 20));
    }

    [Theory]
    // google/gemma-3-4b-it and 27b-it: published element counts, and the language model of a vocabulary of 262,144.
    [InlineData("2560", "10240", 8, 4, 256, 34, 3_880_099_328, 4_300_079_472)]
    [InlineData("5376", "21504", 32, 16, 128, 62, 27_009_002_240, 27_432_406_640)]
    public void Gemma_3_adds_vision_projector_and_64_padding_rows_to_its_language_model(
        string hidden,
        string intermediate,
        int heads,
        int kvHeads,
        int headSize,
        int layers,
        long language,
        long published
    )
    {
        var plain = FamilyExamples.Describe(
            Gemma3(hidden, intermediate, heads, kvHeads, headSize, layers, vocabulary: 262_144)
        );
        var padded = FamilyExamples.Describe(
            Gemma3(hidden, intermediate, heads, kvHeads, headSize, layers, vocabulary: 262_208)
        );

        plain.Tensors.Parameters.ShouldBe(language);
        padded.AllParameters().ShouldBe(published);
        // SigLIP So400m: patches 678,528, positions 4,718,592, 27 layers of 15,239,504, last norm 2,304.
        plain.Tensors.ParametersOf(ModelPart.Vision).ShouldBe(416_866_032);
        plain.Tensors.ParametersOf(ModelPart.Projector).ShouldBe(1152L * plain.HiddenSize + 1152);
    }

    [Fact]
    public void Layer_types_decide_over_the_pattern()
    {
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "gemma3_text", "hidden_size": 640, "intermediate_size": 2048, "num_attention_heads": 4,
              "num_key_value_heads": 1, "head_dim": 256, "num_hidden_layers": 3, "vocab_size": 262144,
              "sliding_window": 512,
              "layer_types": ["full_attention", "sliding_attention", "full_attention"] }
            """
        );

        architecture.CacheBytesPerToken().ShouldBe(2L * 2 * 256 * 2);
        architecture.Cache.Windows.ShouldHaveSingleItem().Layers.ShouldBe(1);
    }

    [Fact]
    public void A_list_of_layer_types_of_the_wrong_length_is_refused()
    {
        var refusal = Should.Throw<BadContentException>(() =>
            FamilyExamples.Describe(
                """
                { "model_type": "gemma3_text", "hidden_size": 640, "intermediate_size": 2048,
                  "num_attention_heads": 4, "num_hidden_layers": 3, "vocab_size": 262144,
                  "layer_types": ["full_attention"] }
                """
            )
        );

        refusal.Place.ShouldBe("$.layer_types");
    }

    private static string Gemma3(
        string hidden,
        string intermediate,
        int heads,
        int kvHeads,
        int headSize,
        int layers,
        int vocabulary
    ) =>
        $$"""
            { "model_type": "gemma3", "torch_dtype": "bfloat16",
              "text_config": { "model_type": "gemma3_text", "hidden_size": {{hidden}},
                "intermediate_size": {{intermediate}}, "num_attention_heads": {{heads}},
                "num_key_value_heads": {{kvHeads}}, "head_dim": {{headSize}}, "num_hidden_layers": {{layers}},
                "vocab_size": {{vocabulary}}, "max_position_embeddings": 131072, "sliding_window": 1024,
                "sliding_window_pattern": 6 },
              "vision_config": { "hidden_size": 1152, "image_size": 896, "intermediate_size": 4304,
                "num_attention_heads": 16, "num_channels": 3, "num_hidden_layers": 27, "patch_size": 14,
                "vision_use_head": false } }
            """;
}
