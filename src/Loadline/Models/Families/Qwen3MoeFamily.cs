namespace Loadline.Models;

/// <summary>
/// Qwen 3 mixture of experts, alone or under a vision tower: Qwen 3 attention, routed experts, dense layers where the
/// file lists them.
/// </summary>
internal sealed class Qwen3MoeFamily : Family
{
    public override string Name => "qwen3-moe";

    public override IReadOnlyList<string> ModelTypes => ["qwen3_moe", "qwen3_vl_moe"];

    public override Architecture Describe(ModelConfig config)
    {
        var text = config.TextSection();
        var isNested = text != config;
        var model = isNested ? "model.language_model" : "model";
        var sizes = DecoderSizes.Read(text);
        var bias = text.Flag("attention_bias", false);
        var experts = ExpertSizes.Read(text, "moe_intermediate_size", "num_experts");
        var dense = text.DenseLayers(sizes.Layers);

        var tensors = sizes.Begin(model);
        var layer = $"{model}.layers.{{layer}}";
        tensors.PreNorms(layer, sizes.Hidden);
        tensors.Attention($"{layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: bias, outputBias: bias);
        tensors.QueryKeyNorms($"{layer}.self_attn", sizes.HeadSize, sizes.HeadSize);
        if (dense.Count > 0)
        {
            tensors.Layers = [.. dense.Order()];
            tensors.GatedMlp($"{layer}.mlp", sizes.Hidden, text.Size("intermediate_size"));
        }
        if (dense.Count < sizes.Layers)
        {
            tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, layer => !dense.Contains(layer));
            tensors.Router($"{layer}.mlp.gate", experts.Count, sizes.Hidden);
            if (isNested)
                tensors.FusedGatedExperts($"{layer}.mlp.experts", sizes.Hidden, experts, inputFirst: true);
            else
                tensors.GatedExperts($"{layer}.mlp.experts", sizes.Hidden, experts);
        }
        tensors.Finish(config, sizes, tiedByDefault: false, model);

        if (config.Section("vision_config") is { } vision)
            QwenVision.Add(tensors, vision);

        return config.ToArchitecture(Name, sizes, Qwen2Family.Mixers(text, sizes), tensors);
    }
}
