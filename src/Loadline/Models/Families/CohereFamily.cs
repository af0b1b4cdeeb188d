namespace Loadline.Models;

/// <summary>Command R and Aya: attention and MLP in parallel behind one norm, a tied embedding.</summary>
internal sealed class CohereFamily : Family
{
    public override string Name => "cohere";

    public override IReadOnlyList<string> ModelTypes => ["cohere", "cohere2"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var bias = config.Flag("attention_bias", false);

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.Norm($"{Layer}.input_layernorm", sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: bias, outputBias: bias);
        if (config.Flag("use_qk_norm", false))
        {
            tensors.QueryKeyNorms(
                $"{Layer}.self_attn",
                (long)sizes.QueryHeads * sizes.HeadSize,
                (long)sizes.KvHeads * sizes.HeadSize
            );
        }
        tensors.GatedMlp($"{Layer}.mlp", sizes.Hidden, config.Size("intermediate_size"));
        tensors.Finish(config, sizes, tiedByDefault: true);

        // Cohere2Config: three layers with a window of 4096 to one without.
        var mixers =
            config.ModelType == "cohere2"
                ? config.WindowedAttention(
                    sizes,
                    config.OptionalSize("sliding_window") ?? 4096,
                    config.OptionalSize("sliding_window_pattern") ?? 4
                )
                : sizes.FullAttention.Repeat(sizes.Layers);
        return config.ToArchitecture(Name, sizes, mixers, tensors);
    }
}
