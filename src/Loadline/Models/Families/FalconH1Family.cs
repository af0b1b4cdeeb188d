namespace Loadline.Models;

/// <summary>Falcon-H1: attention and Mamba-2 side by side in every layer, then a gated MLP. arXiv 2507.22448.</summary>
internal sealed class FalconH1Family : Family
{
    public override string Name => "falcon-h1";

    public override IReadOnlyList<string> ModelTypes => ["falcon_h1"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var mamba = new MambaSizes(
            config.Size("mamba_n_heads"),
            config.Size("mamba_d_head"),
            config.Size("mamba_d_state"),
            config.Size("mamba_n_groups"),
            config.Size("mamba_d_conv")
        );
        if (config.OptionalSize("mamba_d_ssm") is { } inner && inner != mamba.Inner)
            throw config.Contradiction("mamba_d_ssm", $"{inner}", $"{mamba.Inner}, the width of all heads");
        var bias = config.Flag("attention_bias", false);

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.Norm($"{Layer}.input_layernorm", sizes.Hidden);
        tensors.Norm($"{Layer}.pre_ff_layernorm", sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention, qkvBias: bias, outputBias: bias);
        tensors.Mamba(
            $"{Layer}.mamba",
            sizes.Hidden,
            mamba,
            config.Flag("mamba_proj_bias", false),
            config.Flag("mamba_conv_bias", true),
            config.Flag("mamba_rms_norm", false)
        );
        tensors.GatedMlp(
            $"{Layer}.feed_forward",
            sizes.Hidden,
            config.Size("intermediate_size"),
            config.Flag("mlp_bias", false)
        );
        tensors.Layers = [];
        tensors.Norm("model.final_layernorm", sizes.Hidden);
        tensors.Head(config, sizes, tiedByDefault: false);

        var mixer = new Mixer.Parallel(sizes.FullAttention, mamba.Mixer);
        return config.ToArchitecture(Name, sizes, mixer.Repeat(sizes.Layers), tensors);
    }
}
