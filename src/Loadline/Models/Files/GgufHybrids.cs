using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Loadline.Models;

/// <summary>Models whose layers are of several kinds: recurrent, convolving, attending, or left out.</summary>
internal static class GgufHybrids
{
    private const string KvHeads = "attention.head_count_kv";
    private const string FeedForward = "feed_forward_length";

    /// <summary>Says how many prediction layers there are, as files mostly leave out the one that is published.</summary>
    public static JsonObject Qwen3Next(this GgufFields fields) =>
        fields.GatedDelta("qwen3_next").With("mtp_num_hidden_layers", fields.PredictionLayers);

    /// <summary>The language model of a configuration that keeps it in a section of its own.</summary>
    public static JsonObject Qwen35(this GgufFields fields, string modelType) =>
        new()
        {
            ["model_type"] = modelType,
            ["tie_word_embeddings"] = !fields.Has("output.weight"),
            ["text_config"] = fields
                .GatedDelta($"{modelType}_text")
                .With("mtp_num_hidden_layers", fields.PredictionLayers),
        };

    /// <summary>Attention and Mamba-2 side by side in every layer.</summary>
    public static JsonObject FalconH1(this GgufFields fields) =>
        fields
            .Gated("falcon_h1")
            .WithAttentionBias(fields)
            .With("mlp_bias", fields.HasInSomeLayer("ffn_gate.bias"))
            .With("mamba_n_heads", fields.Required("ssm.time_step_rank"))
            .With("mamba_d_head", fields.ShareOfInner("ssm.time_step_rank"))
            .With("mamba_d_state", fields.Required("ssm.state_size"))
            .With("mamba_n_groups", fields.Required("ssm.group_count"))
            .With("mamba_d_conv", fields.Required("ssm.conv_kernel"))
            .With("mamba_d_ssm", fields.Required("ssm.inner_size"))
            .With("mamba_proj_bias", fields.HasInSomeLayer("ssm_in.bias"))
            .With("mamba_conv_bias", fields.HasInSomeLayer("ssm_conv1d.bias"))
            .With("mamba_rms_norm", fields.HasInSomeLayer("ssm_norm.weight"));

    /// <summary>Layers without key-value heads convolve.</summary>
    public static JsonObject Lfm2(this GgufFields fields) =>
        new()
        {
            ["model_type"] = "lfm2",
            ["hidden_size"] = fields.Hidden,
            ["vocab_size"] = fields.Vocabulary,
            ["num_hidden_layers"] = fields.Layers,
            ["num_attention_heads"] = fields.Heads,
            ["num_key_value_heads"] = fields.WhereNotZero(KvHeads),
            ["head_dim"] = fields.HeadSize,
            ["max_position_embeddings"] = fields.Context,
            ["tie_word_embeddings"] = !fields.Has("output.weight"),
            ["intermediate_size"] = fields.Intermediate,
            ["block_auto_adjust_ff_dim"] = false,
            ["conv_L_cache"] = fields.Required("shortconv.l_cache"),
            ["conv_bias"] = fields.HasInSomeLayer("shortconv.conv.bias"),
            ["layer_types"] = fields.LayersWith(KvHeads).ToTexts(attends => attends ? "full_attention" : "conv"),
        };

    public static JsonObject Mamba2(this GgufFields fields)
    {
        var inner = fields.Required("ssm.inner_size");
        if (inner % fields.Hidden != 0)
            throw fields.Wrong("ssm.inner_size", $"{inner}", $"a multiple of embedding_length {fields.Hidden}");
        return new JsonObject
        {
            ["model_type"] = "mamba2",
            ["d_model"] = fields.Hidden,
            ["vocab_size"] = fields.Vocabulary,
            ["n_layer"] = fields.Layers,
            ["tie_embeddings"] = !fields.Has("output.weight"),
            ["ssm_cfg"] = new JsonObject
            {
                ["expand"] = inner / fields.Hidden,
                ["headdim"] = fields.ShareOfInner("ssm.time_step_rank"),
                ["d_state"] = fields.Required("ssm.state_size"),
                ["ngroups"] = fields.Required("ssm.group_count"),
                ["d_conv"] = fields.Required("ssm.conv_kernel"),
            },
        };
    }

