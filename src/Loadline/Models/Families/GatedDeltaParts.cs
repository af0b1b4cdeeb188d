using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>Sizes of a gated delta net. Yang, Kautz and Hatamizadeh, arXiv 2412.06464.</summary>
internal readonly record struct GatedDeltaSizes(
    int KeyHeads,
    int ValueHeads,
    int KeyHeadSize,
    int ValueHeadSize,
    int Kernel
)
{
    public static GatedDeltaSizes Read(ModelConfig config) =>
        new(
            config.Size("linear_num_key_heads"),
            config.Size("linear_num_value_heads"),
            config.Size("linear_key_head_dim"),
            config.Size("linear_value_head_dim"),
            config.Size("linear_conv_kernel_dim")
        );

    public long Keys => (long)KeyHeads * KeyHeadSize;

    public long Values => (long)ValueHeads * ValueHeadSize;

    /// <summary>Query, key and value are convolved.</summary>
    public long ConvolutionChannels => 2 * Keys + Values;

    public Mixer.Linear Mixer =>
        new(ValueHeads, KeyHeadSize, ValueHeadSize)
        {
            ShortConvolution = new Mixer.Convolution(ConvolutionChannels, Kernel),
        };
}

/// <summary>The layers of Qwen3-Next and Qwen3.5: three gated delta nets to one gated attention.</summary>
internal static class GatedDeltaParts
{
    /// <summary>True for every layer with full attention.</summary>
    public static ImmutableArray<bool> FullAttentionLayers(this ModelConfig config, int layers)
    {
        if (config.LayerTypes(layers, "linear_attention", "full_attention") is { } types)
            return [.. types.Select(type => type == "full_attention")];
        // Qwen3NextConfig's default.
        var interval = config.OptionalSize("full_attention_interval") ?? 4;
        return [.. Enumerable.Range(1, layers).Select(number => number % interval == 0)];
    }

    /// <param name="tensors">The list to add to.</param>
    /// <param name="prefix">Name of the block.</param>
    /// <param name="hidden">Hidden size.</param>
    /// <param name="sizes">Sizes of the delta net.</param>
    /// <param name="isFused">Qwen3-Next keeps two input projections, Qwen3.5 four.</param>
    public static void GatedDelta(
        this TensorList tensors,
        string prefix,
        int hidden,
        GatedDeltaSizes sizes,
        bool isFused
    )
    {
        if (isFused)
        {
            var projected = sizes.ConvolutionChannels + sizes.Values;
            tensors.Linear($"{prefix}.in_proj_qkvz", projected, hidden, Sharding.Output, group: "in");
            tensors.Linear($"{prefix}.in_proj_ba", 2L * sizes.ValueHeads, hidden, Sharding.Output, group: "in");
        }
        else
        {
            tensors.Linear($"{prefix}.in_proj_qkv", sizes.ConvolutionChannels, hidden, Sharding.Output, group: "in");
            tensors.Linear($"{prefix}.in_proj_z", sizes.Values, hidden, Sharding.Output, group: "in");
            tensors.Linear($"{prefix}.in_proj_b", sizes.ValueHeads, hidden, Sharding.Output, group: "in");
            tensors.Linear($"{prefix}.in_proj_a", sizes.ValueHeads, hidden, Sharding.Output, group: "in");
        }
        tensors.Small($"{prefix}.conv1d.weight", [sizes.ConvolutionChannels, 1, sizes.Kernel], Sharding.Output);
        tensors.Small($"{prefix}.dt_bias", [sizes.ValueHeads], Sharding.Output);
        tensors.Small($"{prefix}.A_log", [sizes.ValueHeads], Sharding.Output);
        tensors.Norm($"{prefix}.norm", sizes.ValueHeadSize);
        tensors.Linear($"{prefix}.out_proj", hidden, sizes.Values, Sharding.Input);
    }

    /// <summary>Attention whose query projection brings a gate for its output along.</summary>
    public static void GatedAttention(
        this TensorList tensors,
        string prefix,
        int hidden,
        Mixer.Attention shape,
        bool isGated,
        bool bias
    )
    {
        var queries = (long)shape.QueryHeads * shape.HeadSize;
        var keys = (long)shape.KvHeads * shape.HeadSize;
        tensors.Linear($"{prefix}.q_proj", isGated ? 2 * queries : queries, hidden, Sharding.Output, bias, "qkv");
        tensors.Linear($"{prefix}.k_proj", keys, hidden, Sharding.KvHeads, bias, "qkv");
        tensors.Linear($"{prefix}.v_proj", keys, hidden, Sharding.KvHeads, bias, "qkv");
        tensors.Linear($"{prefix}.o_proj", hidden, queries, Sharding.Input, bias);
        tensors.QueryKeyNorms(prefix, shape.HeadSize, shape.HeadSize);
    }
}
