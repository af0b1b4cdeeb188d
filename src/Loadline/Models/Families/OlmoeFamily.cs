namespace Loadline.Models;

/// <summary>OLMoE: experts in every layer, norms over all heads of query and key. Muennighoff et al., arXiv 2409.02060.</summary>
internal sealed class OlmoeFamily : Family
{
    public override string Name => "olmoe";

    public override IReadOnlyList<string> ModelTypes => ["olmoe"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var bias = config.Flag("attention_bias", false);
        var experts = ExpertSizes.Read(config, "intermediate_size", "num_experts");

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: bias, outputBias: bias);
        tensors.QueryKeyNorms(
            $"{Layer}.self_attn",
            (long)sizes.QueryHeads * sizes.HeadSize,
            (long)sizes.KvHeads * sizes.HeadSize
        );
        tensors.Router($"{Layer}.mlp.gate", experts.Count, sizes.Hidden);
        tensors.GatedExperts($"{Layer}.mlp.experts", sizes.Hidden, experts);
        tensors.Finish(config, sizes, tiedByDefault: false);

        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors);
    }
}
