using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>Qwen 2 and 2.5: Llama with biases on query, key and value. arXiv 2407.10671, 2412.15115.</summary>
internal sealed class Qwen2Family : Family
{
    public override string Name => "qwen2";

    public override IReadOnlyList<string> ModelTypes => ["qwen2"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: true);
        tensors.GatedMlp($"{Layer}.mlp", sizes.Hidden, config.Size("intermediate_size"));

        tensors.Finish(config, sizes, tiedByDefault: false);

        return config.ToArchitecture(Name, sizes, Mixers(config, sizes), tensors);
    }

    /// <summary>
    /// All Qwen configurations state a window, yet it counts only where <c>use_sliding_window</c> is true, and then
    /// only from layer <c>max_window_layers</c> on.
    /// </summary>
    internal static ImmutableArray<Mixer> Mixers(ModelConfig config, DecoderSizes sizes)
    {
        if (!config.Flag("use_sliding_window", false))
            return sizes.FullAttention.Repeat(sizes.Layers);

        // Qwen2Config's defaults.
        var windowed = sizes.Attention(config.OptionalSize("sliding_window") ?? 4096);
        var fullLayers = config.OptionalInteger("max_window_layers") ?? 28;
        var types = config.LayerTypes(sizes.Layers, "sliding_attention", "full_attention");
        return
        [
            .. Enumerable
                .Range(0, sizes.Layers)
                .Select(layer => types is null ? layer >= fullLayers : types[layer] == "sliding_attention")
                .Select<bool, Mixer>(isWindowed => isWindowed ? windowed : sizes.FullAttention),
        ];
    }
}
