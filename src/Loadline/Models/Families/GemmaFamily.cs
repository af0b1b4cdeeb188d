namespace Loadline.Models;

/// <summary>Gemma 1: Llama with wide heads and a tied embedding. arXiv 2403.08295.</summary>
internal sealed class GemmaFamily : Family
{
    public override string Name => "gemma";

    public override IReadOnlyList<string> ModelTypes => ["gemma"];

    public override Architecture Describe(ModelConfig config)
    {
        // GemmaConfig: heads of 256 whatever the hidden size.
        var sizes = DecoderSizes.Read(config, headSize: 256);
        var bias = config.Flag("attention_bias", false);

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: bias, outputBias: bias);
        tensors.GatedMlp($"{Layer}.mlp", sizes.Hidden, config.Size("intermediate_size"));
        tensors.Finish(config, sizes, tiedByDefault: true);

        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors);
    }
}
