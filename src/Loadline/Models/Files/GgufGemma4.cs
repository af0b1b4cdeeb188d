using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Loadline.Models;

/// <summary>
/// Gemma 4: heads and widths that differ between windowed layers, layers that see all, and the last layers, which read
/// the keys and values of earlier ones.
/// </summary>
internal static class GgufGemma4
{
    private const string KvHeads = "attention.head_count_kv";
    private const string FeedForward = "feed_forward_length";

    public static JsonObject Gemma4(this GgufFields fields)
    {
        var isWindowed = fields.WindowedLayers(6);
        var shared = fields.Optional("attention.shared_kv_layers") ?? 0;
        if (shared >= fields.Layers)
            throw fields.Wrong("attention.shared_kv_layers", $"{shared}", $"fewer than {fields.Layers} layers");
        var config = new JsonObject
        {
            ["model_type"] = "gemma4_text",
            ["hidden_size"] = fields.Hidden,
            ["vocab_size"] = fields.Vocabulary,
            ["num_hidden_layers"] = fields.Layers,
            ["num_attention_heads"] = fields.Heads,
            ["num_key_value_heads"] = fields.EveryLayer(KvHeads, layer => isWindowed[layer]) ?? fields.Heads,
            ["num_global_key_value_heads"] = fields.EveryLayer(KvHeads, layer => !isWindowed[layer]),
            ["head_dim"] = fields.Positive("attention.key_length_swa") ?? fields.HeadSize,
            ["global_head_dim"] = fields.HeadSize,
            ["max_position_embeddings"] = fields.Context,
            ["tie_word_embeddings"] = true,
            ["attention_k_eq_v"] = SharesKeysWithValues(fields, isWindowed, fields.Layers - shared),
            ["num_kv_shared_layers"] = shared,
            ["hidden_size_per_layer_input"] = fields.Optional("embedding_length_per_layer_input") ?? 0,
            ["vocab_size_per_layer_input"] = fields.RowsOf("per_layer_token_embd.weight"),
            ["use_double_wide_mlp"] = false,
        };
        AddWidths(config, fields, fields.Layers - shared);
        return AddExperts(config, fields).Windowed(fields, 6);
    }

    /// <summary>A layer that sees all and stores keys of its own but has no projection to values.</summary>
    private static bool SharesKeysWithValues(GgufFields fields, ImmutableArray<bool> isWindowed, int own)
    {
        var layer = Enumerable.Range(0, own).FirstOrDefault(layer => !isWindowed[layer], -1);
        return layer >= 0 && !fields.Has($"blk.{layer}.attn_v.weight");
    }

    /// <summary>Layers with keys of their own have one width; the others the same or twice as much.</summary>
    private static void AddWidths(JsonObject config, GgufFields fields, int own)
    {
        var width =
            fields.EveryLayer(FeedForward, layer => layer < own)
            ?? throw fields.Wrong(FeedForward, "missing", "a positive number");
        config["intermediate_size"] = width;
        if (fields.EveryLayer(FeedForward, layer => layer >= own) is not { } others || others == width)
            return;
        if (others != 2L * width)
            throw fields.Wrong(FeedForward, $"{width} in layer 0 and {others} in layer {own}", "once or twice as much");
        config["use_double_wide_mlp"] = true;
    }

    private static JsonObject AddExperts(JsonObject config, GgufFields fields) =>
        fields.Experts == 0
            ? config
            : config
                .With("enable_moe_block", true)
                .With("num_experts", fields.Experts)
                .With("top_k_experts", fields.ActiveExperts)
                .With("moe_intermediate_size", fields.Required("expert_feed_forward_length"));
}
