using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>LFM2: short gated convolutions with attention between them. Liquid AI, arXiv 2511.23404.</summary>
internal sealed class Lfm2Family : Family
{
    public override string Name => "lfm2";

    public override IReadOnlyList<string> ModelTypes => ["lfm2"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var isAttention = AttentionLayers(config, sizes.Layers);
        var convolution = new Mixer.Convolution(sizes.Hidden, config.Size("conv_L_cache"));
        var bias = config.Flag("conv_bias", false);

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.Norm($"{Layer}.operator_norm", sizes.Hidden);
        tensors.Norm($"{Layer}.ffn_norm", sizes.Hidden);
        tensors.GatedMlp($"{Layer}.feed_forward", sizes.Hidden, Intermediate(config), names: ("w1", "w3", "w2"));

        tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, layer => isAttention[layer]);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention, "out_proj");
        tensors.Norm($"{Layer}.self_attn.q_layernorm", sizes.HeadSize);
        tensors.Norm($"{Layer}.self_attn.k_layernorm", sizes.HeadSize);

        tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, layer => !isAttention[layer]);
        tensors.Linear($"{Layer}.conv.in_proj", 3L * sizes.Hidden, sizes.Hidden, Sharding.Output, bias);
        tensors.Small($"{Layer}.conv.conv.weight", [sizes.Hidden, 1, convolution.Kernel], Sharding.Output);
        if (bias)
            tensors.Bias($"{Layer}.conv.conv", sizes.Hidden, Sharding.Output);
        tensors.Linear($"{Layer}.conv.out_proj", sizes.Hidden, sizes.Hidden, Sharding.Input, bias);

        tensors.Layers = [];
        tensors.Norm("model.embedding_norm", sizes.Hidden);
        tensors.Head(config, sizes, tiedByDefault: true);

        ImmutableArray<Mixer> mixers =
        [
            .. isAttention.Select<bool, Mixer>(attention => attention ? sizes.FullAttention : convolution),
        ];
        return config.ToArchitecture(Name, sizes, mixers, tensors);
    }

    /// <summary>The file may adjust the width it states: two thirds of it, rounded up.</summary>
    private static long Intermediate(ModelConfig config)
    {
        long width = config.Size("intermediate_size", "block_ff_dim");
        // Lfm2Config: adjusting is on unless switched off, to multiples of 256 and scaled by one.
        if (!config.Flag("block_auto_adjust_ff_dim", true))
            return width;
        var multiple = config.OptionalSize("block_multiple_of") ?? 256;
        var scale = config.OptionalNumber("block_ffn_dim_multiplier") ?? 1.0;
        var adjusted = (long)(scale * (2 * width / 3));
        return (adjusted + multiple - 1) / multiple * multiple;
    }

    /// <summary>
    /// Layers by <c>layer_types</c> or <c>full_attn_idxs</c>. Published lists may be one longer than the model, as the
    /// reference implementation reads them by layer.
    /// </summary>
    private static ImmutableArray<bool> AttentionLayers(ModelConfig config, int layers)
    {
        if (config.OptionalTexts("layer_types") is { } types)
        {
            if (types.Count < layers)
                throw config.Contradiction("layer_types", $"{types.Count} entries", $"one for each of {layers} layers");
            if (types.FirstOrDefault(type => type is not ("conv" or "full_attention")) is { } unknown)
                throw config.Contradiction("layer_types", $"\"{unknown}\"", "conv or full_attention");
            return [.. types.Take(layers).Select(type => type == "full_attention")];
        }
        var indices =
            config.OptionalIntegers("full_attn_idxs") ?? throw config.Missing("layer_types", "the kind of every layer");
        return [.. Enumerable.Range(0, layers).Select(indices.Contains)];
    }
}