    /// <summary>
    /// One block per layer: attention where there are key-value heads, an MLP or experts where there is a width, Mamba-2
    /// otherwise. Prediction layers stay undescribed, as GGUF folds two blocks of theirs into one.
    /// </summary>
    public static JsonObject NemotronH(this GgufFields fields)
    {
        var attends = fields.LayersWith(KvHeads);
        var widths = fields.RequiredPerLayer(FeedForward);
        var hasExperts = fields.Experts > 0;
        var config = new JsonObject
        {
            ["model_type"] = "nemotron_h",
            ["hidden_size"] = fields.Hidden,
            ["vocab_size"] = fields.Vocabulary,
            ["num_hidden_layers"] = fields.Layers,
            ["num_attention_heads"] = fields.WhereNotZero("attention.head_count"),
            ["num_key_value_heads"] = fields.WhereNotZero(KvHeads),
            ["head_dim"] = fields.Required("attention.key_length"),
            ["max_position_embeddings"] = fields.Context,
            ["tie_word_embeddings"] = !fields.Has("output.weight"),
            ["mamba_num_heads"] = fields.Required("ssm.time_step_rank"),
            ["mamba_head_dim"] = fields.ShareOfInner("ssm.time_step_rank"),
            ["ssm_state_size"] = fields.Required("ssm.state_size"),
            ["n_groups"] = fields.Required("ssm.group_count"),
            ["conv_kernel"] = fields.Required("ssm.conv_kernel"),
            ["use_conv_bias"] = fields.HasInSomeLayer("ssm_conv1d.bias"),
            ["mamba_proj_bias"] = fields.HasInSomeLayer("ssm_in.bias"),
            ["mlp_bias"] = fields.HasInSomeLayer("ffn_up.bias"),
            ["layers_block_type"] = Enumerable
                .Range(0, fields.Layers)
                .ToTexts(layer => BlockOf(fields, layer, attends[layer], widths[layer], hasExperts)),
        }.WithAttentionBias(fields);
        if (!hasExperts)
            return widths.Any(width => width > 0)
                ? config.With("intermediate_size", fields.WhereNotZero(FeedForward))
                : config;

        return config
            .With("n_routed_experts", fields.Experts)
            .With("num_experts_per_tok", fields.ActiveExperts)
            .With("moe_intermediate_size", fields.Required("expert_feed_forward_length"))
            .With("n_shared_experts", fields.Optional("expert_shared_count") ?? 0)
            .With("moe_shared_expert_intermediate_size", fields.Positive("expert_shared_feed_forward_length"))
            .With("moe_latent_size", fields.Positive("moe_latent_size"));
    }

    /// <summary>
    /// Nemotron-Super and Ultra: Llama whose layers were thinned out one by one. The configuration gives widths as
    /// multiples of two thirds of the hidden size.
    /// </summary>
    public static JsonObject NemotronNas(this GgufFields fields)
    {
        const string Heads = "attention.head_count";
        var heads = fields.RequiredPerLayer(Heads);
        var kvHeads = fields.RequiredPerLayer(KvHeads);
        var widths = fields.RequiredPerLayer(FeedForward);
        var queryHeads = fields.WhereNotZero(Heads);
        var blocks = new JsonArray();
        for (var layer = 0; layer < fields.Layers; layer++)
        {
            var (all, groups) = (heads[layer], kvHeads[layer]);
            // Heads without keys would be the linear layer that DeciLM can put there and no published model has.
            if ((all == 0) != (groups == 0) || (groups > 0 && all % groups != 0))
                throw fields.Wrong(KvHeads, $"{groups} in layer {layer}", $"a divisor of its {all} query heads");
            blocks.Add(
                (JsonNode)
                    new JsonObject
                    {
                        ["attention"] =
                            groups == 0
                                ? new JsonObject { ["no_op"] = true }
                                : new JsonObject { ["n_heads_in_group"] = all / groups },
                        ["ffn"] =
                            widths[layer] == 0
                                ? new JsonObject { ["no_op"] = true }
                                : new JsonObject { ["ffn_mult"] = 1.5 * widths[layer] / fields.Hidden },
                    }
            );
        }
        return new JsonObject
        {
            ["model_type"] = "nemotron-nas",
            ["hidden_size"] = fields.Hidden,
            ["vocab_size"] = fields.Vocabulary,
            ["num_hidden_layers"] = fields.Layers,
            ["num_attention_heads"] = queryHeads,
            ["head_dim"] = fields.Positive("attention.key_length"),
            ["max_position_embeddings"] = fields.Context,
            ["tie_word_embeddings"] = !fields.Has("output.weight"),
            ["block_configs"] = blocks,
        }.WithAttentionBias(fields);
    }

