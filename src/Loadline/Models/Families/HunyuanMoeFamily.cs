namespace Loadline.Models;

/// <summary>Hunyuan-A13B: Llama attention with norms on query and key, routed experts beside a shared one.</summary>
/// <remarks>vLLM hunyuan_v1.py. Layers that share their keys and values (Hunyuan-Large) are refused.</remarks>
internal sealed class HunyuanMoeFamily : Family
{
    public override string Name => "hunyuan-moe";

    public override IReadOnlyList<string> ModelTypes => ["hunyuan_v1_moe"];

    public override Architecture Describe(ModelConfig config)
    {
        if (config.Flag("use_cla", false))
            throw config.Contradiction("use_cla", "true", "false: layers that share a cache are not described");
        var sizes = DecoderSizes.Read(config);
        var count = config.Size("num_experts");
        var experts = new ExpertSizes(count, config.Size("moe_topk"), config.Size("moe_intermediate_size"));
        if (experts.Active > count)
            throw config.Contradiction("moe_topk", $"{experts.Active}", $"at most {count} experts");

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention);
        if (config.Flag("use_qk_norm", false))
        {
            tensors.Norm($"{Layer}.self_attn.query_layernorm", sizes.HeadSize);
            tensors.Norm($"{Layer}.self_attn.key_layernorm", sizes.HeadSize);
        }
        tensors.Router($"{Layer}.mlp.gate.wg", count, sizes.Hidden);
        tensors.GatedExperts($"{Layer}.mlp.experts", sizes.Hidden, experts);
        var shared = config.OptionalInteger("num_shared_expert") ?? 0;
        if (shared > 0)
            tensors.GatedMlp($"{Layer}.mlp.shared_mlp", sizes.Hidden, (long)shared * experts.Intermediate);
        tensors.Finish(config, sizes, tiedByDefault: false);
        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors);
    }
}
