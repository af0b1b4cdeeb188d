using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models;

public sealed class HybridFamilyTests
{
    private const double MiB = 1 << 20;

    private const string Vision = """
        "vision_config": { "deepstack_visual_indexes": [], "depth": 27, "hidden_size": 1152, "in_channels": 3,
          "intermediate_size": 4304, "num_heads": 16, "num_position_embeddings": 2304, "patch_size": 16,
          "spatial_merge_size": 2, "temporal_patch_size": 2, "out_hidden_size": 
        """;

    private const string Delta = """
        "head_dim": 256, "attn_output_gate": true, "full_attention_interval": 4, "linear_conv_kernel_dim": 4,
        "linear_key_head_dim": 128, "linear_num_key_heads": 16, "linear_value_head_dim": 128,
        "max_position_embeddings": 262144, "vocab_size": 248320, "mtp_num_hidden_layers": 1
        """;

    [Fact]
    public void Qwen_3_5_27B_takes_16_GiB_and_a_state_of_149_6_MiB_at_262144_tokens()
    {
        // Qwen/Qwen3.5-27B: 27,781,427,952 elements with prediction layer and vision. 16 of 64 layers keep
        // 2 x 4 x 256 numbers per token; 48 keep 48 x 128 x 128 and three tokens of 10,240 channels in fp32.
        var architecture = FamilyExamples.Describe(
            $$"""
            { "model_type": "qwen3_5", "tie_word_embeddings": false, "text_config": { "hidden_size": 5120,
                "intermediate_size": 17408, "num_attention_heads": 24, "num_key_value_heads": 4,
                "num_hidden_layers": 64, "linear_num_value_heads": 48, {{Delta}} }, {{Vision}} 5120 } }
            """
        );

        architecture.AllParameters().ShouldBe(27_781_427_952);
        var state = architecture.Cache.StatePerSequence.Bytes;
        state.ShouldBe(48L * (48 * 128 * 128 + 3 * 10_240) * 4);
        (state / MiB).ShouldBe(149.6, tolerance: 0.05);
        (architecture.Cache.At(262_144, BlockFormats.Bf16).Bytes - state).ShouldBe(16L << 30);
    }

    [Theory]
    // Qwen/Qwen3.5-9B: 9,653,104,368 elements with vision and prediction, 4B and 2B without a word on either in the
    // files of other projects: 4,659,865,088 less 333,514,240 and 120,599,552, 2,274,069,824 less 331,416,576 and
    // 60,828,160.
    [InlineData(4096, 12288, 16, 4, 32, 32, false, 8_953_803_264, 50.25)]
    [InlineData(2560, 9216, 16, 4, 32, 32, true, 4_659_865_088 - 333_514_240 - 120_599_552, 50.25)]
    [InlineData(2048, 6144, 8, 2, 24, 16, true, 2_274_069_824 - 331_416_576 - 60_828_160, 19.27)]
    public void Qwen_3_5_dense_has_the_parameters_of_its_published_checkpoint(
        int hidden,
        int intermediate,
        int heads,
        int kvHeads,
        int layers,
        int valueHeads,
        bool tied,
        long parameters,
        double stateMiB
    )
    {
        var architecture = FamilyExamples.Describe(
            $$"""
            { "model_type": "qwen3_5", "tie_word_embeddings": {{(tied ? "true" : "false")}},
              "text_config": { "hidden_size": {{hidden}}, "intermediate_size": {{intermediate}},
                "num_attention_heads": {{heads}}, "num_key_value_heads": {{kvHeads}},
                "num_hidden_layers": {{layers}}, "linear_num_value_heads": {{valueHeads}}, {{Delta}} },
              {{Vision}} {{hidden}} } }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(parameters);
        if (hidden == 4096)
            architecture.AllParameters().ShouldBe(9_653_104_368);
        (architecture.Cache.StatePerSequence.Bytes / MiB).ShouldBe(stateMiB, tolerance: 0.01);
    }

    [Fact]
    public void Qwen_3_5_35B_A3B_adds_experts_and_a_gated_shared_one()
    {
        // Qwen/Qwen3.5-35B-A3B: 35,951,822,704 elements with prediction layer and vision; state 62.8 MiB.
        var architecture = FamilyExamples.Describe(
            $$"""
            { "model_type": "qwen3_5_moe", "tie_word_embeddings": false, "text_config": { "hidden_size": 2048,
                "num_attention_heads": 16, "num_key_value_heads": 2, "num_hidden_layers": 40,
                "linear_num_value_heads": 32, "num_experts": 256, "num_experts_per_tok": 8,
                "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512, {{Delta}} },
                {{Vision}} 2048 } }
            """
        );

        architecture.AllParameters().ShouldBe(35_951_822_704);
        (architecture.Cache.StatePerSequence.Bytes / MiB).ShouldBe(62.8, tolerance: 0.05);
    }

    [Fact]
    public void Qwen_3_Next_is_published_with_its_prediction_layer()
    {
        // Qwen/Qwen3-Next-80B-A3B-Instruct: 81,324,862,720 elements.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "qwen3_next", "hidden_size": 2048, "num_attention_heads": 16, "num_key_value_heads": 2,
              "head_dim": 256, "num_hidden_layers": 48, "full_attention_interval": 4, "linear_conv_kernel_dim": 4,
              "linear_key_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 32,
              "linear_value_head_dim": 128, "num_experts": 512, "num_experts_per_tok": 10,
              "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512, "vocab_size": 151936,
              "mlp_only_layers": [], "decoder_sparse_step": 1 }
            """
        );

        architecture.AllParameters().ShouldBe(81_324_862_720);
        architecture.CacheBytesPerToken().ShouldBe(12L * 2 * 2 * 256 * 2);
    }