    /// <summary>Gated delta nets between gated attention, dense or with experts.</summary>
    private static JsonObject GatedDelta(this GgufFields fields, string modelType)
    {
        var config = new JsonObject
        {
            ["model_type"] = modelType,
            ["hidden_size"] = fields.Hidden,
            ["vocab_size"] = fields.Vocabulary,
            ["num_hidden_layers"] = fields.Layers,
            ["num_attention_heads"] = fields.WhereNotZero("attention.head_count"),
            ["num_key_value_heads"] = fields.WhereNotZero(KvHeads),
            ["head_dim"] = fields.Required("attention.key_length"),
            ["max_position_embeddings"] = fields.Context,
            ["tie_word_embeddings"] = !fields.Has("output.weight"),
            ["layer_types"] = FullLayers(fields).ToTexts(isFull => isFull ? "full_attention" : "linear_attention"),
            ["linear_num_key_heads"] = fields.Required("ssm.group_count"),
            ["linear_num_value_heads"] = fields.Required("ssm.time_step_rank"),
            ["linear_key_head_dim"] = fields.Required("ssm.state_size"),
            ["linear_value_head_dim"] = fields.ShareOfInner("ssm.time_step_rank"),
            ["linear_conv_kernel_dim"] = fields.Required("ssm.conv_kernel"),
        };
        return fields.Experts == 0
            ? config.With("intermediate_size", fields.Intermediate)
            : config
                .With("num_experts", fields.Experts)
                .With("num_experts_per_tok", fields.ActiveExperts)
                .With("moe_intermediate_size", fields.Required("expert_feed_forward_length"))
                .With("shared_expert_intermediate_size", fields.Required("expert_shared_feed_forward_length"));
    }

    /// <summary>The last of every few layers, or those with key-value heads where a file lists them.</summary>
    private static ImmutableArray<bool> FullLayers(GgufFields fields)
    {
        if (fields.IsArray(KvHeads) && fields.LayersWith(KvHeads) is var listed && listed.Contains(false))
            return listed;
        // llama.cpp's own default.
        var interval = fields.Positive("full_attention_interval") ?? 4;
        return [.. Enumerable.Range(1, fields.Layers).Select(number => number % interval == 0)];
    }

    private static string BlockOf(GgufFields fields, int layer, bool attends, int width, bool hasExperts)
    {
        if (attends && width > 0)
            throw fields.Wrong(FeedForward, $"{width} in layer {layer}", "0 in a layer with key-value heads");
        return attends ? "attention"
            : width == 0 ? "mamba"
            : hasExperts ? "moe"
            : "mlp";
    }

    /// <summary>The inner width of a state space, shared out over its heads.</summary>
    private static int ShareOfInner(this GgufFields fields, string heads)
    {
        var inner = fields.Required("ssm.inner_size");
        var count = fields.Required(heads);
        return inner % count == 0
            ? inner / count
            : throw fields.Wrong(heads, $"{count}", $"a divisor of ssm.inner_size {inner}");
    }
}
