using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>
/// Qwen3-Next, Qwen3.5 and Qwen3.6: gated delta nets between gated attention, dense or with experts, from 3.5 on with a
/// vision tower, and a prediction layer.
/// </summary>
internal sealed class QwenHybridFamily : Family
{
    public override string Name => "qwen-hybrid";

    public override IReadOnlyList<string> ModelTypes => ["qwen3_next", "qwen3_5", "qwen3_5_moe"];

    public override Architecture Describe(ModelConfig config)
    {
        var text = config.TextSection();
        var isNext = text == config;
        var model = isNext ? "model" : "model.language_model";
        // Qwen3NextConfig and Qwen3_5TextConfig: 256.
        var sizes = DecoderSizes.Read(text, headSize: 256);
        var delta = GatedDeltaSizes.Read(text);
        var isFull = text.FullAttentionLayers(sizes.Layers);

        var tensors = sizes.Begin(model);
        var layer = $"{model}.layers.{{layer}}";
        tensors.PreNorms(layer, sizes.Hidden);
        tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, index => !isFull[index]);
        tensors.GatedDelta($"{layer}.linear_attn", sizes.Hidden, delta, isFused: isNext);
        tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, index => isFull[index]);
        Attention(tensors, layer, text, sizes);
        tensors.Layers = LayerPatterns.AllLayers(sizes.Layers);
        Mlp(tensors, layer, text, sizes, isNext);
        tensors.Finish(config, sizes, tiedByDefault: false, model);

        Prediction(tensors, text, sizes, isNext);
        if (config.Section("vision_config") is { } vision)
            QwenVision.Add(tensors, vision);

        ImmutableArray<Mixer> mixers =
        [
            .. isFull.Select<bool, Mixer>(full => full ? sizes.FullAttention : delta.Mixer),
        ];
        return config.ToArchitecture(Name, sizes, mixers, tensors);
    }

    private static void Attention(TensorList tensors, string layer, ModelConfig text, DecoderSizes sizes) =>
        tensors.GatedAttention(
            $"{layer}.self_attn",
            sizes.Hidden,
            sizes.FullAttention,
            text.Flag("attn_output_gate", true),
            text.Flag("attention_bias", false)
        );

    private static void Mlp(TensorList tensors, string layer, ModelConfig text, DecoderSizes sizes, bool isNext)
    {
        if (!text.Has("num_experts"))
        {
            tensors.GatedMlp($"{layer}.mlp", sizes.Hidden, text.Size("intermediate_size"));
            return;
        }
        if (text.DenseLayers(sizes.Layers).Count > 0)
            throw text.Contradiction(
                "mlp_only_layers",
                "dense layers",
                "experts in every layer, as published models have"
            );

        var experts = ExpertSizes.Read(text, "moe_intermediate_size", "num_experts");
        tensors.Router($"{layer}.mlp.gate", experts.Count, sizes.Hidden);
        if (isNext)
            tensors.GatedExperts($"{layer}.mlp.experts", sizes.Hidden, experts);
        else
            tensors.FusedGatedExperts($"{layer}.mlp.experts", sizes.Hidden, experts, inputFirst: false);
        tensors.GatedSharedExpert($"{layer}.mlp", sizes.Hidden, text.Size("shared_expert_intermediate_size"));
    }

    private static void Prediction(TensorList tensors, ModelConfig text, DecoderSizes sizes, bool isNext)
    {
        // Qwen3-Next stores one prediction layer and does not say so.
        var count = text.PredictionLayers("mtp_num_hidden_layers", whenAbsent: isNext ? 1 : 0);
        if (count == 0)
            return;

        tensors.Part = ModelPart.Mtp;
        tensors.Layers = [];
        tensors.Linear("mtp.fc", sizes.Hidden, 2L * sizes.Hidden, Sharding.Replicated);
        tensors.Norm("mtp.pre_fc_norm_embedding", sizes.Hidden);
        tensors.Norm("mtp.pre_fc_norm_hidden", sizes.Hidden);
        tensors.Norm("mtp.norm", sizes.Hidden);
        tensors.Layers = LayerPatterns.AllLayers(count);
        const string Layer = "mtp.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        Attention(tensors, Layer, text, sizes);
        Mlp(tensors, Layer, text, sizes, isNext);
    }
}
