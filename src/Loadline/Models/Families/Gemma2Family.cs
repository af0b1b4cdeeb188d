namespace Loadline.Models;

/// <summary>Gemma 2: norms before and after each block, every second layer sees a window. arXiv 2408.00118.</summary>
internal sealed class Gemma2Family : Family
{
    /// <summary>Gemma2Config's defaults.</summary>
    private const int DefaultWindow = 4096;
    private const int DefaultPattern = 2;

    public override string Name => "gemma2";

    public override IReadOnlyList<string> ModelTypes => ["gemma2"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config, headSize: 256);
        var bias = config.Flag("attention_bias", false);

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Norm($"{Layer}.pre_feedforward_layernorm", sizes.Hidden);
        tensors.Norm($"{Layer}.post_feedforward_layernorm", sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: bias, outputBias: bias);
        tensors.GatedMlp($"{Layer}.mlp", sizes.Hidden, config.Size("intermediate_size"));

        tensors.Finish(config, sizes, tiedByDefault: true);

        var window = config.OptionalSize("sliding_window") ?? DefaultWindow;
        return config.ToArchitecture(Name, sizes, config.WindowedAttention(sizes, window, DefaultPattern), tensors);
    }
}
