using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models;

public sealed class LatentFamilyTests
{
    private const string Fp8 = """
        "torch_dtype": "bfloat16",
        "quantization_config": { "quant_method": "fp8", "weight_block_size": [128, 128] }
        """;

    private const string DeepSeekV3 = """
        "hidden_size": 7168, "intermediate_size": 18432, "moe_intermediate_size": 2048, "num_hidden_layers": 61,
        "num_attention_heads": 128, "num_key_value_heads": 128, "q_lora_rank": 1536, "kv_lora_rank": 512,
        "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "first_k_dense_replace": 3,
        "moe_layer_freq": 1, "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 8,
        "num_nextn_predict_layers": 1, "topk_method": "noaux_tc", "vocab_size": 129280,
        "max_position_embeddings": 163840, "tie_word_embeddings": false
        """;

    [Fact]
    public void DeepSeek_V3_caches_one_latent_vector_per_token_and_layer()
    {
        // deepseek-ai/DeepSeek-V3, arXiv 2412.19437: 671B, 37B active; 61 layers x (512 + 64) x 2 bytes.
        var architecture = FamilyExamples.Describe($$"""{ "model_type": "deepseek_v3", {{DeepSeekV3}}, {{Fp8}} }""");

        architecture.Tensors.Parameters.ShouldBe(671_026_419_200);
        architecture.Tensors.ActiveParameters.ShouldBe(37_552_297_472);
        architecture.CacheBytesPerToken().ShouldBe(70_272);
    }

    [Fact]
    public void DeepSeek_V3_is_published_with_its_prediction_layer_and_fp8_scales()
    {
        // deepseek-ai/DeepSeek-V3: 684,531,386,000 stored elements.
        var architecture = FamilyExamples.Describe($$"""{ "model_type": "deepseek_v3", {{DeepSeekV3}}, {{Fp8}} }""");

        architecture.StoredElements().ShouldBe(684_531_386_000);
        // The embedding and head of the prediction layer are those of the model.
        architecture.Tensors.ParametersOf(ModelPart.Mtp).ShouldBeLessThan(12_000_000_000);
    }

    [Fact]
    public void DeepSeek_V3_2_keeps_a_key_of_128_numbers_for_its_indexer()
    {
        // deepseek-ai/DeepSeek-V3.2: 685,396,921,376 stored elements; 61 layers x (576 + 128) x 2 bytes.
        var architecture = FamilyExamples.Describe(
            $$"""
            { "model_type": "deepseek_v32", {{DeepSeekV3}}, {{Fp8}},
              "index_n_heads": 64, "index_head_dim": 128, "index_topk": 2048 }
            """
        );

        architecture.StoredElements().ShouldBe(685_396_921_376);
        architecture.CacheBytesPerToken().ShouldBe(85_888);
    }

