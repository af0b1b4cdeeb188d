namespace Loadline.Models;

/// <summary>Qwen1.5-MoE and Qwen2-MoE: Qwen 2 attention, routed experts and a gated shared one.</summary>
internal sealed class Qwen2MoeFamily : Family
{
    public override string Name => "qwen2-moe";

    public override IReadOnlyList<string> ModelTypes => ["qwen2_moe"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var experts = ExpertSizes.Read(config, "moe_intermediate_size", "num_experts");
        var dense = config.DenseLayers(sizes.Layers);

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: true);
        if (dense.Count > 0)
        {
            tensors.Layers = [.. dense.Order()];
            tensors.GatedMlp($"{Layer}.mlp", sizes.Hidden, config.Size("intermediate_size"));
        }
        if (dense.Count < sizes.Layers)
        {
            tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, layer => !dense.Contains(layer));
            tensors.Router($"{Layer}.mlp.gate", experts.Count, sizes.Hidden);
            tensors.GatedExperts($"{Layer}.mlp.experts", sizes.Hidden, experts);
            var shared = config.Size("shared_expert_intermediate_size");
            tensors.GatedSharedExpert($"{Layer}.mlp", sizes.Hidden, shared);
        }
        tensors.Finish(config, sizes, tiedByDefault: false);

        return config.ToArchitecture(Name, sizes, Qwen2Family.Mixers(config, sizes), tensors);
    }
}
