using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

/// <summary>
/// Every architecture that is translated, with the tensors llama.cpp's converter writes for it. Hidden size 64, 4
/// heads of 32 with 2 for keys and values, intermediate size 96, vocabulary 10, 2 layers.
/// </summary>
public sealed class GgufArchitectureTests : IDisposable
{
    private const ulong Hidden = 64;
    private const ulong Queries = 128;
    private const ulong Keys = 64;
    private const ulong Wide = 96;
    private const ulong Words = 10;

    private static readonly (string Name, ulong[] Shape)[] Attention =
    [
        ("attn_norm.weight", [Hidden]),
        ("attn_q.weight", [Queries, Hidden]),
        ("attn_k.weight", [Keys, Hidden]),
        ("attn_v.weight", [Keys, Hidden]),
        ("attn_output.weight", [Hidden, Queries]),
    ];

    private static readonly (string Name, ulong[] Shape)[] Mlp =
    [
        ("ffn_norm.weight", [Hidden]),
        ("ffn_gate.weight", [Wide, Hidden]),
        ("ffn_up.weight", [Wide, Hidden]),
        ("ffn_down.weight", [Hidden, Wide]),
    ];

    private static readonly (string Name, ulong[] Shape)[] Biases =
    [
        ("attn_q.bias", [Queries]),
        ("attn_k.bias", [Keys]),
        ("attn_v.bias", [Keys]),
    ];

    private static readonly (string Name, ulong[] Shape)[] HeadNorms =
    [
        ("attn_q_norm.weight", [32]),
        ("attn_k_norm.weight", [32]),
    ];

    private static readonly (string Name, ulong[] Shape)[] PostNorms =
    [
        ("post_attention_norm.weight", [Hidden]),
        ("post_ffw_norm.weight", [Hidden]),
    ];

    private static readonly (string Name, ulong[] Shape)[] Experts =
    [
        ("ffn_norm.weight", [Hidden]),
        ("ffn_gate_inp.weight", [8, Hidden]),
        ("ffn_gate_exps.weight", [8, 48, Hidden]),
        ("ffn_up_exps.weight", [8, 48, Hidden]),
        ("ffn_down_exps.weight", [8, Hidden, 48]),
    ];

    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Qwen2_has_biases_on_queries_keys_and_values() =>
        Check(Decoder("qwen2"), true, [.. Attention, .. Biases, .. Mlp]).Family.ShouldBe("qwen2");

    [Fact]
    public void Qwen3_normalizes_queries_and_keys() =>
        Check(Decoder("qwen3"), true, [.. Attention, .. HeadNorms, .. Mlp]).Family.ShouldBe("qwen3");

    [Fact]
    public void Qwen3_with_experts_stores_them_in_one_tensor_per_layer()
    {
        var architecture = Check(
            Decoder("qwen3moe")
                .Add("qwen3moe.expert_count", 8)
                .Add("qwen3moe.expert_used_count", 2)
                .Add("qwen3moe.expert_feed_forward_length", 48),
            true,
            [.. Attention, .. HeadNorms, .. Experts]
        );

        // Six of eight experts of 3 x 48 x 64 rest in each of 2 layers.
        var tensors = architecture.Tensors;
        (tensors.Parameters - tensors.ActiveParameters).ShouldBe(2 * 6 * 3 * 48 * 64);
    }

    [Fact]
    public void Mixtral_comes_as_a_llama_with_experts()
    {
        var writer = Decoder("llama", feedForward: 48).Add("llama.expert_count", 8).Add("llama.expert_used_count", 2);

        Check(writer, true, [.. Attention, .. Experts]).Family.ShouldBe("mixtral");
    }

    [Fact]
    public void Mixtral_of_before_2024_has_a_tensor_for_every_expert()
    {
        var writer = Decoder("llama", feedForward: 48).Add("llama.expert_count", 2).Add("llama.expert_used_count", 2);

        Check(
            writer,
            true,
            [
                .. Attention,
                ("ffn_norm.weight", [Hidden]),
                ("ffn_gate_inp.weight", [2, Hidden]),
                .. Enumerable
                    .Range(0, 2)
                    .SelectMany(expert =>
                        ((string, ulong[])[])
                            [
                                ($"ffn_gate.{expert}.weight", [48, Hidden]),
                                ($"ffn_up.{expert}.weight", [48, Hidden]),
                                ($"ffn_down.{expert}.weight", [Hidden, 48]),
                            ]
                    ),
            ]
        );
    }

    [Fact]
    public void Gemma_2_has_four_norms_a_window_and_tied_embeddings()
    {
        var writer = Decoder("gemma2").Add("gemma2.attention.sliding_window", 16);

        Windows(Check(writer, false, [.. Attention, .. PostNorms, .. Mlp])).ShouldBe([16, null]);
    }

    [Fact]
    public void Gemma_3_has_head_norms_too()
    {
        var writer = Decoder("gemma3").Add("gemma3.attention.sliding_window", 16);

        Windows(Check(writer, false, [.. Attention, .. HeadNorms, .. PostNorms, .. Mlp])).ShouldBe([16, 16]);
    }

    [Fact]
    public void Phi_3_joins_queries_keys_values_and_gate_with_up()
    {
        var writer = Decoder("phi3").Add("phi3.attention.sliding_window", 16);

        Windows(
                Check(
                    writer,
                    true,
                    [
                        ("attn_norm.weight", [Hidden]),
                        ("attn_qkv.weight", [Queries + 2 * Keys, Hidden]),
                        ("attn_output.weight", [Hidden, Queries]),
                        ("ffn_norm.weight", [Hidden]),
                        ("ffn_up.weight", [2 * Wide, Hidden]),
                        ("ffn_down.weight", [Hidden, Wide]),
                    ]
                )
            )
            .ShouldBe([16, 16]);
    }

