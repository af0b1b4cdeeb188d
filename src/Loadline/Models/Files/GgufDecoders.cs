using System.Text.Json.Nodes;

namespace Loadline.Models;

/// <summary>The fields that most decoders spell alike, and the dense decoders that have little else.</summary>
internal static class GgufDecoders
{
    /// <summary>Sizes of attention and embedding.</summary>
    public static JsonObject Decoder(this GgufFields fields, string modelType) =>
        new()
        {
            ["model_type"] = modelType,
            ["hidden_size"] = fields.Hidden,
            ["vocab_size"] = fields.Vocabulary,
            ["num_hidden_layers"] = fields.Layers,
            ["num_attention_heads"] = fields.Heads,
            ["num_key_value_heads"] = fields.KvHeads,
            ["head_dim"] = fields.HeadSize,
            ["max_position_embeddings"] = fields.Context,
            ["tie_word_embeddings"] = !fields.Has("output.weight"),
        };

    /// <summary>A decoder with the same MLP in every layer.</summary>
    public static JsonObject Gated(this GgufFields fields, string modelType) =>
        fields.Decoder(modelType).With("intermediate_size", fields.Intermediate);

    /// <summary>Gemma ties its embeddings by design; a second copy in the file is only a copy.</summary>
    public static JsonObject Tied(this GgufFields fields, string modelType) =>
        fields.Gated(modelType).With("tie_word_embeddings", true);

    public static JsonObject With(this JsonObject config, string name, JsonNode? value)
    {
        config[name] = value;
        return config;
    }

    /// <summary>Whether attention has biases, as the file's own tensors say.</summary>
    public static JsonObject WithAttentionBias(this JsonObject config, GgufFields fields) =>
        config.With("attention_bias", fields.HasInSomeLayer("attn_q.bias"));

    /// <summary>The same window in every layer.</summary>
    public static JsonObject Window(this JsonObject config, GgufFields fields) =>
        config.With("sliding_window", fields.Positive("attention.sliding_window"));

    /// <summary>A window in some layers, which are then listed.</summary>
    public static JsonObject Windowed(this JsonObject config, GgufFields fields, int period) =>
        config
            .Window(fields)
            .With(
                "layer_types",
                fields.WindowedLayers(period).ToTexts(windowed => windowed ? "sliding_attention" : "full_attention")
            );

    public static JsonArray ToTexts<T>(this IEnumerable<T> items, Func<T, string> text) =>
        [.. items.Select(item => (JsonNode)text(item))];

    public static JsonObject Llama(this GgufFields fields, string modelType) =>
        fields
            .Gated(modelType)
            .WithAttentionBias(fields)
            .With("attention_out_bias", fields.HasInSomeLayer("attn_output.bias"))
            .With("mlp_bias", fields.HasInSomeLayer("ffn_gate.bias"));

    public static JsonObject StableLm(this GgufFields fields) =>
        fields
            .Gated("stablelm")
            .With("use_qkv_bias", fields.HasInSomeLayer("attn_q.bias"))
            .With("qk_layernorm", fields.HasInSomeLayer("attn_q_norm.weight"))
            .With("use_parallel_residual", !fields.HasInSomeLayer("ffn_norm.weight"));

    /// <summary>llama.cpp knows no window for it and keeps every token.</summary>
    public static JsonObject StarCoder2(this GgufFields fields) =>
        fields.Gated("starcoder2").With("use_bias", fields.HasInSomeLayer("attn_q.bias"));

    public static JsonObject Cohere(this GgufFields fields, string modelType) =>
        fields
            .Gated(modelType)
            .WithAttentionBias(fields)
            .With("use_qk_norm", fields.HasInSomeLayer("attn_q_norm.weight"));

    /// <summary>OLMo 3 goes by the name of OLMo 2 and has a window.</summary>
    public static JsonObject Olmo(this GgufFields fields) =>
        fields.Positive("attention.sliding_window") is null
            ? fields.Gated("olmo2").WithAttentionBias(fields)
            : fields.Gated("olmo3").WithAttentionBias(fields).Windowed(fields, 4);

    public static JsonObject Phi2(this GgufFields fields) =>
        fields.Gated("phi").With("qk_layernorm", fields.HasInSomeLayer("attn_q_norm.weight"));
}
