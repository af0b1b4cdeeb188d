namespace Loadline.Models;

/// <summary>StableLM 2: Llama with layer norms that shift. Stability AI, arXiv 2402.17834.</summary>
internal sealed class StableLmFamily : Family
{
    public override string Name => "stablelm";

    public override IReadOnlyList<string> ModelTypes => ["stablelm"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.Norm($"{Layer}.input_layernorm", sizes.Hidden, bias: true);
        if (!config.Flag("use_parallel_residual", false))
            tensors.Norm($"{Layer}.post_attention_layernorm", sizes.Hidden, bias: true);
        tensors.Attention(
            $"{Layer}.self_attn",
            sizes.Hidden,
            sizes.FullAttention,
            qkvBias: config.Flag("use_qkv_bias", false)
        );
        if (config.Flag("qk_layernorm", false))
        {
            tensors.Norm($"{Layer}.self_attn.q_layernorm.norms", (long)sizes.QueryHeads * sizes.HeadSize);
            tensors.Norm($"{Layer}.self_attn.k_layernorm.norms", (long)sizes.KvHeads * sizes.HeadSize);
        }
        tensors.GatedMlp($"{Layer}.mlp", sizes.Hidden, config.Size("intermediate_size"));

        tensors.Layers = [];
        tensors.Norm("model.norm", sizes.Hidden, bias: true);
        tensors.Head(config, sizes, tiedByDefault: false);
        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors);
    }
}