    [Fact]
    public void Lfm2_1_2B_takes_384_MiB_and_its_convolutions_at_32768_tokens()
    {
        // LiquidAI/LFM2-1.2B: 1,170,340,608 parameters; 6 layers x 2 x 8 x 64 numbers x 2 bytes x 32,768 tokens.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "lfm2", "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16,
              "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 65536, "conv_L_cache": 3,
              "conv_bias": false, "block_auto_adjust_ff_dim": false, "tie_word_embeddings": true,
              "full_attn_idxs": [2, 5, 8, 10, 12, 14] }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(1_170_340_608);
        var state = architecture.Cache.StatePerSequence.Bytes;
        state.ShouldBe(10L * 2048 * 2 * 4);
        architecture.Cache.At(32_768, BlockFormats.Bf16).Bytes.ShouldBe((384L << 20) + state);
    }

    [Fact]
    public void Nemotron_3_Nano_takes_its_blocks_from_a_string()
    {
        // nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16: 31,577,937,344 bf16 elements, beside them 23 layers of 128
        // fp32 router corrections.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "nemotron_h", "hidden_size": 2688, "num_hidden_layers": 52,
              "hybrid_override_pattern": "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME",
              "num_attention_heads": 32, "num_key_value_heads": 2, "head_dim": 128, "mamba_num_heads": 64,
              "mamba_head_dim": 64, "ssm_state_size": 128, "n_groups": 8, "conv_kernel": 4,
              "intermediate_size": 1856, "moe_intermediate_size": 1856, "moe_shared_expert_intermediate_size": 3712,
              "n_routed_experts": 128, "n_shared_experts": 1, "num_experts_per_tok": 6, "vocab_size": 131072 }
            """
        );

        architecture.Tensors.Parameters.ShouldBe(31_577_937_344 + 23 * 128);
        architecture.CacheBytesPerToken().ShouldBe(6L * 2 * 2 * 128 * 2);
        architecture.Cache.StatePerSequence.Bytes.ShouldBe(23L * (64 * 64 * 128 + 3 * (64 * 64 + 2 * 8 * 128)) * 4);
    }

    [Theory]
    [InlineData("\"hybrid_override_pattern\": \"MX\", \"num_hidden_layers\": 2", "$.hybrid_override_pattern")]
    [InlineData("\"hybrid_override_pattern\": \"M*\", \"num_hidden_layers\": 3", "$.num_hidden_layers")]
    [InlineData("\"num_hidden_layers\": 3", "$.layers_block_type or hybrid_override_pattern")]
    public void A_pattern_that_does_not_fit_its_layers_is_refused(string fields, string place) =>
        Should
            .Throw<BadContentException>(() =>
                FamilyExamples.Describe($$"""{ "model_type": "nemotron_h", "hidden_size": 2688, {{fields}} }""")
            )
            .Place.ShouldBe(place);

    [Fact]
    public void Falcon_H1_remembers_tokens_and_a_state_in_every_layer()
    {
        // tiiuae/Falcon-H1-0.5B: 36 layers with 2 key-value heads of 64 and 24 heads of 64 x 128 states.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "falcon_h1", "hidden_size": 1024, "intermediate_size": 2048, "num_hidden_layers": 36,
              "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 64, "mamba_n_heads": 24,
              "mamba_d_head": 64, "mamba_d_state": 128, "mamba_n_groups": 1, "mamba_d_conv": 4,
              "vocab_size": 32784 }
            """
        );

        architecture.CacheBytesPerToken().ShouldBe(36L * 2 * 2 * 64 * 2);
        architecture.Cache.StatePerSequence.Bytes.ShouldBe(36L * (24 * 64 * 128 + 3 * (1536 + 256)) * 4);
    }

    [Fact]
    public void Mamba_2_keeps_no_tokens()
    {
        // state-spaces/mamba2-2.7b, arXiv 2405.21060: 2.7B; the vocabulary is padded to a multiple of 16.
        var architecture = FamilyExamples.Describe(
            """
            { "model_type": "mamba2", "d_model": 2560, "n_layer": 64, "vocab_size": 50277,
              "pad_vocab_size_multiple": 16, "ssm_cfg": { "layer": "Mamba2" }, "tie_embeddings": true }
            """
        );

        architecture.VocabularySize.ShouldBe(50_288);
        architecture.CacheBytesPerToken().ShouldBe(0);
        architecture.Cache.At(1000, BlockFormats.Bf16).ShouldBe(architecture.Cache.At(1, BlockFormats.Bf16));
    }
}
