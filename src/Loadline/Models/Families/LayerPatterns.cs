using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>How configurations say which layer is of which kind.</summary>
internal static class LayerPatterns
{
    /// <summary>More layers than any model will have; a count beyond it is a broken file, not a model.</summary>
    private const int MostLayers = 10_000;

    public static int LayerCount(this ModelConfig config, params ReadOnlySpan<string> names)
    {
        var count = config.Size(names);
        return count <= MostLayers
            ? count
            : throw config.Contradiction(names[0], $"{count} layers", $"at most {MostLayers}");
    }

    /// <summary>One entry per layer, each from <paramref name="known"/>; null when the field is absent.</summary>
    public static IReadOnlyList<string>? LayerTypes(
        this ModelConfig config,
        int layers,
        params ReadOnlySpan<string> known
    )
    {
        if (config.OptionalTexts("layer_types") is not { } types)
            return null;
        if (types.Count != layers)
            throw config.Contradiction("layer_types", $"{types.Count} entries", $"one for each of {layers} layers");
        foreach (var type in types)
        {
            if (!known.Contains(type))
                throw config.Contradiction("layer_types", $"\"{type}\"", string.Join(" or ", known!));
        }
        return types;
    }

    /// <summary>
    /// Attention of every layer where some see only a window: by <c>layer_types</c> when it is there, otherwise
    /// every <paramref name="pattern"/>-th layer sees everything.
    /// </summary>
    public static ImmutableArray<Mixer> WindowedAttention(
        this ModelConfig config,
        DecoderSizes sizes,
        int window,
        int pattern
    )
    {
        var types = config.LayerTypes(sizes.Layers, "sliding_attention", "full_attention");
        var windowed = sizes.Attention(window);
        return
        [
            .. Enumerable
                .Range(0, sizes.Layers)
                .Select(layer => types is null ? (layer + 1) % pattern != 0 : types[layer] == "sliding_attention")
                .Select<bool, Mixer>(isWindowed => isWindowed ? windowed : sizes.FullAttention),
        ];
    }

    /// <summary>Layers of a mixture of experts that are dense all the same: those listed, and all but every n-th.</summary>
    public static IReadOnlySet<int> DenseLayers(this ModelConfig config, int layers)
    {
        // The Qwen MoE configurations' default is that every layer has experts.
        var step = config.OptionalSize("decoder_sparse_step") ?? 1;
        var dense = Enumerable.Range(0, layers).Where(layer => (layer + 1) % step != 0).ToHashSet();
        foreach (var layer in config.OptionalIntegers("mlp_only_layers") ?? [])
        {
            if (layer < 0 || layer >= layers)
                throw config.Contradiction("mlp_only_layers", $"layer {layer}", $"one of the {layers} layers");
            dense.Add(layer);
        }
        return dense;
    }

    /// <summary>Dense layers of the DeepSeek way of saying it: the first few, then all but every n-th.</summary>
    public static IReadOnlySet<int> FirstDenseLayers(this ModelConfig config, int layers)
    {
        var first = config.OptionalInteger("first_k_dense_replace") ?? 0;
        var frequency = config.OptionalSize("moe_layer_freq") ?? 1;
        return Enumerable.Range(0, layers).Where(layer => layer < first || layer % frequency != 0).ToHashSet();
    }

    /// <summary>A list of 0 or 1 for every layer.</summary>
    public static ImmutableArray<bool> LayerSwitches(this ModelConfig config, string name, int layers)
    {
        var values = config.OptionalIntegers(name) ?? throw config.Missing(name, "0 or 1 for every layer");
        return values.Count == layers && values.All(value => value is 0 or 1)
            ? [.. values.Select(value => value == 1)]
            : throw config.Contradiction(name, $"{values.Count} entries", $"0 or 1 for each of {layers} layers");
    }

    public static ImmutableArray<Mixer> Repeat(this Mixer mixer, int layers) => [.. Enumerable.Repeat(mixer, layers)];

    public static ImmutableArray<int> AllLayers(int count) => [.. Enumerable.Range(0, count)];

    public static ImmutableArray<int> LayersWhere(int count, Predicate<int> condition) =>
        [.. Enumerable.Range(0, count).Where(layer => condition(layer))];
}