    [Fact]
    public void DeepSeek_V2_Lite_projects_its_queries_at_full_rank()
    {
        // deepseek-ai/DeepSeek-V2-Lite: 15,706,484,224 parameters.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "deepseek_v2", "hidden_size": 2048, "intermediate_size": 10944,
              "moe_intermediate_size": 1408, "num_hidden_layers": 27, "num_attention_heads": 16, "q_lora_rank": null,
              "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
              "first_k_dense_replace": 1, "moe_layer_freq": 1, "n_routed_experts": 64, "n_shared_experts": 2,
              "num_experts_per_tok": 6, "topk_method": "greedy", "vocab_size": 102400 }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(15_706_484_224);
        architecture.CacheBytesPerToken().ShouldBe(27L * 576 * 2);
    }

    private const string KimiK2 = """
        "hidden_size": 7168, "intermediate_size": 18432, "moe_intermediate_size": 2048, "num_hidden_layers": 61,
        "num_attention_heads": 64, "num_key_value_heads": 64, "q_lora_rank": 1536, "kv_lora_rank": 512,
        "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "first_k_dense_replace": 1,
        "moe_layer_freq": 1, "n_routed_experts": 384, "n_shared_experts": 1, "num_experts_per_tok": 8,
        "num_nextn_predict_layers": 0, "topk_method": "noaux_tc", "vocab_size": 163840,
        "max_position_embeddings": 131072
        """;

    [Fact]
    public void Kimi_K2_has_a_trillion_parameters_of_which_a_token_touches_33_billion()
    {
        // moonshotai/Kimi-K2-Instruct, arXiv 2507.20534: 1.04T and 32.6B.
        var architecture = FamilyExamples.Describe($$"""{ "model_type": "kimi_k2", {{KimiK2}} }""");

        architecture.Tensors.Parameters.ShouldBe(1_026_408_232_448);
        architecture.Tensors.ActiveParameters.ShouldBe(32_861_500_928);
        architecture.CacheBytesPerToken().ShouldBe(70_272);
    }

    [Fact]
    public void Kimi_K2_5_is_published_with_vision_and_int4_scales()
    {
        // moonshotai/Kimi-K2.5: 1,058,589,420,528 elements, where each expert matrix of 4-bit codes comes with a scale
        // for 32 weights and a shape of two numbers that the listing takes for eight codes each.
        var architecture = FamilyExamples.Describe(
            $$"""
            { "model_type": "kimi_k25", "text_config": { "model_type": "kimi_k2", {{KimiK2}} },
              "vision_config": { "vt_hidden_size": 1152, "vt_intermediate_size": 4304, "vt_num_attention_heads": 16,
                "vt_num_hidden_layers": 27, "patch_size": 14, "init_pos_emb_height": 64, "init_pos_emb_width": 64,
                "merge_kernel_size": [2, 2], "mm_projector_type": "patchmerger" } }
            """
        );

        const long ExpertMatrices = 60L * 384 * 3;
        const long ExpertWeights = ExpertMatrices * 7168 * 2048;
        (architecture.AllParameters() + ExpertWeights / 32 + ExpertMatrices * 2 * 8).ShouldBe(1_058_589_420_528);
    }

    private const string Glm5 = """
        "model_type": "glm_moe_dsa", "hidden_size": 6144, "intermediate_size": 12288, "moe_intermediate_size": 2048,
        "num_hidden_layers": 78, "num_attention_heads": 64, "num_key_value_heads": 64, "head_dim": 64,
        "q_lora_rank": 2048, "kv_lora_rank": 512, "qk_nope_head_dim": 192, "qk_rope_head_dim": 64, "v_head_dim": 256,
        "first_k_dense_replace": 3, "moe_layer_freq": 1, "n_routed_experts": 256, "n_shared_experts": 1,
        "num_experts_per_tok": 8, "num_nextn_predict_layers": 1, "topk_method": "noaux_tc", "vocab_size": 154880,
        "index_n_heads": 32, "index_head_dim": 128, "index_topk": 2048
        """;

    [Fact]
    public void Glm_5_stores_its_prediction_layer_without_a_second_embedding()
    {
        // zai-org/GLM-5 and GLM-5-FP8: 753,864,139,008 and with scales 753,910,024,032 stored elements.
        var plain = FamilyExamples.Describe($$"""{ {{Glm5}} }""");
        var quantized = FamilyExamples.Describe($$"""{ {{Glm5}}, {{Fp8}} }""");

        plain.StoredElements().ShouldBe(753_864_139_008);
        quantized.StoredElements().ShouldBe(753_910_024_032);
        plain.CacheBytesPerToken().ShouldBe(78L * (576 + 128) * 2);
    }

    [Fact]
    public void Glm_4_7_Flash_stores_its_prediction_layer_with_a_second_embedding()
    {
        // zai-org/GLM-4.7-Flash: 31,221,488,576 stored elements.
        FamilyExamples
            .Describe(
                """
                { "model_type": "glm4_moe_lite", "hidden_size": 2048, "intermediate_size": 10240,
                  "moe_intermediate_size": 1536, "num_attention_heads": 20, "num_key_value_heads": 20,
                  "num_hidden_layers": 47, "n_routed_experts": 64, "n_shared_experts": 1, "num_experts_per_tok": 4,
                  "first_k_dense_replace": 1, "num_nextn_predict_layers": 1, "q_lora_rank": 768,
                  "kv_lora_rank": 512, "qk_nope_head_dim": 192, "qk_rope_head_dim": 64, "v_head_dim": 256,
                  "topk_method": "noaux_tc", "vocab_size": 154880 }
                """
            )
            .StoredElements()
            .ShouldBe(31_221_488_576);
    }

    [Fact]
    public void A_shared_indexer_has_no_weights_and_keeps_no_keys()
    {
        var types = string.Join(", ", Enumerable.Range(0, 78).Select(layer => layer < 3 ? "\"full\"" : "\"shared\""));
        var every = FamilyExamples.Describe($$"""{ {{Glm5}} }""");
        var first = FamilyExamples.Describe($$"""{ {{Glm5}}, "indexer_types": [{{types}}] }""");

        const long IndexerWeights = 32L * 128 * 2048 + 128 * 6144 + 2 * 128 + 32 * 6144;
        (every.Tensors.Parameters - first.Tensors.Parameters).ShouldBe(75 * IndexerWeights);
        (every.CacheBytesPerToken() - first.CacheBytesPerToken()).ShouldBe(75L * 128 * 2);
    }

    [Theory]
    // zai-org/GLM-4.5 and GLM-4.5-Air: stored elements with the prediction layer and its second embedding.
    [InlineData(5120, 12288, 1536, 92, 160, 3, true, 352_797_829_024, 358_337_791_296)]
    [InlineData(4096, 10944, 1408, 46, 128, 1, false, 106_852_251_264, 110_468_824_832)]
    public void Glm_4_5_is_published_with_its_prediction_layer(
        int hidden,
        int intermediate,
        int expertWidth,
        int layers,
        int experts,
        int dense,
        bool headNorms,
        long language,
        long published
    )
    {
        var architecture = FamilyExamples.Describe(
            $$"""
            { "model_type": "glm4_moe", "hidden_size": {{hidden}}, "intermediate_size": {{intermediate}},
              "moe_intermediate_size": {{expertWidth}}, "num_hidden_layers": {{layers}},
              "num_attention_heads": 96, "num_key_value_heads": 8, "head_dim": 128, "attention_bias": true,
              "use_qk_norm": {{(headNorms ? "true" : "false")}}, "n_routed_experts": {{experts}},
              "n_shared_experts": 1, "num_experts_per_tok": 8, "first_k_dense_replace": {{dense}},
              "num_nextn_predict_layers": 1, "vocab_size": 151552 }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(language);
        architecture.StoredElements().ShouldBe(published);
    }

    [Fact]
    public void DeepSeek_V4_Flash_keeps_a_window_and_a_compressed_past()
    {
        // deepseek-ai/DeepSeek-V4-Flash: 158,069,433,298 elements, where a byte of two fp4 codes counts once.
        var ratios = string.Join(
            ", ",
            Enumerable
                .Range(0, 44)
                .Select(layer =>
                    layer is 0 or 1 or 43 ? 0
                    : layer % 2 == 0 ? 4
                    : 128
                )
        );
        var architecture = FamilyExamples.Describe(
            $$"""
            { "model_type": "deepseek_v4", "hidden_size": 4096, "head_dim": 512, "num_hidden_layers": 43,
              "num_attention_heads": 64, "num_key_value_heads": 1, "q_lora_rank": 1024, "o_lora_rank": 1024,
              "o_groups": 8, "moe_intermediate_size": 2048, "n_routed_experts": 256, "n_shared_experts": 1,
              "num_experts_per_tok": 6, "num_hash_layers": 3, "num_nextn_predict_layers": 1, "hc_mult": 4,
              "index_n_heads": 64, "index_head_dim": 128, "index_topk": 512, "sliding_window": 128,
              "vocab_size": 129280, "compress_ratios": [{{ratios}}], "expert_dtype": "fp4", {{Fp8}} }
            """
        );

        architecture.StoredElements().ShouldBe(158_069_433_298);
        // 21 layers keep 512 + 128 numbers for 4 tokens, 20 layers 512 for 128; all 43 a window of 128 tokens.
        architecture.CacheBytesPerToken().ShouldBe(2L * (21 * 160 + 20 * 4));
        var window = architecture.Cache.Windows.ShouldHaveSingleItem();
        (window.Tokens, window.ElementsPerToken, window.Layers).ShouldBe((128, 43L * 512, 43));
        architecture
            .StoredFormat!.FormatOf(architecture.Tensors.Tensors.First(tensor => tensor.Role == TensorRole.Expert))
            .ShouldBe(BlockFormats.Mxfp4);
    }

    [Fact]
    public void A_missing_rank_is_refused_by_name()
    {
        var config = DeepSeekV3.Replace("\"kv_lora_rank\": 512,", "");

        Should
            .Throw<BadContentException>(() =>
                FamilyExamples.Describe($$"""{ "model_type": "deepseek_v3", {{config}} }""")
            )
            .Place.ShouldBe("$.kv_lora_rank");
    }
}