    [Fact]
    public void Gpt_2_has_positions_and_biases_everywhere()
    {
        var writer = new GgufWriter()
            .Add("general.architecture", "gpt2")
            .Add("gpt2.block_count", 2)
            .Add("gpt2.embedding_length", (uint)Hidden)
            .Add("gpt2.feed_forward_length", (uint)Wide)
            .Add("gpt2.attention.head_count", 4)
            .Add("gpt2.context_length", 24)
            .Tensor("position_embd.weight", 1, 24 * 64 * 2, 24, Hidden)
            .Tensor("output_norm.bias", 1, 128, Hidden);

        Check(
            writer,
            false,
            [
                ("attn_norm.weight", [Hidden]),
                ("attn_norm.bias", [Hidden]),
                ("attn_qkv.weight", [3 * Hidden, Hidden]),
                ("attn_qkv.bias", [3 * Hidden]),
                ("attn_output.weight", [Hidden, Hidden]),
                ("attn_output.bias", [Hidden]),
                ("ffn_norm.weight", [Hidden]),
                ("ffn_norm.bias", [Hidden]),
                ("ffn_up.weight", [Wide, Hidden]),
                ("ffn_up.bias", [Wide]),
                ("ffn_down.weight", [Hidden, Wide]),
                ("ffn_down.bias", [Hidden]),
            ]
        );
    }

    [Fact]
    public void Gpt_oss_has_sinks_biases_and_every_second_layer_windowed()
    {
        var writer = Decoder("gpt-oss")
            .Add("gpt-oss.expert_count", 8)
            .Add("gpt-oss.expert_used_count", 2)
            .Add("gpt-oss.expert_feed_forward_length", 48)
            .Add("gpt-oss.attention.sliding_window", 16);

        Windows(
                Check(
                    writer,
                    true,
                    [
                        .. Attention,
                        .. Biases,
                        .. Experts.Where(tensor => tensor.Name != "ffn_norm.weight"),
                        ("post_attention_norm.weight", [Hidden]),
                        ("attn_output.bias", [Hidden]),
                        ("attn_sinks.weight", [4]),
                        ("ffn_gate_inp.bias", [8]),
                        ("ffn_gate_exps.bias", [8, 48]),
                        ("ffn_up_exps.bias", [8, 48]),
                        ("ffn_down_exps.bias", [8, Hidden]),
                    ]
                )
            )
            .ShouldBe([16, null]);
    }

    [Fact]
    public void More_active_experts_than_there_are_is_refused()
    {
        var writer = Decoder("llama").Add("llama.expert_count", 2).Add("llama.expert_used_count", 3);

        Should
            .Throw<BadContentException>(() => Read(writer, true, [.. Attention, .. Mlp]))
            .Place.ShouldBe("metadata \"llama.expert_used_count\"");
    }

    public void Dispose() => folder.Dispose();

    private static GgufWriter Decoder(string architecture, uint feedForward = (uint)Wide) =>
        new GgufWriter()
            .Add("general.architecture", architecture)
            .Add($"{architecture}.block_count", 2)
            .Add($"{architecture}.embedding_length", (uint)Hidden)
            .Add($"{architecture}.feed_forward_length", feedForward)
            .Add($"{architecture}.attention.head_count", 4)
            .Add($"{architecture}.attention.head_count_kv", 2)
            .Add($"{architecture}.attention.key_length", 32)
            .Add($"{architecture}.attention.value_length", 32)
            .Add($"{architecture}.context_length", 64);

    /// <summary>Reads it back: all tensors known, none missing, and as many parameters as the file has elements.</summary>
    private Architecture Check(GgufWriter writer, bool head, (string Name, ulong[] Shape)[] layer)
    {
        var model = Read(writer, head, layer);

        var stored = model.Architecture.StoredFormat.ShouldBeOfType<StoredWeightFormat>();
        stored.Missing.Select(tensor => tensor.Name).ShouldBeEmpty();
        stored.Unlisted.Select(tensor => tensor.Tensor.Name).ShouldBeEmpty();
        model.Architecture.Tensors.Parameters.ShouldBe(model.Checkpoint!.Elements);
        model.Architecture.Tensors.SizeIn(stored).ShouldBe(model.Checkpoint.Size);
        return model.Architecture;
    }

    private Model Read(GgufWriter writer, bool head, (string Name, ulong[] Shape)[] layer)
    {
        Add(writer, "token_embd.weight", [Words, Hidden]);
        Add(writer, "output_norm.weight", [Hidden]);
        if (head)
            Add(writer, "output.weight", [Words, Hidden]);
        for (var number = 0; number < 2; number++)
        {
            foreach (var (name, shape) in layer)
                Add(writer, $"blk.{number}.{name}", shape);
        }
        return ModelFiles.Read(folder.Write("tiny.gguf", writer.ToBytes()));
    }

    private static void Add(GgufWriter writer, string name, ulong[] shape) =>
        writer.Tensor(name, 1, (int)shape.Aggregate(2UL, (bytes, size) => bytes * size), shape);

    private static IEnumerable<int?> Windows(Architecture architecture) =>
        architecture.Layers.Select(layer => ((Mixer.Attention)layer).Window);
}
