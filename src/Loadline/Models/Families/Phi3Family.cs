namespace Loadline.Models;

/// <summary>Phi-3, Phi-3.5, Phi-4 and Phi-4-mini: query-key-value and gate-up each in one matrix. arXiv 2404.14219.</summary>
internal sealed class Phi3Family : Family
{
    public override string Name => "phi3";

    public override IReadOnlyList<string> ModelTypes => ["phi3"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var mixer = sizes.Attention(config.OptionalSize("sliding_window"));
        var intermediate = config.Size("intermediate_size");

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.FusedAttention($"{Layer}.self_attn", sizes.Hidden, mixer, "qkv_proj", "o_proj");
        tensors.Linear($"{Layer}.mlp.gate_up_proj", 2L * intermediate, sizes.Hidden, Sharding.Output);
        tensors.Linear($"{Layer}.mlp.down_proj", sizes.Hidden, intermediate, Sharding.Input);

        tensors.Finish(config, sizes, tiedByDefault: false);

        return config.ToArchitecture(Name, sizes, mixer.Repeat(sizes.Layers), tensors);
    }
}
