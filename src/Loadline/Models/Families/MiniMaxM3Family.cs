using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>MiniMax-M3: MiniMax-M2 with dense first layers, a shared expert, and a block indexer in front of attention.</summary>
/// <remarks>
/// The indexer keeps a key but no value. Prediction modules the file announces are not described, nor is the vision
/// tower of the multimodal checkpoint, whose files are refused.
/// </remarks>
internal sealed class MiniMaxM3Family : Family
{
    public override string Name => "minimax-m3";

    public override IReadOnlyList<string> ModelTypes => ["minimax_m3"];

    public override Architecture Describe(ModelConfig config)
    {
        config.RefuseTower("vision_config");
        var sizes = DecoderSizes.Read(config);
        if (config.Flag("attention_output_gate", false))
            throw config.Contradiction("attention_output_gate", "true", "false, as the published model has");
        var sparse = config.Section("sparse_attention_config");
        var isSparse = sparse is null
            ? [.. Enumerable.Repeat(false, sizes.Layers)]
            : sparse.LayerSwitches("sparse_attention_freq", sizes.Layers);
        var indexer = sparse is null ? null : ReadIndexer(sparse, isSparse);

        var tensors = sizes.Begin();
        const string Layer = "model.layers.{layer}";
        tensors.PreNorms(Layer, sizes.Hidden);
        tensors.Attention($"{Layer}.self_attn", sizes.Hidden, sizes.FullAttention);
        tensors.QueryKeyNorms($"{Layer}.self_attn", sizes.HeadSize, sizes.HeadSize);
        if (indexer is not null)
        {
            tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, layer => isSparse[layer]);
            var queries = (long)indexer.Heads * indexer.HeadSize;
            tensors.Linear($"{Layer}.self_attn.index_q_proj", queries, sizes.Hidden, Sharding.Replicated);
            tensors.Linear($"{Layer}.self_attn.index_k_proj", indexer.HeadSize, sizes.Hidden, Sharding.Replicated);
            tensors.Norm($"{Layer}.self_attn.index_q_norm", indexer.HeadSize);
            tensors.Norm($"{Layer}.self_attn.index_k_norm", indexer.HeadSize);
        }
        AddMlps(tensors, Layer, config, sizes);
        tensors.Finish(config, sizes, tiedByDefault: false);

        ImmutableArray<Mixer> mixers =
        [
            .. isSparse.Select<bool, Mixer>(layer => sizes.FullAttention with { Indexer = layer ? indexer : null }),
        ];
        return config.ToArchitecture(Name, sizes, mixers, tensors);
    }

    private static void AddMlps(TensorList tensors, string layer, ModelConfig config, DecoderSizes sizes)
    {
        var hasExperts = config.LayerSwitches("moe_layer_freq", sizes.Layers);
        tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, index => !hasExperts[index]);
        if (!tensors.Layers.IsEmpty)
            tensors.GatedMlp($"{layer}.mlp", sizes.Hidden, config.Size("dense_intermediate_size"));
        tensors.Layers = LayerPatterns.LayersWhere(sizes.Layers, index => hasExperts[index]);
        if (tensors.Layers.IsEmpty)
            return;

        var experts = ExpertSizes.Read(config, "intermediate_size", "num_local_experts");
        tensors.Router($"{layer}.block_sparse_moe.gate", experts.Count, sizes.Hidden);
        if (config.Flag("use_routing_bias", true))
            tensors.RouterBias($"{layer}.block_sparse_moe.e_score_correction_bias", experts.Count);
        tensors.GatedExperts($"{layer}.block_sparse_moe.experts", sizes.Hidden, experts, "w1", "w3", "w2");
        var shared = config.OptionalInteger("n_shared_experts") ?? 0;
        if (shared > 0)
        {
            var width = (long)shared * config.Size("shared_intermediate_size", "intermediate_size");
            tensors.GatedMlp($"{layer}.block_sparse_moe.shared_experts", sizes.Hidden, width);
        }
    }

    private static Indexer ReadIndexer(ModelConfig sparse, ImmutableArray<bool> isSparse)
    {
        var withoutValue = sparse.LayerSwitches("sparse_disable_index_value", isSparse.Length);
        if (!withoutValue.SequenceEqual(isSparse))
            throw sparse.Contradiction("sparse_disable_index_value", "an indexer with values", "1 for sparse layers");
        return new Indexer(
            sparse.Size("sparse_num_index_heads"),
            sparse.Size("sparse_index_dim"),
            sparse.Size("sparse_topk_blocks") * sparse.Size("sparse_block_size")
        );
    }
}
