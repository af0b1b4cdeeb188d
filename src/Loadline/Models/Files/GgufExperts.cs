using System.Text.Json.Nodes;

namespace Loadline.Models;

/// <summary>Decoders with routed experts.</summary>
internal static class GgufExperts
{
    private static JsonObject WithExperts(
        this JsonObject config,
        GgufFields fields,
        string count,
        string active = "num_experts_per_tok"
    ) =>
        fields.Experts > 0
            ? config.With(count, fields.Experts).With(active, fields.ActiveExperts)
            : throw fields.Wrong("expert_count", "0 or missing", "a positive number");

    /// <summary>Mistral's experts go by the name of Llama.</summary>
    public static JsonObject Mixtral(this GgufFields fields) =>
        fields.Gated("mixtral").WithExperts(fields, "num_local_experts");

    /// <summary>Early files give neither width; llama.cpp then shares the MLP's out over the active experts.</summary>
    public static JsonObject Qwen2Moe(this GgufFields fields)
    {
        var width = fields.Positive("expert_feed_forward_length");
        if (width is null && fields.Intermediate % fields.ActiveExperts != 0)
            throw fields.Wrong("expert_feed_forward_length", "missing", "the width of an expert");
        return fields
            .Gated("qwen2_moe")
            .WithExperts(fields, "num_experts")
            .With("moe_intermediate_size", width ?? fields.Intermediate / fields.ActiveExperts)
            .With(
                "shared_expert_intermediate_size",
                fields.Positive("expert_shared_feed_forward_length") ?? fields.Intermediate
            );
    }

    public static JsonObject Qwen3Moe(this GgufFields fields) =>
        fields
            .Decoder("qwen3_moe")
            .WithExperts(fields, "num_experts")
            .With("moe_intermediate_size", fields.Required("expert_feed_forward_length"));

    public static JsonObject Olmoe(this GgufFields fields) =>
        fields
            .Decoder("olmoe")
            .WithExperts(fields, "num_experts")
            .With("intermediate_size", fields.Positive("expert_feed_forward_length") ?? fields.Intermediate);

    public static JsonObject PhiMoe(this GgufFields fields) =>
        fields
            .Gated("phimoe")
            .WithExperts(fields, "num_local_experts")
            .WithAttentionBias(fields)
            .With("lm_head_bias", fields.Has("output.bias"))
            .Window(fields);

    public static JsonObject Dbrx(this GgufFields fields) =>
        new()
        {
            ["model_type"] = "dbrx",
            ["d_model"] = fields.Hidden,
            ["vocab_size"] = fields.Vocabulary,
            ["n_layers"] = fields.Layers,
            ["n_heads"] = fields.Heads,
            ["max_seq_len"] = fields.Context,
            ["tie_word_embeddings"] = !fields.Has("output.weight"),
            ["attn_config"] = new JsonObject { ["kv_n_heads"] = fields.KvHeads },
            ["ffn_config"] = new JsonObject
            {
                ["moe_num_experts"] = fields.Experts,
                ["moe_top_k"] = fields.ActiveExperts,
                ["ffn_hidden_size"] = fields.Intermediate,
            },
        };

    public static JsonObject GptOss(this GgufFields fields) =>
        fields
            .Decoder("gpt_oss")
            .WithExperts(fields, "num_local_experts")
            .With("intermediate_size", fields.Required("expert_feed_forward_length"))
            .With("attention_bias", true)
            .Windowed(fields, 2);

    public static JsonObject MiniMaxM2(this GgufFields fields) =>
        fields
            .Decoder("minimax_m2")
            .WithExperts(fields, "num_local_experts")
            .With("intermediate_size", fields.Positive("expert_feed_forward_length") ?? fields.Intermediate)
            .With("use_qk_norm", fields.HasInSomeLayer("attn_q_norm.weight"))
            .With("use_routing_bias", fields.HasInSomeLayer("exp_probs_b.bias"));

    /// <summary>Chunks of 8,192 tokens and a full layer in four are built into llama.cpp.</summary>
    public static JsonObject Llama4(this GgufFields fields) =>
        fields
            .Decoder("llama4_text")
            .WithExperts(fields, "num_local_experts")
            .WithAttentionBias(fields)
            .With("intermediate_size", fields.Required("expert_feed_forward_length"))
            .With("intermediate_size_mlp", fields.Intermediate)
            .With("interleave_moe_layer_step", fields.Required("interleave_moe_layer_step"));

    public static JsonObject DeepSeek(this GgufFields fields) =>
        fields.Gated("deepseek").WithAttentionBias(fields).WithSharedExperts(fields);

    public static JsonObject Glm4Moe(this GgufFields fields) =>
        fields
            .Gated("glm4_moe")
            .WithAttentionBias(fields)
            .With("use_qk_norm", fields.HasInSomeLayer("attn_q_norm.weight"))
            .With("num_nextn_predict_layers", fields.PredictionLayers)
            .WithSharedExperts(fields);

    /// <summary>Dense layers first, then routed and shared experts, in the words that DeepSeek began.</summary>
    public static JsonObject WithSharedExperts(this JsonObject config, GgufFields fields) =>
        config
            .WithExperts(fields, "n_routed_experts")
            .With("n_shared_experts", fields.Optional("expert_shared_count") ?? 0)
            .With("moe_intermediate_size", fields.Required("expert_feed_forward_length"))
            .With("first_k_dense_replace", fields.Optional("leading_dense_block_count") ?? 0)
            .With("topk_method", fields.HasInSomeLayer("exp_probs_b.bias") ? "noaux_tc" : "greedy");
}
