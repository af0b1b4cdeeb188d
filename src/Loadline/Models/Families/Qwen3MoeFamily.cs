namespace Loadline.Models;

/// <summary>Qwen 3 mixture of experts: Qwen 3 attention, routed experts, dense layers where the file lists them.</summary>
internal sealed class Qwen3MoeFamily : Family
{
    public override string Name => "qwen3-moe";

    public override IReadOnlyList<string> ModelTypes => ["qwen3_moe"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var bias = config.Flag("attention_bias", false);
        var experts = ExpertSizes.Read(config, "moe_intermediate_size", "num_experts");
        var dense = config.DenseLayers(sizes.Layers);

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: bias, outputBias: bias);
        tensors.QueryKeyNorms($"{Layer}.self_attn", sizes.HeadSize, sizes.HeadSize);
        if (dense.Count > 0)
        {
            tensors.Layers = [.. dense];
            tensors.GatedMlp($"{Layer}.mlp", sizes.Hidden, config.Size("intermediate_size"));
        }
        if (dense.Count < sizes.Layers)
        {
            tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, layer => !dense.Contains(layer));
            tensors.Router($"{Layer}.mlp.gate", experts.Count, sizes.Hidden);
            tensors.GatedExperts($"{Layer}.mlp.experts", sizes.Hidden, experts);
        }

        tensors.Finish(config, sizes, tiedByDefault: false);

        return config.ToArchitecture(Name, sizes, Qwen2Family.Mixers(config, sizes), tensors);
    }
}
