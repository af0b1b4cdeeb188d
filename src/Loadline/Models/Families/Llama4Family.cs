using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>
/// Llama 4: three layers that see their own chunk of 8,192 tokens to one that sees all, experts in every or every
/// second layer beside a shared one, and a vision tower.
/// </summary>
/// <remarks>The norm of queries and keys has no weights.</remarks>
internal sealed class Llama4Family : Family
{
    /// <summary>Llama4TextConfig's defaults.</summary>
    private const int DefaultChunk = 8192;
    private const int DefaultFullInterval = 4;

    public override string Name => "llama4";

    public override IReadOnlyList<string> ModelTypes => ["llama4", "llama4_text"];

    public override Architecture Describe(ModelConfig config)
    {
        var text = config.TextSection();
        var model = text == config ? "model" : "language_model.model";
        var sizes = DecoderSizes.Read(text);
        var bias = text.Flag("attention_bias", false);
        var experts = ExpertSizes.Read(text, "intermediate_size", "num_local_experts");
        var hasExperts = ExpertLayers(text, sizes.Layers);

        var tensors = sizes.Begin(model);
        var layer = $"{model}.layers.{{layer}}";
        tensors.PreNorms(layer, sizes.Hidden);
        tensors.Attention($"{layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: bias, outputBias: bias);
        tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, index => hasExperts[index]);
        if (!tensors.Layers.IsEmpty)
        {
            tensors.Router($"{layer}.feed_forward.router", experts.Count, sizes.Hidden);
            if (config.Section("quantization_config") is null)
                tensors.FusedGatedExperts($"{layer}.feed_forward.experts", sizes.Hidden, experts, inputFirst: true);
            else
                tensors.GatedExperts($"{layer}.feed_forward.experts", sizes.Hidden, experts);
            tensors.GatedMlp($"{layer}.feed_forward.shared_expert", sizes.Hidden, experts.Intermediate);
        }
        tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, index => !hasExperts[index]);
        if (!tensors.Layers.IsEmpty)
            tensors.GatedMlp($"{layer}.feed_forward", sizes.Hidden, text.Size("intermediate_size_mlp"));
        tensors.Finish(text, sizes, tiedByDefault: false, model);

        if (config.Section("vision_config") is { } vision)
            Llama4Vision.Add(tensors, vision, sizes.Hidden);
        return config.ToArchitecture(Name, sizes, Mixers(text, sizes), tensors);
    }

    private static ImmutableArray<bool> ExpertLayers(ModelConfig text, int layers)
    {
        if (text.OptionalIntegers("moe_layers") is { } listed)
            return [.. Enumerable.Range(0, layers).Select(listed.Contains)];
        var step = text.OptionalSize("interleave_moe_layer_step") ?? 1;
        return [.. Enumerable.Range(1, layers).Select(number => number % step == 0)];
    }

    /// <summary>Layers without rotary positions see everything: those marked 0, or every fourth when none is marked.</summary>
    private static ImmutableArray<Mixer> Mixers(ModelConfig text, DecoderSizes sizes)
    {
        var chunk = text.OptionalSize("attention_chunk_size") ?? DefaultChunk;
        var chunked = sizes.Attention(chunk) with { IsChunked = true };
        var types = text.LayerTypes(sizes.Layers, "chunked_attention", "full_attention");
        var marks = text.OptionalIntegers("no_rope_layers") ?? [];
        if (marks.Count > 0 && marks.Count != sizes.Layers)
            throw text.Contradiction(
                "no_rope_layers",
                $"{marks.Count} entries",
                $"one for each of {sizes.Layers} layers"
            );
        var interval = text.OptionalSize("no_rope_layer_interval") ?? DefaultFullInterval;
        return
        [
            .. Enumerable
                .Range(0, sizes.Layers)
                .Select(layer =>
                    types is not null ? types[layer] == "full_attention"
                    : marks.Count > 0 ? marks[layer] == 0
                    : (layer + 1) % interval == 0
                )
                .Select<bool, Mixer>(isFull => isFull || chunked.Window is null ? sizes.FullAttention : chunked),
        ];
    }
}
