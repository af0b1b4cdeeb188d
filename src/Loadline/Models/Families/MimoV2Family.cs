using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>
/// MiMo-V2: windowed layers with heads of their own and attention sinks, keys wider than values, experts after the
/// first layer. Xiaomi, arXiv 2601.02780.
/// </summary>
internal sealed class MimoV2Family : Family
{
    public override string Name => "mimo-v2";

    public override IReadOnlyList<string> ModelTypes => ["mimo_v2_flash"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var full = sizes.FullAttention with { ValueHeadSize = config.Size("v_head_dim") };
        var windowed = new Mixer.Attention(
            config.Size("swa_num_attention_heads"),
            config.Size("swa_num_key_value_heads"),
            config.Size("swa_head_dim")
        )
        {
            ValueHeadSize = config.Size("swa_v_head_dim"),
            Window = config.Size("sliding_window"),
        };
        var isWindowed = config.LayerSwitches("hybrid_layer_pattern", sizes.Layers);
        var hasExperts = config.LayerSwitches("moe_layer_freq", sizes.Layers);
        var bias = config.Flag("attention_bias", false);

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        foreach (var kind in (bool[])[false, true])
        {
            tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, layer => isWindowed[layer] == kind);
            if (tensors.Layers.IsEmpty)
                continue;
            var shape = kind ? windowed : full;
            tensors.Attention($"{Layer}.self_attn", sizes.Hidden, shape, qkvBias: bias);
            if (config.Flag(kind ? "add_swa_attention_sink_bias" : "add_full_attention_sink_bias", false))
                tensors.Small($"{Layer}.self_attn.attention_sink_bias", [shape.QueryHeads], Sharding.Output);
        }
        tensors.DenseOrExperts(
            $"{Layer}.mlp",
            sizes.Hidden,
            LayerPatterns.AllLayers(sizes.Layers),
            LayerPatterns.LayersWhere(sizes.Layers, layer => !hasExperts[layer]).ToHashSet(),
            () => config.Size("intermediate_size"),
            ExpertSizes.Read(config, "moe_intermediate_size", "n_routed_experts"),
            (long)(config.OptionalInteger("n_shared_experts") ?? 0) * config.Size("moe_intermediate_size"),
            config.OptionalText("topk_method") == "noaux_tc"
        );
        tensors.Finish(config, sizes, tiedByDefault: false);
        AddPrediction(tensors, config, sizes, windowed, bias);

        ImmutableArray<Mixer> mixers = [.. isWindowed.Select<bool, Mixer>(window => window ? windowed : full)];
        return config.ToArchitecture(Name, sizes, mixers, tensors);
    }

    /// <summary>Windowed attention and a dense MLP. The checkpoint holds three such layers; the file does not say so.</summary>
    private static void AddPrediction(
        TensorList tensors,
        ModelConfig config,
        DecoderSizes sizes,
        Mixer.Attention windowed,
        bool bias
    )
    {
        const string Layer = "model.mtp.layers.{layer}";
        var count = config.PredictionLayers("num_nextn_predict_layers", whenAbsent: 3);
        if (count == 0)
            return;
        tensors.Part = ModelPart.Mtp;
        tensors.Layers = LayerPatterns.AllLayers(count);
        tensors.Norm($"{Layer}.enorm", sizes.Hidden);
        tensors.Norm($"{Layer}.hnorm", sizes.Hidden);
        tensors.Linear($"{Layer}.eh_proj", sizes.Hidden, 2L * sizes.Hidden, Sharding.Replicated);
        tensors.Norm($"{Layer}.input_layernorm", sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, windowed, qkvBias: bias);
        if (config.Flag("add_swa_attention_sink_bias", false))
            tensors.Small($"{Layer}.self_attn.attention_sink_bias", [windowed.QueryHeads], Sharding.Output);
        tensors.Norm($"{Layer}.pre_mlp_layernorm", sizes.Hidden);
        tensors.GatedMlp($"{Layer}.mlp", sizes.Hidden, config.Size("intermediate_size"));
        tensors.Norm($"{Layer}.final_layernorm", sizes.Hidden);
    }
}
