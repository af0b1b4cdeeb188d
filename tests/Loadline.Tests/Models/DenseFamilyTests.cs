using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models;

/// <summary>
/// Parameters are the element counts of the published safetensors files, cache bytes are 2 bytes x (keys + values) x
/// heads x head size x layers of the published configurations.
/// </summary>
public sealed class DenseFamilyTests
{
    [Theory]
    // openai-community/gpt2 and gpt2-xl, Radford et al. 2019: 124M and 1.5B.
    [InlineData(768, 12, 12, 124_439_808)]
    [InlineData(1600, 48, 25, 1_557_611_200)]
    public void Gpt2_counts_its_tied_embedding_once(int width, int layers, int heads, long parameters)
    {
        var architecture = FamilyExamples.Describe(
            $$"""
            { "model_type": "gpt2", "vocab_size": 50257, "n_positions": 1024, "n_embd": {{width}},
              "n_layer": {{layers}}, "n_head": {{heads}} }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(parameters);
        architecture.CacheBytesPerToken().ShouldBe(2L * 2 * width * layers);
    }

    [Theory]
    // meta-llama/Llama-3.1-8B, 70B and 405B.
    [InlineData(4096, 14336, 32, 32, 8_030_261_248, 131_072)]
    [InlineData(8192, 28672, 64, 80, 70_553_706_496, 327_680)]
    [InlineData(16384, 53248, 128, 126, 405_853_388_800, 516_096)]
    public void Llama_3_1_has_the_parameters_of_its_published_checkpoints(
        int hidden,
        int intermediate,
        int heads,
        int layers,
        long parameters,
        long cacheBytes
    )
    {
        var architecture = FamilyExamples.Describe(
            $$"""
            { "model_type": "llama", "vocab_size": 128256, "hidden_size": {{hidden}},
              "intermediate_size": {{intermediate}}, "num_attention_heads": {{heads}}, "num_key_value_heads": 8,
              "num_hidden_layers": {{layers}}, "max_position_embeddings": 131072 }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(parameters);
        architecture.Tensors.ActiveParameters.ShouldBe(parameters);
        architecture.CacheBytesPerToken().ShouldBe(cacheBytes);
        architecture.MaximumContext.ShouldBe(131_072);
    }

    private const string Mistral = """
        "model_type": "mistral", "hidden_size": 4096, "intermediate_size": 14336, "num_attention_heads": 32,
        "num_key_value_heads": 8, "num_hidden_layers": 32, "max_position_embeddings": 32768
        """;

    [Fact]
    public void Mistral_v0_1_remembers_4096_tokens_even_when_its_file_leaves_the_window_out()
    {
        // mistralai/Mistral-7B-v0.1: 7,241,732,096 parameters; arXiv 2310.06825, table 1: window 4096.
        var architecture = FamilyExamples.Describe($$"""{ {{Mistral}}, "vocab_size": 32000, "rope_theta": 10000.0 }""");

        architecture.Tensors.Parameters.ShouldBe(7_241_732_096);
        architecture.CacheBytesPerToken().ShouldBe(0);
        var window = architecture.Cache.Windows.ShouldHaveSingleItem();
        (window.Tokens, window.Layers).ShouldBe((4096, 32));
        architecture.Cache.At(32_768, BlockFormats.Bf16).Bytes.ShouldBe(131_072L * 4096);
    }

    [Fact]
    public void Mistral_v0_3_says_null_for_its_window_and_remembers_everything()
    {
        // mistralai/Mistral-7B-Instruct-v0.3: 7,248,023,552 parameters.
        var architecture = FamilyExamples.Describe(
            $$"""{ {{Mistral}}, "vocab_size": 32768, "rope_theta": 1000000.0, "sliding_window": null }"""
        );

        architecture.Tensors.Parameters.ShouldBe(7_248_023_552);
        architecture.CacheBytesPerToken().ShouldBe(131_072);
        architecture.Cache.Windows.ShouldBeEmpty();
    }

    [Fact]
    public void Mistral_Nemo_has_a_head_size_that_its_hidden_size_does_not_give()
    {
        // mistralai/Mistral-Nemo-Instruct-2407: the configuration gives 12,247,782,400; heads of 128, not 160.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "mistral", "hidden_size": 5120, "intermediate_size": 14336, "num_attention_heads": 32,
              "head_dim": 128, "num_key_value_heads": 8, "num_hidden_layers": 40, "max_position_embeddings": 131072,
              "sliding_window": null, "vocab_size": 131072 }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(12_247_782_400);
        architecture.CacheBytesPerToken().ShouldBe(163_840);
    }

    private const string Qwen25 = """
        "model_type": "qwen2", "hidden_size": 896, "intermediate_size": 4864, "num_attention_heads": 14,
        "num_key_value_heads": 2, "num_hidden_layers": 24, "vocab_size": 151936, "tie_word_embeddings": true,
        "max_position_embeddings": 131072, "sliding_window": 32768, "max_window_layers": 21
        """;

    [Fact]
    public void Qwen_2_5_states_a_window_that_it_does_not_use()
    {
        // Qwen/Qwen2.5-0.5B: 494,032,768 parameters.
        var architecture = FamilyExamples.Describe($$"""{ {{Qwen25}}, "use_sliding_window": false }""");

        architecture.Tensors.Parameters.ShouldBe(494_032_768);
        architecture.CacheBytesPerToken().ShouldBe(2L * 2 * 2 * 64 * 24);
        architecture.Cache.Windows.ShouldBeEmpty();
    }

