using System.Text.Json.Nodes;

namespace Loadline.Models;

/// <summary>DeepSeek-V2 and those who adopted its latent attention: V3, R1, Kimi-K2, GLM-4.7-Flash, GLM-5.</summary>
internal static class GgufLatent
{
    /// <summary>
    /// Multi-head latent attention. Files since 2025 describe it as the attention over the latent that it can be folded
    /// into, with one key-value head, and give the unfolded head sizes under names of their own.
    /// </summary>
    public static JsonObject DeepSeekLatent(this GgufFields fields, string modelType)
    {
        var rank = fields.Required("attention.kv_lora_rank");
        var rope = fields.Required("rope.dimension_count");
        var isFolded = fields.Positive("attention.key_length_mla") is not null;
        if (isFolded && fields.Required("attention.key_length") is var folded && folded != rank + (long)rope)
            throw fields.Wrong("attention.key_length", $"{folded}", $"{rank + (long)rope}, the latent and its rope");
        var ending = isFolded ? "_mla" : "";
        var key = fields.Required($"attention.key_length{ending}");
        if (key <= rope)
            throw fields.Wrong($"attention.key_length{ending}", $"{key}", $"more than rope.dimension_count {rope}");
        return new JsonObject
        {
            ["model_type"] = modelType,
            ["hidden_size"] = fields.Hidden,
            ["vocab_size"] = fields.Vocabulary,
            ["num_hidden_layers"] = fields.Layers,
            ["num_attention_heads"] = fields.Heads,
            ["max_position_embeddings"] = fields.Context,
            ["tie_word_embeddings"] = !fields.Has("output.weight"),
            ["intermediate_size"] = fields.Intermediate,
            ["q_lora_rank"] = fields.Positive("attention.q_lora_rank"),
            ["kv_lora_rank"] = rank,
            ["qk_rope_head_dim"] = rope,
            ["qk_nope_head_dim"] = key - rope,
            ["v_head_dim"] = fields.Required($"attention.value_length{ending}"),
            ["num_nextn_predict_layers"] = fields.PredictionLayers,
        }.WithSharedExperts(fields);
    }

    /// <summary>Sparse attention. Only layers that choose for themselves have an indexer in the file.</summary>
    public static JsonObject WithIndexer(this JsonObject config, GgufFields fields)
    {
        var layers = Enumerable.Range(0, fields.Layers);
        return config
            .With("index_n_heads", fields.Required("attention.indexer.head_count"))
            .With("index_head_dim", fields.Required("attention.indexer.key_length"))
            .With("index_topk", fields.Required("attention.indexer.top_k"))
            .With(
                "indexer_types",
                layers.ToTexts(layer => fields.Has($"blk.{layer}.indexer.attn_k.weight") ? "full" : "shared")
            );
    }
}
