namespace Loadline.Models;

/// <summary>Phi-3.5-MoE and Phi-mini-MoE: Mixtral with biases on attention and head, and shifting norms. arXiv 2404.14219.</summary>
internal sealed class PhiMoeFamily : Family
{
    public override string Name => "phi-moe";

    public override IReadOnlyList<string> ModelTypes => ["phimoe"];

    public override Architecture Describe(ModelConfig config)
    {
        // PhimoeConfig: 8 key-value heads.
        var sizes = DecoderSizes.Read(config, kvHeads: 8);
        var mixer = sizes.Attention(config.OptionalSize("sliding_window"));
        var bias = config.Flag("attention_bias", false);
        var experts = ExpertSizes.Read(config, "intermediate_size", "num_local_experts");

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.Norm($"{Layer}.input_layernorm", sizes.Hidden, bias: true);
        tensors.Norm($"{Layer}.post_attention_layernorm", sizes.Hidden, bias: true);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, mixer, qkvBias: bias, outputBias: bias);
        tensors.Router($"{Layer}.block_sparse_moe.gate", experts.Count, sizes.Hidden);
        tensors.GatedExperts($"{Layer}.block_sparse_moe.experts", sizes.Hidden, experts, "w1", "w3", "w2");

        tensors.Layers = [];
        tensors.Norm("model.norm", sizes.Hidden, bias: true);
        tensors.Head(config, sizes, tiedByDefault: false, bias: config.Flag("lm_head_bias", false));
        return config.ToArchitecture(Name, sizes, mixer.Repeat(sizes.Layers), tensors);
    }
}
