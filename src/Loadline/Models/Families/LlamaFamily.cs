namespace Loadline.Models;

/// <summary>Llama 1 to 3.3 and the models that only change its sizes. Touvron et al., arXiv 2302.13971.</summary>
internal sealed class LlamaFamily : Family
{
    public override string Name => "llama";

    public override IReadOnlyList<string> ModelTypes => ["llama"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var bias = config.Flag("attention_bias", false);

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: bias, outputBias: bias);
        tensors.GatedMlp(
            $"{Layer}.mlp",
            sizes.Hidden,
            config.Size("intermediate_size"),
            config.Flag("mlp_bias", false)
        );

        tensors.Finish(config, sizes, tiedByDefault: false);

        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors);
    }
}
