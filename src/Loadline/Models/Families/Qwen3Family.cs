namespace Loadline.Models;

/// <summary>Qwen 3 dense: no biases, a norm on every query and key head. arXiv 2505.09388.</summary>
internal sealed class Qwen3Family : Family
{
    /// <summary>Qwen3Config's default, whatever the hidden size.</summary>
    private const int DefaultHeadSize = 128;

    public override string Name => "qwen3";

    public override IReadOnlyList<string> ModelTypes => ["qwen3"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config, headSize: DefaultHeadSize);
        var bias = config.Flag("attention_bias", false);

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: bias, outputBias: bias);
        tensors.QueryKeyNorms($"{Layer}.self_attn", sizes.HeadSize, sizes.HeadSize);
        tensors.GatedMlp($"{Layer}.mlp", sizes.Hidden, config.Size("intermediate_size"));

        tensors.Finish(config, sizes, tiedByDefault: false);

        return config.ToArchitecture(Name, sizes, Qwen2Family.Mixers(config, sizes), tensors);
    }
}
