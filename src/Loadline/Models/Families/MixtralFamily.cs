namespace Loadline.Models;

/// <summary>Mixtral: Mistral whose every MLP is a mixture of experts. Jiang et al., arXiv 2401.04088.</summary>
internal sealed class MixtralFamily : Family
{
    /// <summary>MixtralConfig's default.</summary>
    private const int DefaultKvHeads = 8;

    public override string Name => "mixtral";

    public override IReadOnlyList<string> ModelTypes => ["mixtral"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config, DefaultKvHeads);
        var mixer = sizes.Attention(config.OptionalSize("sliding_window"));
        var experts = ExpertSizes.Read(config, "intermediate_size", "num_local_experts");

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, mixer);
        tensors.Router($"{Layer}.block_sparse_moe.gate", experts.Count, sizes.Hidden);
        tensors.GatedExperts($"{Layer}.block_sparse_moe.experts", sizes.Hidden, experts, "w1", "w3", "w2");

        tensors.Finish(config, sizes, tiedByDefault: false);

        return config.ToArchitecture(Name, sizes, mixer.Repeat(sizes.Layers), tensors);
    }
}
