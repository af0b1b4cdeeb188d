using System.Buffers;
using System.Text.Json;

namespace Loadline.Models;

/// <summary>
/// Says what the metadata of a GGUF model says in the words of a Hugging Face config, so that one description of each
/// family serves both kinds of file.
/// </summary>
/// <remarks>Keys: docs/gguf.md of ggml-org/ggml; what they mean per architecture: llama.cpp's converter.</remarks>
internal static class GgufConfig
{
    private const string Known = "llama, qwen2, qwen3, qwen3moe, gemma2, gemma3, phi3, gpt2 or gpt-oss";

    /// <exception cref="BadContentException">An architecture nobody translates, or metadata that is not sound.</exception>
    public static ModelConfig Translate(GgufFile file)
    {
        var metadata = file.Metadata;
        if (metadata.Text("general.type") is { } type and not "model")
            throw metadata.Wrong("general.type", FileText.Quote(type), "\"model\"");
        var architecture =
            metadata.Text("general.architecture")
            ?? throw metadata.Wrong("general.architecture", "missing", "the name of an architecture");
        Action<GgufFields, Utf8JsonWriter> write = architecture switch
        {
            "llama" => WriteLlama,
            "qwen2" => (fields, writer) => WriteDecoder(fields, writer, "qwen2"),
            "qwen3" => (fields, writer) => WriteDecoder(fields, writer, "qwen3"),
            "qwen3moe" => WriteQwen3Moe,
            "gemma2" => (fields, writer) => WriteWindowed(fields, writer, "gemma2"),
            "gemma3" => WriteGemma3,
            "phi3" => (fields, writer) => WriteWindowed(fields, writer, "phi3"),
            "gpt2" => WriteGpt2,
            "gpt-oss" => WriteGptOss,
            _ => throw metadata.Wrong("general.architecture", FileText.Quote(architecture), Known),
        };
        var fields = new GgufFields(metadata, file.Checkpoint, architecture);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(fields, writer);
            writer.WriteString("torch_dtype", fields.DataType);
            writer.WriteEndObject();
        }
        return new ModelConfig(metadata.File, JsonFile.Parse(buffer.WrittenMemory, metadata.File));
    }

    /// <summary>The fields that all but GPT-2 spell alike.</summary>
    private static void WriteDecoder(GgufFields fields, Utf8JsonWriter writer, string modelType)
    {
        writer.WriteString("model_type", modelType);
        writer.WriteNumber("hidden_size", fields.Hidden);
        writer.WriteNumber("vocab_size", fields.Vocabulary);
        writer.WriteNumber("num_hidden_layers", fields.Layers);
        writer.WriteNumber("num_attention_heads", fields.Heads);
        writer.WriteNumber("num_key_value_heads", fields.KvHeads);
        if (fields.HeadSize is { } size)
            writer.WriteNumber("head_dim", size);
        if (modelType is not ("qwen3_moe" or "gpt_oss"))
            writer.WriteNumber("intermediate_size", fields.Intermediate);
        if (fields.Context is { } context)
            writer.WriteNumber("max_position_embeddings", context);
        // Gemma ties its embeddings by design; a second copy in the file is only a copy.
        var tied = modelType.StartsWith("gemma", StringComparison.Ordinal) || !fields.Has("output.weight");
        writer.WriteBoolean("tie_word_embeddings", tied);
    }

    /// <summary>Llama, Mistral and Mixtral share the name; experts make it Mixtral.</summary>
    private static void WriteLlama(GgufFields fields, Utf8JsonWriter writer)
    {
        if (fields.Experts > 0)
        {
            WriteDecoder(fields, writer, "mixtral");
            writer.WriteNumber("num_local_experts", fields.Experts);
            writer.WriteNumber("num_experts_per_tok", fields.ActiveExperts);
            return;
        }
        WriteDecoder(fields, writer, "llama");
        writer.WriteBoolean("attention_bias", fields.Has("blk.0.attn_q.bias"));
        writer.WriteBoolean("mlp_bias", fields.Has("blk.0.ffn_gate.bias"));
    }

    private static void WriteQwen3Moe(GgufFields fields, Utf8JsonWriter writer)
    {
        WriteDecoder(fields, writer, "qwen3_moe");
        var intermediate = fields.Required("expert_feed_forward_length");
        writer.WriteNumber("intermediate_size", fields.Positive("feed_forward_length") ?? intermediate);
        writer.WriteNumber("moe_intermediate_size", intermediate);
        writer.WriteNumber("num_experts", fields.Experts);
        writer.WriteNumber("num_experts_per_tok", fields.ActiveExperts);
        writer.WriteNumber("decoder_sparse_step", 1);
        writer.WriteStartArray("mlp_only_layers");
        writer.WriteEndArray();
    }

    private static void WriteWindowed(GgufFields fields, Utf8JsonWriter writer, string modelType)
    {
        WriteDecoder(fields, writer, modelType);
        if (fields.Positive("attention.sliding_window") is { } window)
            writer.WriteNumber("sliding_window", window);
    }

    private static void WriteGemma3(GgufFields fields, Utf8JsonWriter writer)
    {
        WriteWindowed(fields, writer, "gemma3_text");
        // Five layers with a window, then one without, is built into llama.cpp; few files spell it out.
        if (fields.Pattern("attention.sliding_window_pattern") is { } pattern)
            WriteLayerTypes(writer, pattern);
        else
            writer.WriteNumber("sliding_window_pattern", 6);
    }

    private static void WriteGptOss(GgufFields fields, Utf8JsonWriter writer)
    {
        WriteWindowed(fields, writer, "gpt_oss");
        writer.WriteNumber("intermediate_size", fields.Required("expert_feed_forward_length"));
        writer.WriteNumber("num_local_experts", fields.Experts);
        writer.WriteNumber("num_experts_per_tok", fields.ActiveExperts);
        writer.WriteBoolean("attention_bias", true);
        var pattern = fields.Pattern("attention.sliding_window_pattern");
        WriteLayerTypes(writer, pattern ?? [.. Enumerable.Range(0, fields.Layers).Select(layer => layer % 2 == 0)]);
    }

    private static void WriteGpt2(GgufFields fields, Utf8JsonWriter writer)
    {
        writer.WriteString("model_type", "gpt2");
        writer.WriteNumber("n_embd", fields.Hidden);
        writer.WriteNumber("vocab_size", fields.Vocabulary);
        writer.WriteNumber("n_layer", fields.Layers);
        writer.WriteNumber("n_head", fields.Heads);
        writer.WriteNumber("n_inner", fields.Intermediate);
        writer.WriteNumber("n_positions", fields.Required("context_length"));
    }

    private static void WriteLayerTypes(Utf8JsonWriter writer, IReadOnlyList<bool> windowed)
    {
        writer.WriteStartArray("layer_types");
        foreach (var layer in windowed)
            writer.WriteStringValue(layer ? "sliding_attention" : "full_attention");
        writer.WriteEndArray();
    }
}
