using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>
/// Kimi Linear: three delta-attention layers to one of latent attention, with experts. Kimi-K3 adds a narrower latent
/// space for the experts, residuals weighed over blocks of layers, and a vision tower. arXiv 2510.26692.
/// </summary>
internal sealed class KimiK3Family : Family
{
    public override string Name => "kimi-k3";

    public override IReadOnlyList<string> ModelTypes => ["kimi_k3", "kimi_linear"];

    public override Architecture Describe(ModelConfig config)
    {
        var text = config.TextSection();
        var linear = text.Section("linear_attn_config") ?? throw text.Missing("linear_attn_config", "an object");
        var latent = text.LatentAttention();
        var sizes = DecoderSizes.Read(text, headSize: latent.PlainSize + latent.RopeSize);
        var isFull = FullLayers(linear, sizes.Layers);
        var model = text == config ? "model" : "language_model.model";

        var tensors = sizes.Begin(model);
        var layer = $"{model}.layers.{{layer}}";
        tensors.PreNorms(layer, sizes.Hidden);
        AddResiduals(tensors, layer, text, sizes.Hidden);
        tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, index => isFull[index]);
        AddLatentAttention(tensors, $"{layer}.self_attn", text, sizes.Hidden, latent);
        tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, index => !isFull[index]);
        var delta = AddDeltaAttention(tensors, $"{layer}.self_attn", linear, sizes.Hidden);
        AddMlps(tensors, layer, text, sizes);

        tensors.Finish(text, sizes, tiedByDefault: false, model);
        if (text.Has("attn_res_block_size"))
        {
            tensors.Norm($"{model}.output_attn_res_norm", sizes.Hidden);
            tensors.Small($"{model}.output_attn_res_proj.weight", [1, sizes.Hidden]);
        }
        if (config.Section("vision_config") is { } vision)
            MoonVision.Add(tensors, vision, sizes.Hidden);

        ImmutableArray<Mixer> mixers = [.. isFull.Select<bool, Mixer>(full => full ? latent : delta)];
        return config.ToArchitecture(Name, sizes, mixers, tensors);
    }

    /// <summary>The file numbers layers from one.</summary>
    private static ImmutableArray<bool> FullLayers(ModelConfig linear, int layers)
    {
        var full = linear.OptionalIntegers("full_attn_layers") ?? throw linear.Missing("full_attn_layers", "a list");
        var delta = linear.OptionalIntegers("kda_layers") ?? throw linear.Missing("kda_layers", "a list");
        return full.Concat(delta).Order().SequenceEqual(Enumerable.Range(1, layers))
            ? [.. Enumerable.Range(1, layers).Select(full.Contains)]
            : throw linear.Contradiction(
                "kda_layers",
                $"{full.Count} full and {delta.Count} delta layers",
                $"each of {layers} layers once"
            );
    }

    private static void AddResiduals(TensorList tensors, string layer, ModelConfig text, int hidden)
    {
        if (!text.Has("attn_res_block_size"))
            return;
        foreach (var block in (string[])["self_attention", "mlp"])
        {
            tensors.Norm($"{layer}.{block}_res_norm", hidden);
            tensors.Small($"{layer}.{block}_res_proj.weight", [1, hidden]);
        }
    }

    private static void AddLatentAttention(
        TensorList tensors,
        string prefix,
        ModelConfig text,
        int hidden,
        Mixer.LatentAttention latent
    )
    {
        tensors.LatentAttention(prefix, text, hidden, latent);
        if (text.Flag("mla_use_output_gate", false))
        {
            var values = (long)latent.QueryHeads * latent.ValueHeadSize;
            tensors.Linear($"{prefix}.g_proj", values, hidden, Sharding.Output);
        }
    }

    /// <summary>Kimi delta attention: a decay for every channel, made by a low-rank projection.</summary>
    private static Mixer.Linear AddDeltaAttention(TensorList tensors, string prefix, ModelConfig linear, int hidden)
    {
        var heads = linear.Size("num_heads");
        var headSize = linear.Size("head_dim");
        var kernel = linear.Size("short_conv_kernel_size");
        var width = (long)heads * headSize;
        foreach (var stream in (string[])["q", "k", "v"])
        {
            tensors.Linear($"{prefix}.{stream}_proj", width, hidden, Sharding.Output, group: "qkv");
            tensors.Small($"{prefix}.{stream}_conv1d.weight", [width, 1, kernel], Sharding.Output);
        }
        tensors.Linear($"{prefix}.f_a_proj", headSize, hidden, Sharding.Replicated);
        tensors.Linear($"{prefix}.f_b_proj", width, headSize, Sharding.Output);
        tensors.Small($"{prefix}.dt_bias", [width], Sharding.Output);
        // The checkpoint pads it to 128 heads.
        tensors.Small($"{prefix}.A_log", [heads], Sharding.Output);
        tensors.Linear($"{prefix}.b_proj", heads, hidden, Sharding.Output);
        if (linear.Flag("use_full_rank_gate", false))
        {
            tensors.Linear($"{prefix}.g_proj", width, hidden, Sharding.Output);
        }
        else
        {
            tensors.Linear($"{prefix}.g_a_proj", headSize, hidden, Sharding.Replicated);
            tensors.Linear($"{prefix}.g_b_proj", width, headSize, Sharding.Output);
        }
        tensors.Norm($"{prefix}.o_norm", headSize);
        tensors.Linear($"{prefix}.o_proj", hidden, width, Sharding.Input);

        return new Mixer.Linear(heads, headSize, headSize)
        {
            ShortConvolution = new Mixer.Convolution(3 * width, kernel),
        };
    }

    private static void AddMlps(TensorList tensors, string layer, ModelConfig text, DecoderSizes sizes)
    {
        var dense = text.FirstDenseLayers(sizes.Layers);
        tensors.Layers = [.. dense.Order()];
        if (dense.Count > 0)
            tensors.GatedMlp($"{layer}.mlp", sizes.Hidden, text.Size("intermediate_size"));
        tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, index => !dense.Contains(index));
        if (tensors.Layers.IsEmpty)
            return;

        var moe = $"{layer}.block_sparse_moe";
        var count = text.Size("num_experts");
        var experts = new ExpertSizes(count, text.Size("num_experts_per_token"), text.Size("moe_intermediate_size"));
        if (experts.Active > count)
            throw text.Contradiction("num_experts_per_token", $"{experts.Active}", $"at most {count} experts");
        tensors.Router($"{moe}.gate", count, sizes.Hidden);
        tensors.RouterBias($"{moe}.gate.e_score_correction_bias", count);
        var width = text.OptionalSize("routed_expert_hidden_size") ?? sizes.Hidden;
        if (width != sizes.Hidden)
        {
            tensors.Linear($"{moe}.routed_expert_down_proj", width, sizes.Hidden, Sharding.Replicated);
            tensors.Linear($"{moe}.routed_expert_up_proj", sizes.Hidden, width, Sharding.Replicated);
            if (text.Flag("latent_moe_use_norm", false))
                tensors.Norm($"{moe}.routed_expert_norm", width);
        }
        tensors.GatedExperts($"{moe}.experts", width, experts, "w1", "w3", "w2");
        var shared = text.OptionalInteger("num_shared_experts") ?? 0;
        if (shared > 0)
            tensors.GatedMlp($"{moe}.shared_experts", sizes.Hidden, (long)shared * experts.Intermediate);
    }
}
