namespace Loadline.Models;

/// <summary>MiniMax-M2: Mixtral's experts, 256 of them, and norms over all heads of query and key.</summary>
/// <remarks>The file announces prediction modules; the published checkpoints hold none.</remarks>
internal sealed class MiniMaxM2Family : Family
{
    public override string Name => "minimax-m2";

    public override IReadOnlyList<string> ModelTypes => ["minimax_m2"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var experts = ExpertSizes.Read(config, "intermediate_size", "num_local_experts");
        if (config.OptionalIntegers("attn_type_list") is { } types && types.Any(type => type != 1))
            throw config.Contradiction("attn_type_list", "linear attention", "1 for every layer, as M2 has");
        if (config.OptionalInteger("shared_intermediate_size") > 0)
            throw config.Contradiction("shared_intermediate_size", "a shared expert", "0, as M2 has");

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention);
        if (config.Flag("use_qk_norm", true))
        {
            tensors.QueryKeyNorms(
                $"{Layer}.self_attn",
                (long)sizes.QueryHeads * sizes.HeadSize,
                (long)sizes.KvHeads * sizes.HeadSize
            );
        }
        tensors.Router($"{Layer}.block_sparse_moe.gate", experts.Count, sizes.Hidden);
        if (config.Flag("use_routing_bias", true))
            tensors.RouterBias($"{Layer}.block_sparse_moe.e_score_correction_bias", experts.Count);
        tensors.GatedExperts($"{Layer}.block_sparse_moe.experts", sizes.Hidden, experts, "w1", "w3", "w2");
        tensors.Finish(config, sizes, tiedByDefault: false);

        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors);
    }
}
