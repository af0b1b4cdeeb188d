using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>An architecture of llama.cpp that checkpoints are converted to, and the keys it wants.</summary>
/// <remarks>
/// Keys: docs/gguf.md of ggml-org/ggml; llama.cpp, <c>convert_hf_to_gguf.py</c> (classes LlamaModel, Qwen2Model,
/// Qwen3Model, Qwen3MoeModel) and <c>gguf-py/gguf/constants.py</c>, 2025-26.
/// </remarks>
/// <param name="Name">Value of <c>general.architecture</c>.</param>
/// <param name="PermutesHeads">Whether rotary pairs lie side by side instead of half a head apart.</param>
internal sealed record GgufTarget(string Name, bool PermutesHeads)
{
    private static readonly ImmutableDictionary<string, GgufTarget> ByModelType = new Dictionary<string, GgufTarget>
    {
        ["llama"] = new("llama", PermutesHeads: true),
        ["mistral"] = new("llama", PermutesHeads: true),
        ["mixtral"] = new("llama", PermutesHeads: true),
        ["qwen2"] = new("qwen2", PermutesHeads: false),
        ["qwen3"] = new("qwen3", PermutesHeads: false),
        ["qwen3_moe"] = new("qwen3moe", PermutesHeads: false),
    }.ToImmutableDictionary();

    /// <exception cref="BadContentException">An architecture that is not converted.</exception>
    public static GgufTarget Of(ModelConfig config) =>
        ByModelType.TryGetValue(config.ModelType, out var target)
            ? target
            : throw config.Contradiction(
                "model_type",
                $"\"{config.ModelType}\"",
                $"one that can be written as GGUF: {string.Join(", ", ByModelType.Keys.Order(StringComparer.Ordinal))}"
            );

    public void AddKeys(GgufHeaderBuilder header, ModelConfig config, Architecture architecture)
    {
        var attention =
            architecture.Layers.OfType<Mixer.Attention>().FirstOrDefault()
            ?? throw config.Contradiction("model_type", config.ModelType, "a model with attention");
        header.Add($"{Name}.block_count", (uint)architecture.Layers.Length);
        header.Add(
            $"{Name}.context_length",
            (uint)(architecture.MaximumContext ?? throw config.Missing("max_position_embeddings", "a number of tokens"))
        );
        header.Add($"{Name}.embedding_length", (uint)architecture.HiddenSize);
        header.Add($"{Name}.feed_forward_length", (uint)config.Size("intermediate_size"));
        header.Add($"{Name}.attention.head_count", (uint)attention.QueryHeads);
        header.Add($"{Name}.attention.head_count_kv", (uint)attention.KvHeads);
        header.Add($"{Name}.attention.key_length", (uint)attention.HeadSize);
        header.Add($"{Name}.attention.value_length", (uint)attention.ValueHeadSize);
        header.Add($"{Name}.rope.dimension_count", (uint)attention.HeadSize);
        header.Add(
            $"{Name}.attention.layer_norm_rms_epsilon",
            (float)(config.OptionalNumber("rms_norm_eps") ?? throw config.Missing("rms_norm_eps", "a small number"))
        );
        header.Add($"{Name}.vocab_size", (uint)architecture.VocabularySize);
        var rope = GgufRope.Of(config);
        header.Add($"{Name}.rope.freq_base", (float)rope.Base);
        rope.AddScaling(header, Name);
        AddExperts(header, config);
    }

    private void AddExperts(GgufHeaderBuilder header, ModelConfig config)
    {
        if ((config.OptionalSize("num_local_experts") ?? config.OptionalSize("num_experts")) is not { } experts)
            return;
        header.Add($"{Name}.expert_count", (uint)experts);
        header.Add($"{Name}.expert_used_count", (uint)config.Size("num_experts_per_tok"));
        if (config.OptionalSize("moe_intermediate_size") is { } width)
            header.Add($"{Name}.expert_feed_forward_length", (uint)width);
    }
}
