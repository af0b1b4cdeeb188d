using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models;

public sealed class MoeFamilyTests
{
    [Theory]
    // mistralai/Mixtral-8x7B-v0.1 and 8x22B-v0.1; two of eight experts per token.
    [InlineData(4096, 14336, 32, 32, 32_000, 46_702_792_704, 12_879_925_248)]
    [InlineData(6144, 16384, 48, 56, 32_000, 140_620_634_112, 39_152_031_744)]
    public void Mixtral_uses_two_of_eight_experts(
        int hidden,
        int intermediate,
        int heads,
        int layers,
        int vocabulary,
        long parameters,
        long active
    )
    {
        var architecture = FamilyExamples.Describe(
            $$"""
            { "model_type": "mixtral", "hidden_size": {{hidden}}, "intermediate_size": {{intermediate}},
              "num_attention_heads": {{heads}}, "num_key_value_heads": 8, "num_hidden_layers": {{layers}},
              "num_local_experts": 8, "num_experts_per_tok": 2, "vocab_size": {{vocabulary}},
              "sliding_window": null }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(parameters);
        architecture.Tensors.ActiveParameters.ShouldBe(active);
    }

    private const string Qwen3Moe = """
        "model_type": "qwen3_moe", "hidden_size": 2048, "intermediate_size": 6144, "moe_intermediate_size": 768,
        "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 128, "num_hidden_layers": 48,
        "num_experts": 128, "num_experts_per_tok": 8, "vocab_size": 151936, "max_position_embeddings": 40960,
        "torch_dtype": "bfloat16"
        """;

    [Fact]
    public void Qwen_3_30B_A3B_has_30_5_billion_parameters_and_uses_3_3()
    {
        // Qwen/Qwen3-30B-A3B.
        var architecture = FamilyExamples.Describe($$"""{ {{Qwen3Moe}} }""");

        architecture.Tensors.Parameters.ShouldBe(30_532_122_624);
        architecture.Tensors.ActiveParameters.ShouldBe(3_353_032_704);
        architecture.CacheBytesPerToken().ShouldBe(98_304);
    }

    [Fact]
    public void A_layer_listed_as_dense_trades_its_experts_for_one_mlp()
    {
        var sparse = FamilyExamples.Describe($$"""{ {{Qwen3Moe}} }""");
        var mixed = FamilyExamples.Describe($$"""{ {{Qwen3Moe}}, "mlp_only_layers": [0] }""");

        var experts = 128L * 3 * 2048 * 768 + 128L * 2048;
        var mlp = 3L * 2048 * 6144;
        mixed.Tensors.Parameters.ShouldBe(sparse.Tensors.Parameters - experts + mlp);
    }

    [Fact]
    public void A_sparse_step_of_two_leaves_every_second_layer_dense()
    {
        var architecture = FamilyExamples.Describe($$"""{ {{Qwen3Moe}}, "decoder_sparse_step": 2 }""");

        var routers = architecture.Tensors.Tensors.Single(tensor => tensor.Role == TensorRole.Router);
        routers.Layers.Length.ShouldBe(24);
        routers.Layers[0].ShouldBe(1);
    }

    [Fact]
    public void More_active_experts_than_there_are_is_refused()
    {
        var config = Qwen3Moe.Replace("\"num_experts_per_tok\": 8", "\"num_experts_per_tok\": 129");

        Should
            .Throw<BadContentException>(() => FamilyExamples.Describe($$"""{ {{config}} }"""))
            .Place.ShouldBe("$.num_experts_per_tok");
    }

    [Theory]
    // openai/gpt-oss-20b and 120b, arXiv 2508.10925, table 1: 20.91B and 116.83B, 3.61B and 5.13B active without
    // the input embedding; with it and the biases 4.19B and 5.71B.
    [InlineData(24, 32, 20_914_757_184, 4_187_440_704, 24_576)]
    [InlineData(36, 128, 116_829_156_672, 5_711_982_912, 36_864)]
    public void Gpt_oss_alternates_windows_and_stores_its_experts_in_mxfp4(
        int layers,
        int experts,
        long parameters,
        long active,
        long cacheBytes
    )
    {
        var architecture = FamilyExamples.Describe(GptOss(layers, experts));

        architecture.Tensors.Parameters.ShouldBe(parameters);
        architecture.Tensors.ActiveParameters.ShouldBe(active);
        architecture.CacheBytesPerToken().ShouldBe(cacheBytes);
        var window = architecture.Cache.Windows.ShouldHaveSingleItem();
        (window.Tokens, window.ElementsPerToken * 2, window.Layers).ShouldBe((128, cacheBytes, layers / 2));
    }

    [Theory]
    // The published element counts count both codes of a byte and, beside them, every scale: one for 32 weights.
    [InlineData(24, 32, 21_511_953_984)]
    [InlineData(36, 128, 120_412_337_472)]
    public void Gpt_oss_published_counts_are_its_parameters_and_the_scales_of_its_experts(
        int layers,
        int experts,
        long published
    )
    {
        var architecture = FamilyExamples.Describe(GptOss(layers, experts));
        var stored = architecture.StoredFormat.ShouldNotBeNull();

        var scales = architecture
            .Tensors.Tensors.Where(tensor => stored.FormatOf(tensor) == BlockFormats.Mxfp4)
            .Sum(tensor => tensor.Parameters / 32);
        (architecture.Tensors.Parameters + scales).ShouldBe(published);
    }

    [Fact]
    public void Gpt_oss_20b_is_stored_in_12_8_GiB()
    {
        // Experts at 17 bytes for 32 weights, everything else, biases and routers included, at 2 bytes.
        var architecture = FamilyExamples.Describe(GptOss(24, 32));

        const long Experts = 24L * 32 * (5760 * 2880 + 2880 * 2880);
        architecture
            .Tensors.SizeIn(architecture.StoredFormat!)
            .Bytes.ShouldBe(Experts / 32 * 17 + 2 * (20_914_757_184 - Experts));
    }

    private static string GptOss(int layers, int experts) =>
        $$"""
            { "model_type": "gpt_oss", "hidden_size": 2880, "intermediate_size": 2880, "num_attention_heads": 64,
              "num_key_value_heads": 8, "head_dim": 64, "num_hidden_layers": {{layers}},
              "num_local_experts": {{experts}}, "num_experts_per_tok": 4, "vocab_size": 201088,
              "max_position_embeddings": 131072, "sliding_window": 128,
              "quantization_config": { "quant_method": "mxfp4", "modules_to_not_convert":
                ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"] } }
            """;
}
