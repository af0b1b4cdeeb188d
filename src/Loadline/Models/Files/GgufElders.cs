using System.Text.Json.Nodes;

namespace Loadline.Models;

/// <summary>Models from before Llama, whose configurations have names of their own, and BERT.</summary>
internal static class GgufElders
{
    /// <summary>GPT-2, and StarCoder with one key-value head.</summary>
    public static JsonObject Gpt2(this GgufFields fields, string modelType) =>
        new()
        {
            ["model_type"] = modelType,
            ["n_embd"] = fields.Hidden,
            ["vocab_size"] = fields.Vocabulary,
            ["n_layer"] = fields.Layers,
            ["n_head"] = fields.Heads,
            ["n_inner"] = fields.Intermediate,
            ["n_positions"] = fields.Required("context_length"),
            ["multi_query"] = OneOrAll(fields),
            ["tie_word_embeddings"] = !fields.Has("output.weight"),
        };

    public static JsonObject GptNeoX(this GgufFields fields) =>
        fields.Gated("gpt_neox").With("attention_bias", fields.HasInSomeLayer("attn_qkv.bias"));

    public static JsonObject Bloom(this GgufFields fields) =>
        fields.Intermediate == 4L * fields.Hidden
            ? new()
            {
                ["model_type"] = "bloom",
                ["hidden_size"] = fields.Hidden,
                ["vocab_size"] = fields.Vocabulary,
                ["n_layer"] = fields.Layers,
                ["n_head"] = fields.Heads,
                ["seq_length"] = fields.Context,
                ["tie_word_embeddings"] = !fields.Has("output.weight"),
            }
            : throw fields.Wrong("feed_forward_length", $"{fields.Intermediate}", "four times embedding_length");

    /// <summary>40B and 180B have groups of keys and two norms, 11B groups and one, 7B one key head.</summary>
    public static JsonObject Falcon(this GgufFields fields)
    {
        var hasTwoNorms = fields.HasInSomeLayer("attn_norm_2.weight");
        var isNew = hasTwoNorms || (fields.KvHeads != 1 && fields.KvHeads != fields.Heads);
        return fields
            .Decoder("falcon")
            .With("new_decoder_architecture", isNew)
            .With("num_ln_in_parallel_attn", hasTwoNorms ? 2 : 1)
            .With("num_kv_heads", fields.KvHeads)
            .With("multi_query", fields.KvHeads == 1)
            .With("parallel_attn", !fields.HasInSomeLayer("ffn_norm.weight"))
            .With("bias", fields.HasInSomeLayer("attn_qkv.bias"))
            .With("ffn_hidden_size", fields.Intermediate);
    }

    public static JsonObject Mpt(this GgufFields fields) =>
        fields.Intermediate % fields.Hidden == 0
            ? new()
            {
                ["model_type"] = "mpt",
                ["d_model"] = fields.Hidden,
                ["vocab_size"] = fields.Vocabulary,
                ["n_layers"] = fields.Layers,
                ["n_heads"] = fields.Heads,
                ["max_seq_len"] = fields.Required("context_length"),
                ["expansion_ratio"] = fields.Intermediate / fields.Hidden,
                ["no_bias"] = !fields.HasInSomeLayer("attn_qkv.bias"),
                ["tie_word_embeddings"] = !fields.Has("output.weight"),
                ["attn_config"] = new JsonObject
                {
                    ["alibi"] = !fields.Has("position_embd.weight"),
                    ["kv_n_heads"] = fields.KvHeads,
                    ["qk_ln"] = fields.HasInSomeLayer("attn_q_norm.weight"),
                },
            }
            : throw fields.Wrong("feed_forward_length", $"{fields.Intermediate}", "a multiple of embedding_length");

    /// <summary>The converter drops the pooler, and of XLM-RoBERTa the two positions that nothing reaches.</summary>
    public static JsonObject Bert(this GgufFields fields) =>
        fields
            .Gated("bert")
            .With("max_position_embeddings", fields.Required("context_length"))
            .With("type_vocab_size", fields.RowsOf("token_types.weight"))
            .With("add_pooling_layer", fields.Has("cls.weight"));

    private static bool OneOrAll(GgufFields fields)
    {
        var heads = fields.KvHeads;
        return heads == 1 || heads == fields.Heads
            ? heads == 1
            : throw fields.Wrong("attention.head_count_kv", $"{heads}", $"1 or all {fields.Heads} heads");
    }
}