    [Fact]
    public void Qwen_2_5_with_its_window_on_keeps_the_first_layers_whole()
    {
        var architecture = FamilyExamples.Describe($$"""{ {{Qwen25}}, "use_sliding_window": true }""");

        architecture.CacheBytesPerToken().ShouldBe(2L * 2 * 2 * 64 * 21);
        architecture.Cache.Windows.ShouldHaveSingleItem().Layers.ShouldBe(3);
    }

    [Fact]
    public void Qwen_3_8B_has_the_parameters_of_its_published_checkpoint()
    {
        // Qwen/Qwen3-8B: 8,190,735,360 parameters.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "qwen3", "hidden_size": 4096, "intermediate_size": 12288, "num_attention_heads": 32,
              "num_key_value_heads": 8, "num_hidden_layers": 36, "vocab_size": 151936, "head_dim": 128,
              "max_position_embeddings": 40960, "tie_word_embeddings": false }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(8_190_735_360);
        architecture.CacheBytesPerToken().ShouldBe(147_456);
    }

    [Fact]
    public void Phi_2_biases_even_its_head()
    {
        // microsoft/phi-2: 2,779,683,840 parameters.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "phi", "hidden_size": 2560, "intermediate_size": 10240, "num_attention_heads": 32,
              "num_key_value_heads": 32, "num_hidden_layers": 32, "vocab_size": 51200,
              "max_position_embeddings": 2048, "tie_word_embeddings": false }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(2_779_683_840);
    }

    [Fact]
    public void Phi_3_mini_4k_sees_2047_tokens_and_the_128k_one_everything()
    {
        // microsoft/Phi-3-mini-4k-instruct: 3,821,079,552 parameters.
        const string Sizes = """
            "model_type": "phi3", "hidden_size": 3072, "intermediate_size": 8192, "num_attention_heads": 32,
            "num_key_value_heads": 32, "num_hidden_layers": 32, "vocab_size": 32064
            """;
        var shorter = FamilyExamples.Describe(
            $$"""{ {{Sizes}}, "max_position_embeddings": 4096, "sliding_window": 2047 }"""
        );
        var longer = FamilyExamples.Describe(
            $$"""{ {{Sizes}}, "max_position_embeddings": 131072, "sliding_window": 262144 }"""
        );

        shorter.Tensors.Parameters.ShouldBe(3_821_079_552);
        shorter.Cache.Windows.ShouldHaveSingleItem().Tokens.ShouldBe(2047);
        longer.Tensors.Parameters.ShouldBe(3_821_079_552);
        longer.CacheBytesPerToken().ShouldBe(393_216);
    }

    [Theory]
    // microsoft/phi-4 and microsoft/Phi-4-mini-instruct, whose embedding is tied.
    [InlineData(5120, 17920, 40, 10, 40, 100_352, false, 14_659_507_200, 204_800)]
    [InlineData(3072, 8192, 24, 8, 32, 200_064, true, 3_836_021_760, 131_072)]
    public void Phi_4_is_described_by_the_family_of_phi_3(
        int hidden,
        int intermediate,
        int heads,
        int kvHeads,
        int layers,
        int vocabulary,
        bool tied,
        long parameters,
        long cacheBytes
    )
    {
        var architecture = FamilyExamples.Describe(
            $$"""
            { "model_type": "phi3", "hidden_size": {{hidden}}, "intermediate_size": {{intermediate}},
              "num_attention_heads": {{heads}}, "num_key_value_heads": {{kvHeads}},
              "num_hidden_layers": {{layers}}, "vocab_size": {{vocabulary}},
              "tie_word_embeddings": {{(tied ? "true" : "false")}} }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(parameters);
        architecture.CacheBytesPerToken().ShouldBe(cacheBytes);
    }

    [Fact]
    public void A_family_that_nobody_knows_is_refused_with_those_that_are()
    {
        var refusal = Should.Throw<BadContentException>(() => FamilyExamples.Describe("""{ "model_type": "eliza" }"""));

        refusal.Place.ShouldBe("$.model_type");
        refusal.Message.ShouldContain("eliza");
        refusal.Message.ShouldContain("llama");
    }

    [Fact]
    public void A_missing_size_is_refused_by_name()
    {
        var refusal = Should.Throw<BadContentException>(() =>
            FamilyExamples.Describe("""{ "model_type": "llama", "hidden_size": 4096, "num_attention_heads": 32 }""")
        );

        refusal.Place.ShouldBe("$.vocab_size");
        refusal.Found.ShouldBe("missing");
    }

    [Fact]
    public void Sizes_whose_product_is_beyond_counting_are_refused_and_do_not_overflow()
    {
        var refusal = Should.Throw<BadContentException>(() =>
            FamilyExamples.Describe(
                """
                { "model_type": "llama", "vocab_size": 2147483647, "hidden_size": 2147483647,
                  "intermediate_size": 2147483647, "num_attention_heads": 1, "num_hidden_layers": 9999 }
                """
            )
        );

        refusal.Place.ShouldBe("$");
    }

    [Theory]
    [InlineData("\"num_key_value_heads\": 5", "$.num_key_value_heads")]
    [InlineData("\"num_key_value_heads\": 8, \"num_hidden_layers\": 2000000000", "$.num_hidden_layers")]
    public void A_size_that_contradicts_another_is_refused(string fields, string place)
    {
        var layers = fields.Contains("num_hidden_layers") ? "" : ", \"num_hidden_layers\": 32";
        var refusal = Should.Throw<BadContentException>(() =>
            FamilyExamples.Describe(
                $$"""
                { "model_type": "llama", "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 14336,
                  "num_attention_heads": 32, {{fields}}{{layers}} }
                """
            )
        );

        refusal.Place.ShouldBe(place);
    }
}
