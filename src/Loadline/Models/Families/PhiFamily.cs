namespace Loadline.Models;

/// <summary>Phi-1, 1.5 and 2: attention and MLP in parallel behind one norm, biases everywhere, the head included.</summary>
internal sealed class PhiFamily : Family
{
    public override string Name => "phi";

    public override IReadOnlyList<string> ModelTypes => ["phi"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var intermediate = config.Size("intermediate_size");

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.Norm($"{Layer}.input_layernorm", sizes.Hidden, bias: true);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention, "dense", true, true);
        if (config.Flag("qk_layernorm", false))
        {
            tensors.Norm($"{Layer}.self_attn.q_layernorm", sizes.HeadSize, bias: true);
            tensors.Norm($"{Layer}.self_attn.k_layernorm", sizes.HeadSize, bias: true);
        }
        tensors.Mlp($"{Layer}.mlp", sizes.Hidden, intermediate, "fc1", "fc2");

        tensors.Layers = [];
        tensors.Norm("model.final_layernorm", sizes.Hidden, bias: true);
        tensors.Head(config, sizes, tiedByDefault: false, bias: true);

        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors);
    }
}
