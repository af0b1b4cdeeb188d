using Loadline.Models;
using Loadline.Quantization.Inference;
using Loadline.Quantization.Tokenization;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

public sealed class GgufModelTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("loadline-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("llama", "llama", 4, 2, 8, true)]
    [InlineData("qwen2", "qwen2", 4, 2, 8, false)]
    [InlineData("qwen3", "qwen3", 4, 2, 16, false)]
    public void A_gguf_file_computes_what_the_checkpoint_does(
        string family,
        string architecture,
        int heads,
        int kvHeads,
        int headSize,
        bool isPaired
    )
    {
        var path = Path.Combine(folder, "model.gguf");
        using var gguf = Metadata(architecture, heads, kvHeads, headSize, family);
        using (var store = SafetensorsStore.Open(TestModels.Family(family)))
        {
            foreach (var tensor in store.Tensors)
            {
                var numbers = Numbers(store, tensor);
                if (isPaired && tensor.Name.Contains("q_proj"))
                    numbers = Pair(numbers, heads, headSize, 32);
                if (isPaired && tensor.Name.Contains("k_proj"))
                    numbers = Pair(numbers, kvHeads, headSize, 32);
                gguf.Add(NameOf(tensor.Name), tensor.Shape, numbers);
            }
        }
        gguf.Save(path);

        using var model = ReferenceModel.Load(path);
        using var checkpoint = ReferenceModel.Load(TestModels.Family(family));
        var tokens = TestModels.Tokens(family);
        var (found, expected) = (model.Forward(tokens), checkpoint.Forward(tokens));
        for (var i = 0; i < tokens.Length; i++)
            found[i].ToArray().ShouldBe(expected[i].ToArray());
    }

    [Fact]
    public void A_tokenizer_is_read_from_metadata()
    {
        var path = Path.Combine(folder, "model.gguf");
        using var gguf = Metadata("llama", 4, 2, 8, "llama");
        gguf.Add("token_embd.weight", [4, 32], new float[128]);
        gguf.Add("blk.0.attn_norm.weight", [32], new float[32]);
        gguf.Add("blk.1.attn_norm.weight", [32], new float[32]);
        gguf.Add("tokenizer.ggml.model", "gpt2");
        gguf.Add("tokenizer.ggml.pre", "llama-bpe");
        gguf.Add("tokenizer.ggml.tokens", ["a", "b", "ab", "<s>"]);
        gguf.Add("tokenizer.ggml.merges", ["a b"]);
        gguf.Add("tokenizer.ggml.token_type", [1f, 1f, 1f, 3f]);
        gguf.Add("tokenizer.ggml.bos_token_id", 3u);
        gguf.Add("tokenizer.ggml.add_bos_token", 1u);
        gguf.Save(path);

        var tokenizer = Tokenizer.Load(path);
        tokenizer.Encode("abba").ShouldBe([3, 2, 1, 0]);
        tokenizer.Decode([3, 2, 1, 0]).ShouldBe("abba");
    }

    [Fact]
    public void An_architecture_without_a_forward_pass_is_named()
    {
        var path = Path.Combine(folder, "model.gguf");
        using var gguf = Metadata("gemma2", 4, 2, 8, "llama");
        gguf.Add("gemma2.attention.sliding_window", 4u);
        gguf.Add("token_embd.weight", [4, 32], new float[128]);
        gguf.Add("blk.0.attn_norm.weight", [32], new float[32]);
        gguf.Add("blk.1.attn_norm.weight", [32], new float[32]);
        gguf.Save(path);
        Should
            .Throw<BadContentException>(() => ReferenceModel.Load(path))
            .Message.ShouldBe(
                $"{path}: metadata \"general.architecture\": \"gemma2\"; expected llama, qwen2, qwen3 or qwen3moe"
            );
    }

    private static SmallGguf Metadata(string architecture, int heads, int kvHeads, int headSize, string family)
    {
        var config = ConfigFile.Read(Path.Combine(TestModels.Family(family), "config.json"));
        var gguf = new SmallGguf();
        gguf.Add("general.architecture", architecture);
        gguf.Add($"{architecture}.block_count", 2u);
        gguf.Add($"{architecture}.context_length", 64u);
        gguf.Add($"{architecture}.embedding_length", 32u);
        gguf.Add($"{architecture}.feed_forward_length", 40u);
        gguf.Add($"{architecture}.attention.head_count", (uint)heads);
        gguf.Add($"{architecture}.attention.head_count_kv", (uint)kvHeads);
        gguf.Add($"{architecture}.attention.key_length", (uint)headSize);
        gguf.Add($"{architecture}.attention.value_length", (uint)headSize);
        gguf.Add($"{architecture}.rope.freq_base", (float)config.OptionalNumber("rope_theta")!);
        gguf.Add(
            $"{architecture}.attention.layer_norm_rms_epsilon",
            (float)config.OptionalNumber("rms_norm_eps")!
        );
        return gguf;
    }

    /// <summary>reshape(heads, 2, half, columns).swapaxes(1, 2): row 2 i + j of a head comes from row j half + i.</summary>
    private static float[] Pair(float[] rows, int heads, int headSize, int columns)
    {
        var paired = new float[rows.Length];
        for (var head = 0; head < heads; head++)
        {
            for (var i = 0; i < headSize / 2; i++)
            {
                for (var j = 0; j < 2; j++)
                    rows.AsSpan((head * headSize + j * headSize / 2 + i) * columns, columns)
                        .CopyTo(paired.AsSpan((head * headSize + 2 * i + j) * columns));
            }
        }
        return paired;
    }

    private static float[] Numbers(SafetensorsStore store, StoredTensor tensor)
    {
        var bytes = new byte[tensor.Bytes];
        store.Read(tensor, 0, bytes);
        var numbers = new float[tensor.Elements];
        BlockCodecs.Find(tensor.Format)!.Decode(bytes, numbers);
        return numbers;
    }

    private static string NameOf(string name) =>
        name.Replace("model.layers.", "blk.")
            .Replace("model.embed_tokens", "token_embd")
            .Replace("model.norm", "output_norm")
            .Replace("lm_head", "output")
            .Replace("self_attn.q_proj", "attn_q")
            .Replace("self_attn.k_proj", "attn_k")
            .Replace("self_attn.v_proj", "attn_v")
            .Replace("self_attn.o_proj", "attn_output")
            .Replace("self_attn.q_norm", "attn_q_norm")
            .Replace("self_attn.k_norm", "attn_k_norm")
            .Replace("input_layernorm", "attn_norm")
            .Replace("post_attention_layernorm", "ffn_norm")
            .Replace("mlp.gate_proj", "ffn_gate")
            .Replace("mlp.up_proj", "ffn_up")
            .Replace("mlp.down_proj", "ffn_down");
}
