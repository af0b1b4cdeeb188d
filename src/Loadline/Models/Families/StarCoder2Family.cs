namespace Loadline.Models;

/// <summary>StarCoder2: plain MLP, biases everywhere, a window of 4096, a tied embedding. arXiv 2402.19173.</summary>
internal sealed class StarCoder2Family : Family
{
    public override string Name => "starcoder2";

    public override IReadOnlyList<string> ModelTypes => ["starcoder2"];

    public override Architecture Describe(ModelConfig config)
    {
        // Starcoder2Config: 2 key-value heads, biases on.
        var sizes = DecoderSizes.Read(config, kvHeads: 2);
        var bias = config.Flag("use_bias", true);
        var mixer = sizes.Attention(config.OptionalSize("sliding_window"));

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.Norm($"{Layer}.input_layernorm", sizes.Hidden, bias: true);
        tensors.Norm($"{Layer}.post_attention_layernorm", sizes.Hidden, bias: true);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, mixer, qkvBias: bias, outputBias: bias);
        tensors.Mlp($"{Layer}.mlp", sizes.Hidden, config.Size("intermediate_size"), "c_fc", "c_proj", bias);

        tensors.Layers = [];
        tensors.Norm("model.norm", sizes.Hidden, bias: true);
        tensors.Head(config, sizes, tiedByDefault: true);
        return config.ToArchitecture(Name, sizes, mixer.Repeat(sizes.Layers), tensors);
    }
}
