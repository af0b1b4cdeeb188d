namespace Loadline.Models;

/// <summary>OLMo 2 and 3: norms behind the blocks, and over all heads of query and key. arXiv 2501.00656.</summary>
internal sealed class OlmoFamily : Family
{
    public override string Name => "olmo";

    public override IReadOnlyList<string> ModelTypes => ["olmo2", "olmo3"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var bias = config.Flag("attention_bias", false);

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: bias, outputBias: bias);
        tensors.QueryKeyNorms(
            $"{Layer}.self_attn",
            (long)sizes.QueryHeads * sizes.HeadSize,
            (long)sizes.KvHeads * sizes.HeadSize
        );
        tensors.Norm($"{Layer}.post_attention_layernorm", sizes.Hidden);
        tensors.Norm($"{Layer}.post_feedforward_layernorm", sizes.Hidden);
        tensors.GatedMlp($"{Layer}.mlp", sizes.Hidden, config.Size("intermediate_size"));
        tensors.Finish(config, sizes, tiedByDefault: false);

        // Olmo3Config: three layers with a window of 4096 to one without.
        var mixers =
            config.ModelType == "olmo3"
                ? config.WindowedAttention(sizes, config.OptionalSize("sliding_window") ?? 4096, 4)
                : sizes.FullAttention.Repeat(sizes.Layers);
        return config.ToArchitecture(Name, sizes, mixers, tensors);
    }
}
