namespace Loadline.Tests.Models.Files;

/// <summary>
/// A Llama of 2 layers, hidden size 256, 4 heads of 64 with 2 for keys and values, intermediate size 512 and a
/// vocabulary of 10, once as a Hugging Face checkpoint and once as GGUF.
/// </summary>
internal static class TinyLlama
{
    public const int Layers = 2;

    /// <summary>
    /// Embedding and head 2 x 10 x 256; per layer q and o 2 x 65,536, k and v 2 x 128 x 256, MLP 3 x 131,072, norms
    /// 2 x 256; last norm 256.
    /// </summary>
    public const long Parameters = 5_120 + 2 * (131_072 + 65_536 + 393_216 + 512) + 256;

    public const string Config = """
        { "model_type": "llama", "hidden_size": 256, "vocab_size": 10, "num_hidden_layers": 2,
          "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 512,
          "max_position_embeddings": 512, "tie_word_embeddings": false, "torch_dtype": "bfloat16" }
        """;

    public static (string Name, string Type, int Size, long[] Shape)[] Outside =>
        [
            ("model.embed_tokens.weight", "BF16", 2, [10, 256]),
            ("model.norm.weight", "BF16", 2, [256]),
            ("lm_head.weight", "BF16", 2, [10, 256]),
        ];

    public static (string Name, string Type, int Size, long[] Shape)[] Layer(int layer) =>
        [
            .. new (string Name, long[] Shape)[]
            {
                ("input_layernorm", [256]),
                ("self_attn.q_proj", [256, 256]),
                ("self_attn.k_proj", [128, 256]),
                ("self_attn.v_proj", [128, 256]),
                ("self_attn.o_proj", [256, 256]),
                ("post_attention_layernorm", [256]),
                ("mlp.gate_proj", [512, 256]),
                ("mlp.up_proj", [512, 256]),
                ("mlp.down_proj", [256, 512]),
            }.Select(tensor => ($"model.layers.{layer}.{tensor.Name}.weight", "BF16", 2, tensor.Shape)),
        ];

    public static byte[] Safetensors() => SafetensorsWriter.Write([.. Outside, .. Layer(0), .. Layer(1)]);

    public static GgufWriter Metadata(GgufWriter? writer = null) =>
        (writer ?? new GgufWriter())
            .Add("general.architecture", "llama")
            .Add("general.file_type", 15)
            .Add("llama.block_count", Layers)
            .Add("llama.embedding_length", 256)
            .Add("llama.feed_forward_length", 512)
            .Add("llama.attention.head_count", 4)
            .Add("llama.attention.head_count_kv", 2)
            .Add("llama.context_length", 512)
            .AddStrings("tokenizer.ggml.tokens", 10);

    /// <summary>Q4_K (144 bytes for 256 weights), with Q6_K (210) for the values, the head and the embedding.</summary>
    public static GgufWriter Tensors(GgufWriter writer, bool head = true)
    {
        const uint F32 = 0;
        const uint Q4K = 12;
        const uint Q6K = 14;
        writer.Tensor("token_embd.weight", Q6K, 2_100, 10, 256).Tensor("output_norm.weight", F32, 1_024, 256);
        if (head)
            writer.Tensor("output.weight", Q6K, 2_100, 10, 256);
        for (var layer = 0; layer < Layers; layer++)
        {
            writer
                .Tensor($"blk.{layer}.attn_norm.weight", F32, 1_024, 256)
                .Tensor($"blk.{layer}.attn_q.weight", Q4K, 36_864, 256, 256)
                .Tensor($"blk.{layer}.attn_k.weight", Q4K, 18_432, 128, 256)
                .Tensor($"blk.{layer}.attn_v.weight", Q6K, 26_880, 128, 256)
                .Tensor($"blk.{layer}.attn_output.weight", Q4K, 36_864, 256, 256)
                .Tensor($"blk.{layer}.ffn_norm.weight", F32, 1_024, 256)
                .Tensor($"blk.{layer}.ffn_gate.weight", Q4K, 73_728, 512, 256)
                .Tensor($"blk.{layer}.ffn_up.weight", Q4K, 73_728, 512, 256)
                .Tensor($"blk.{layer}.ffn_down.weight", Q4K, 73_728, 256, 512);
        }
        return writer;
    }
}
