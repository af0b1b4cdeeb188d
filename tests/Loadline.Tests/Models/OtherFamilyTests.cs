using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models;

/// <summary>Published element counts of one member of each further family.</summary>
public sealed class OtherFamilyTests
{
    [Theory]
    // bigscience/bloom-560m and bloom.
    [InlineData(1024, 24, 16, 559_214_592)]
    [InlineData(14336, 70, 112, 176_247_271_424)]
    public void Bloom_norms_its_tied_embedding(int hidden, int layers, int heads, long published) =>
        FamilyExamples
            .Describe(
                $$"""
                { "model_type": "bloom", "vocab_size": 250880, "hidden_size": {{hidden}}, "n_layer": {{layers}},
                  "n_head": {{heads}} }
                """
            )
            .Tensors.Parameters.ShouldBe(published);

    [Fact]
    public void Pythia_is_published_with_masks_and_rotary_frequencies()
    {
        // EleutherAI/pythia-1b: 1,078,891,008 elements, of which 16 masks of 2048 x 2048 and 16 x 32 frequencies.
        FamilyExamples
            .Describe(
                """
                { "model_type": "gpt_neox", "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 8,
                  "intermediate_size": 8192, "vocab_size": 50304, "max_position_embeddings": 2048 }
                """
            )
            .Tensors.Parameters.ShouldBe(1_078_891_008 - 16 * (2048 * 2048 + 32));
    }

