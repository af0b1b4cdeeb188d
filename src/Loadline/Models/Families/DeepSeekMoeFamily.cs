namespace Loadline.Models;

/// <summary>DeepSeekMoE: Llama attention, fine-grained and shared experts. arXiv 2401.06066.</summary>
internal sealed class DeepSeekMoeFamily : Family
{
    public override string Name => "deepseek-moe";

    public override IReadOnlyList<string> ModelTypes => ["deepseek"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var bias = config.Flag("attention_bias", false);
        var experts = ExpertSizes.Read(config, "moe_intermediate_size", "n_routed_experts");

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: bias, outputBias: bias);
        tensors.DenseOrExperts(
            $"{Layer}.mlp",
            sizes.Hidden,
            tensors.Layers,
            config.FirstDenseLayers(sizes.Layers),
            () => config.Size("intermediate_size"),
            experts,
            (long)(config.OptionalInteger("n_shared_experts") ?? 0) * experts.Intermediate,
            correction: false
        );
        tensors.Finish(config, sizes, tiedByDefault: false);

        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors);
    }
}
