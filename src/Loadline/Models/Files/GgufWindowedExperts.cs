using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Loadline.Models;

/// <summary>Decoders with experts whose windowed layers have head counts of their own: MiMo-V2 and Step 3.5.</summary>
internal static class GgufWindowedExperts
{
    private const string Heads = "attention.head_count";
    private const string KvHeads = "attention.head_count_kv";

    /// <summary>Keys are wider than values, and windowed layers have attention sinks.</summary>
    public static JsonObject MimoV2(this GgufFields fields)
    {
        var (window, isWindowed) = Windows(fields);
        var kvHeads = KvHeadsOf(fields, isWindowed, windowed: false);
        return new JsonObject
        {
            ["model_type"] = "mimo_v2_flash",
            ["hidden_size"] = fields.Hidden,
            ["vocab_size"] = fields.Vocabulary,
            ["num_hidden_layers"] = fields.Layers,
            ["num_attention_heads"] = fields.Heads,
            ["num_key_value_heads"] = kvHeads,
            ["head_dim"] = fields.KeySize,
            ["v_head_dim"] = fields.Required("attention.value_length"),
            ["swa_num_attention_heads"] = fields.Heads,
            ["swa_num_key_value_heads"] = KvHeadsOf(fields, isWindowed, windowed: true),
            ["swa_head_dim"] = fields.KeySize,
            ["swa_v_head_dim"] = fields.Required("attention.value_length"),
            ["sliding_window"] = window,
            ["hybrid_layer_pattern"] = Switches(isWindowed),
            ["moe_layer_freq"] = Switches(LayersWithExperts(fields)),
            ["attention_bias"] = fields.HasInSomeLayer("attn_q.bias"),
            ["add_swa_attention_sink_bias"] = HasSinks(fields, isWindowed, windowed: true),
            ["add_full_attention_sink_bias"] = HasSinks(fields, isWindowed, windowed: false),
            ["max_position_embeddings"] = fields.Context,
            ["tie_word_embeddings"] = !fields.Has("output.weight"),
            ["intermediate_size"] = fields.Intermediate,
            ["num_nextn_predict_layers"] = fields.PredictionLayers,
            ["n_routed_experts"] = fields.Experts,
            ["num_experts_per_tok"] = fields.ActiveExperts,
            ["moe_intermediate_size"] = fields.Required("expert_feed_forward_length"),
            ["topk_method"] = fields.HasInSomeLayer("exp_probs_b.bias") ? "noaux_tc" : "greedy",
        };
    }

    /// <summary>More query heads in windowed layers, a gate per head, a shared expert beside the others.</summary>
    public static JsonObject Step(this GgufFields fields)
    {
        var (window, isWindowed) = Windows(fields);
        var hasExperts = LayersWithExperts(fields);
        var sparse = Enumerable.Range(0, fields.Layers).Where(layer => hasExperts[layer]);
        var full = HeadsOf(fields, isWindowed, windowed: false);
        return new JsonObject
        {
            ["model_type"] = "step3p5",
            ["hidden_size"] = fields.Hidden,
            ["vocab_size"] = fields.Vocabulary,
            ["num_hidden_layers"] = fields.Layers,
            ["num_attention_heads"] = full,
            ["num_attention_groups"] = KvHeadsOf(fields, isWindowed, windowed: false),
            ["head_dim"] = fields.Required("attention.key_length"),
            ["attention_other_setting"] = new JsonObject
            {
                ["num_attention_heads"] = HeadsOf(fields, isWindowed, windowed: true),
                ["num_attention_groups"] = KvHeadsOf(fields, isWindowed, windowed: true),
            },
            ["sliding_window"] = window,
            ["layer_types"] = isWindowed.ToTexts(windowed => windowed ? "sliding_attention" : "full_attention"),
            ["use_head_wise_attn_gate"] = fields.HasInSomeLayer("attn_gate.weight"),
            ["max_position_embeddings"] = fields.Context,
            ["tie_word_embeddings"] = !fields.Has("output.weight"),
            ["intermediate_size"] = fields.Intermediate,
            ["moe_layers_enum"] = string.Join(',', sparse),
            ["moe_num_experts"] = fields.Experts,
            ["moe_top_k"] = fields.ActiveExperts,
            ["moe_intermediate_size"] = fields.Required("expert_feed_forward_length"),
            ["share_expert_dim"] = fields.Required("expert_shared_feed_forward_length"),
            ["use_moe_router_bias"] = fields.HasInSomeLayer("exp_probs_b.bias"),
        };
    }

    private static (int Window, ImmutableArray<bool> IsWindowed) Windows(GgufFields fields)
    {
        const string Pattern = "attention.sliding_window_pattern";
        return fields.IsArray(Pattern)
            ? (fields.Required("attention.sliding_window"), fields.WindowedLayers(0))
            : throw fields.Wrong(Pattern, "missing", "0 or 1 for each layer");
    }

    private static int HeadsOf(GgufFields fields, ImmutableArray<bool> isWindowed, bool windowed) =>
        fields.EveryLayer(Heads, layer => isWindowed[layer] == windowed)
        ?? throw fields.Wrong(Heads, "missing", "a number for layers with and without a window");

    private static int KvHeadsOf(GgufFields fields, ImmutableArray<bool> isWindowed, bool windowed) =>
        fields.EveryLayer(KvHeads, layer => isWindowed[layer] == windowed)
        ?? throw fields.Wrong(KvHeads, "missing", "a number for layers with and without a window");

    private static bool HasSinks(GgufFields fields, ImmutableArray<bool> isWindowed, bool windowed) =>
        Enumerable
            .Range(0, fields.Layers)
            .Any(layer => isWindowed[layer] == windowed && fields.Has($"blk.{layer}.attn_sinks.weight"));

    private static ImmutableArray<bool> LayersWithExperts(GgufFields fields) =>
        [.. Enumerable.Range(0, fields.Layers).Select(layer => fields.Has($"blk.{layer}.ffn_gate_inp.weight"))];

    private static JsonArray Switches(ImmutableArray<bool> layers) =>
        [.. layers.Select(isOn => (JsonNode)(isOn ? 1 : 0))];
}