    [Fact]
    public void Falcon_7B_shares_one_key_value_head_and_stores_its_tied_head()
    {
        // tiiuae/falcon-7b: 7,217,189,760 stored elements; 32 layers x 2 x 64 numbers x 2 bytes.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "falcon", "hidden_size": 4544, "num_hidden_layers": 32, "num_attention_heads": 71,
              "vocab_size": 65024, "multi_query": true, "new_decoder_architecture": false, "parallel_attn": true }
            """
        );

        architecture.CacheBytesPerToken().ShouldBe(8_192);
        architecture.Tensors.Parameters.ShouldBe(6_921_720_704);
        // The checkpoint stores the tied head again.
        (architecture.StoredElements() + 65_024L * 4544).ShouldBe(7_217_189_760);
    }

    [Fact]
    public void Gpt_J_biases_its_head()
    {
        // EleutherAI/gpt-j-6b: 6.05B. Embedding and head 2 x 50,400 x 4,096 and a bias, 28 layers of
        // 12 x 4,096^2 + 16,384 + 3 x 4,096, a last norm of 2 x 4,096.
        FamilyExamples
            .Describe(
                """
                { "model_type": "gptj", "n_embd": 4096, "n_head": 16, "n_layer": 28, "n_inner": null,
                  "n_positions": 2048, "vocab_size": 50400, "tie_word_embeddings": false }
                """
            )
            .Tensors.Parameters.ShouldBe(
                2L * 50_400 * 4096 + 50_400 + 28L * (12L * 4096 * 4096 + 16_384 + 3 * 4096) + 2 * 4096
            );
    }

    [Fact]
    public void StarCoder2_7B_has_the_parameters_of_its_published_checkpoint()
    {
        // bigcode/starcoder2-7b: 7,173,923,840 parameters; arXiv 2402.19173: a window of 4,096 tokens.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "starcoder2", "hidden_size": 4608, "intermediate_size": 18432,
              "num_attention_heads": 36, "num_key_value_heads": 4, "num_hidden_layers": 32, "vocab_size": 49152,
              "max_position_embeddings": 16384, "sliding_window": 4096, "use_bias": true }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(7_173_923_840);
        architecture.Cache.Windows.ShouldHaveSingleItem().Tokens.ShouldBe(4096);
    }

    [Fact]
    public void Olmo_3_norms_behind_its_blocks_and_windows_three_layers_of_four()
    {
        // allenai/Olmo-3-1025-7B: 7,298,011,136 parameters.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "olmo3", "hidden_size": 4096, "intermediate_size": 11008, "num_attention_heads": 32,
              "num_key_value_heads": 32, "num_hidden_layers": 32, "vocab_size": 100278,
              "max_position_embeddings": 8192, "sliding_window": 4096 }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(7_298_011_136);
        architecture.Cache.Windows.ShouldHaveSingleItem().Layers.ShouldBe(24);
    }

    [Fact]
    public void InternLm2_fuses_query_key_and_value()
    {
        // internlm/internlm2_5-7b-chat: 7,737,708,544 parameters.
        FamilyExamples
            .Describe(
                """
                { "model_type": "internlm2", "hidden_size": 4096, "intermediate_size": 14336,
                  "num_attention_heads": 32, "num_key_value_heads": 8, "num_hidden_layers": 32,
                  "vocab_size": 92544, "bias": false }
                """
            )
            .Tensors.Parameters.ShouldBe(7_737_708_544);
    }

    [Fact]
    public void Phi_mini_MoE_biases_attention_and_head()
    {
        // microsoft/Phi-mini-MoE-instruct: 7,647,632,704 parameters.
        FamilyExamples
            .Describe(
                """
                { "model_type": "phimoe", "hidden_size": 4096, "intermediate_size": 960, "head_dim": 128,
                  "num_attention_heads": 32, "num_key_value_heads": 8, "num_hidden_layers": 32,
                  "num_local_experts": 16, "num_experts_per_tok": 2, "vocab_size": 32064, "attention_bias": true,
                  "lm_head_bias": true, "max_position_embeddings": 4096, "sliding_window": 2047 }
                """
            )
            .Tensors.Parameters.ShouldBe(7_647_632_704);
    }

    [Fact]
    public void MiniMax_M2_has_the_elements_of_its_published_checkpoint()
    {
        // MiniMaxAI/MiniMax-M2.5: 228,703,644,928 stored elements, fp8 scales included.
        FamilyExamples
            .Describe(
                """
                { "model_type": "minimax_m2", "hidden_size": 3072, "intermediate_size": 1536, "head_dim": 128,
                  "num_attention_heads": 48, "num_key_value_heads": 8, "num_hidden_layers": 62,
                  "num_local_experts": 256, "num_experts_per_tok": 8, "vocab_size": 200064, "use_qk_norm": true,
                  "use_routing_bias": true, "shared_intermediate_size": 0, "torch_dtype": "bfloat16",
                  "quantization_config": { "quant_method": "fp8", "weight_block_size": [128, 128],
                    "modules_to_not_convert": ["gate", "e_score_correction_bias", "lm_head"] } }
                """
            )
            .StoredElements()
            .ShouldBe(228_703_644_928);
    }

    [Fact]
    public void Llama_4_Maverick_has_experts_in_every_second_layer_and_chunks_in_three_of_four()
    {
        // meta-llama/Llama-4-Maverick-17B-128E-Instruct: 401,583,781,376 elements.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "llama4", "text_config": { "hidden_size": 5120, "intermediate_size": 8192,
                "intermediate_size_mlp": 16384, "num_attention_heads": 40, "num_key_value_heads": 8,
                "head_dim": 128, "num_hidden_layers": 48, "num_local_experts": 128, "num_experts_per_tok": 1,
                "interleave_moe_layer_step": 2, "attention_chunk_size": 8192, "vocab_size": 202048,
                "max_position_embeddings": 1048576 },
              "vision_config": { "hidden_size": 1408, "image_size": 336, "intermediate_size": 5632,
                "num_attention_heads": 16, "num_hidden_layers": 34, "patch_size": 14, "projector_input_dim": 4096,
                "projector_output_dim": 4096, "vision_output_dim": 4096 } }
            """
        );

        architecture.AllParameters().ShouldBe(401_583_781_376);
        architecture.CacheBytesPerToken().ShouldBe(12L * 2 * 8 * 128 * 2);
        var window = architecture.Cache.Windows.ShouldHaveSingleItem();
        (window.Tokens, window.Layers).ShouldBe((8192, 36));
        architecture.Layers.OfType<Mixer.Attention>().Count(layer => layer.IsChunked).ShouldBe(36);
    }

    [Fact]
    public void Qwen_3_VL_takes_features_of_three_vision_blocks_into_its_first_layers()
    {
        // Qwen/Qwen3-VL-8B-Instruct: 8,767,123,696 elements.
        FamilyExamples
            .Describe(
                """
                { "model_type": "qwen3_vl", "tie_word_embeddings": false, "text_config": { "hidden_size": 4096,
                    "intermediate_size": 12288, "num_attention_heads": 32, "num_key_value_heads": 8,
                    "head_dim": 128, "num_hidden_layers": 36, "vocab_size": 151936 },
                  "vision_config": { "deepstack_visual_indexes": [8, 16, 24], "depth": 27, "hidden_size": 1152,
                    "in_channels": 3, "intermediate_size": 4304, "num_heads": 16, "num_position_embeddings": 2304,
                    "out_hidden_size": 4096, "patch_size": 16, "spatial_merge_size": 2,
                    "temporal_patch_size": 2 } }
                """
            )
            .AllParameters()
            .ShouldBe(8_767_123_696);
    }

    [Theory]
    // Qwen/Qwen2-VL-7B-Instruct and Qwen2.5-VL-7B-Instruct: 8,291,375,616 and 8,292,166,656 elements.
    [InlineData("qwen2_vl", "\"embed_dim\": 1280, \"mlp_ratio\": 4, \"hidden_size\": 3584", 8_291_375_616)]
    [InlineData("qwen2_5_vl", "\"hidden_size\": 1280, \"intermediate_size\": 3420", 8_292_166_656)]
    public void Qwen_2_VL_changed_its_vision_blocks_between_versions(string type, string vision, long published) =>
        FamilyExamples
            .Describe(
                $$"""
                { "model_type": "{{type}}", "hidden_size": 3584, "intermediate_size": 18944,
                  "num_attention_heads": 28, "num_key_value_heads": 4, "num_hidden_layers": 28,
                  "vocab_size": 152064, "tie_word_embeddings": false,
                  "vision_config": { "depth": 32, "num_heads": 16, "patch_size": 14, "spatial_merge_size": 2,
                    "temporal_patch_size": 2, {{vision}} } }
                """
            )
            .AllParameters()
            .ShouldBe(published);

    [Fact]
    public void Olmoe_uses_eight_of_64_experts()
    {
        // allenai/OLMoE-1B-7B-0924: 6,919,161,856 parameters, arXiv 2409.02060: 1.3B of 6.9B active.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "olmoe", "hidden_size": 2048, "intermediate_size": 1024, "num_attention_heads": 16,
              "num_key_value_heads": 16, "num_hidden_layers": 16, "num_experts": 64, "num_experts_per_tok": 8,
              "vocab_size": 50304 }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(6_919_161_856);
        (architecture.Tensors.ActiveParameters / 1e9).ShouldBe(1.28, tolerance: 0.01);
    }

    [Fact]
    public void StarCoder_shares_one_key_value_head()
    {
        // bigcode/starcoderbase, arXiv 2305.06161: 15.5B. Embeddings (49,152 + 8,192) x 6,144; 40 layers of
        // 6,400 x 6,144 + 6,144^2 + 2 x 6,144 x 24,576 and biases 6,400 + 6,144 + 24,576 + 6,144 and norms 4 x 6,144.
        const long Layer =
            6_400L * 6_144 + 6_144L * 6_144 + 2L * 6_144 * 24_576 + (6_400 + 6_144 + 24_576 + 6_144) + 4 * 6_144;
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "gpt_bigcode", "n_embd": 6144, "n_head": 48, "n_inner": 24576, "n_layer": 40,
              "n_positions": 8192, "vocab_size": 49152, "multi_query": true }
            """
        );

        architecture.Tensors.Parameters.ShouldBe((49_152L + 8_192) * 6_144 + 40 * Layer + 2 * 6_144);
        architecture.CacheBytesPerToken().ShouldBe(40L * 2 * 128 * 2);
    }

    [Fact]
    public void Seed_Oss_biases_query_key_and_value_but_not_the_output()
    {
        // ByteDance-Seed/Seed-OSS-36B-Instruct: 36,151,104,512 parameters.
        FamilyExamples
            .Describe(
                """
                { "model_type": "seed_oss", "hidden_size": 5120, "intermediate_size": 27648,
                  "num_attention_heads": 80, "num_key_value_heads": 8, "head_dim": 128, "num_hidden_layers": 64,
                  "vocab_size": 155136, "attention_bias": true, "attention_out_bias": false }
                """
            )
            .Tensors.Parameters.ShouldBe(36_151_104_512);
    }

    [Fact]
    public void Mimo_7B_is_published_with_its_prediction_layer()
    {
        // XiaomiMiMo/MiMo-7B-Base: 7,833,409,536 elements.
        FamilyExamples
            .Describe(
                """
                { "model_type": "mimo", "hidden_size": 4096, "intermediate_size": 11008, "head_dim": 128,
                  "num_attention_heads": 32, "num_key_value_heads": 8, "num_hidden_layers": 36,
                  "vocab_size": 151680, "attention_bias": true, "num_nextn_predict_layers": 1 }
                """
            )
            .AllParameters()
            .ShouldBe(7_833_409_536);
    }

    [Fact]
    public void Gemma_4_31B_makes_keys_and_values_of_whole_layers_with_one_projection()
    {
        // google/gemma-4-31B-it: 32,682,372,656 elements, which count the tied head (262,144 x 5,376) again and leave
        // out 60 layer scalars and two vectors of 1,152 that standardize image features.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "gemma4", "tie_word_embeddings": true, "text_config": { "hidden_size": 5376,
                "intermediate_size": 21504, "num_attention_heads": 32, "num_key_value_heads": 16,
                "num_global_key_value_heads": 4, "head_dim": 256, "global_head_dim": 512,
                "attention_k_eq_v": true, "hidden_size_per_layer_input": 0, "num_hidden_layers": 60,
                "num_kv_shared_layers": 0, "sliding_window": 1024, "vocab_size": 262144,
                "max_position_embeddings": 262144 },
              "vision_config": { "hidden_size": 1152, "intermediate_size": 4304, "num_attention_heads": 16,
                "num_key_value_heads": 16, "head_dim": 72, "num_hidden_layers": 27, "patch_size": 16,
                "position_embedding_size": 10240, "standardize": true } }
            """
        );

        (architecture.AllParameters() + 262_144L * 5376 - 60 - 2 * 1152).ShouldBe(32_682_372_656);
        architecture.CacheBytesPerToken().ShouldBe(10L * 2 * 4 * 512 * 2);
    }

    [Fact]
    public void Gemma_4_E2B_stores_keys_and_values_of_its_first_15_layers_only()
    {
        // google/gemma-4-E2B-it: 5,123,178,051 elements, among them unused key and value projections of the 20 layers
        // that read the cache of earlier ones (16 windowed with heads of 256, 4 whole with heads of 512).
        var architecture = FamilyExamples.Describe(
            $$"""
            { "model_type": "gemma4", "text_config": { "hidden_size": 1536, "intermediate_size": 6144,
                "num_attention_heads": 8, "num_key_value_heads": 1, "head_dim": 256, "global_head_dim": 512,
                "hidden_size_per_layer_input": 256, "num_hidden_layers": 35, "num_kv_shared_layers": 20,
                "use_double_wide_mlp": true, "sliding_window": 512, "vocab_size": 262144,
                "vocab_size_per_layer_input": 262144, "max_position_embeddings": 131072,
                "layer_types": [{{string.Join(
                ", ",
                Enumerable.Range(1, 35).Select(layer => layer % 5 == 0 ? "\"full_attention\"" : "\"sliding_attention\"")
            )}}] },
              "vision_config": { "hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12,
                "num_key_value_heads": 12, "head_dim": 64, "num_hidden_layers": 16, "patch_size": 16,
                "position_embedding_size": 10240, "use_clipped_linears": true },
              "audio_config": { "hidden_size": 1024 } }
            """
        );

        const long Unused = 16L * (2 * 256 * 1536 + 256) + 4L * (2 * 512 * 1536 + 512);
        (architecture.AllParameters() + Unused).ShouldBe(5_123_178_051);
        architecture.CacheBytesPerToken().ShouldBe(3L * 2 * 512 * 2);
        var window = architecture.Cache.Windows.ShouldHaveSingleItem();
        (window.Tokens, window.ElementsPerToken, window.Layers).ShouldBe((512, 12L * 2 * 256, 12));
    }

    [Fact]
    public void Bge_large_is_an_encoder_and_keeps_nothing()
    {
        // BAAI/bge-large-en-v1.5: 335,142,400 elements, 512 of them position numbers.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "bert", "hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16,
              "num_hidden_layers": 24, "vocab_size": 30522, "max_position_embeddings": 512, "type_vocab_size": 2 }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(335_142_400 - 512);
        architecture.Cache.At(512, BlockFormats.Fp16).Bytes.ShouldBe(0);
    }

    [Fact]
    public void Nemotron_Super_may_drop_attention_from_a_layer()
    {
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "nemotron-nas", "hidden_size": 8192, "num_attention_heads": 64, "num_hidden_layers": 2,
              "num_key_value_heads": null, "vocab_size": 128256, "block_configs": [
                { "attention": { "n_heads_in_group": 8, "no_op": false }, "ffn": { "ffn_mult": 5.25, "no_op": false } },
                { "attention": { "no_op": true }, "ffn": { "ffn_mult": 2.625, "no_op": false } } ] }
            """
        );

        // 2/3 x 5.25 x 8192 = 28,672, Llama 3 70B's own width; half of it is 14,336.
        const long Attention = 2L * 8192 * 8192 + 2L * 1024 * 8192 + 8192;
        const long Mlps = 3L * 8192 * (28_672 + 14_336) + 2 * 8192;
        architecture.Tensors.Parameters.ShouldBe(2L * 128_256 * 8192 + 8192 + Attention + Mlps);
        architecture.CacheBytesPerToken().ShouldBe(2L * 8 * 128 * 2);
    }

    [Fact]
    public void Windowed_layers_of_Step_need_head_counts_of_their_own()
    {
        Should
            .Throw<BadContentException>(() =>
                FamilyExamples.Describe(
                    """
                    { "model_type": "step3p7", "hidden_size": 4096, "num_attention_heads": 64,
                      "num_key_value_heads": 8, "head_dim": 128, "num_hidden_layers": 45, "vocab_size": 128896 }
                    """
                )
            )
            .Place.ShouldBe("$.attention_other_setting");
    }

    [Fact]
    public void Every_family_answers_to_model_types_of_its_own()
    {
        var types = ModelFamilies.All.SelectMany(family => family.ModelTypes).ToList();

        types.Distinct().Count().ShouldBe(types.Count);
        ModelFamilies.All.Select(family => family.Name).Distinct().Count().ShouldBe(ModelFamilies.All.Length);
    }
}
