using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>DBRX: sixteen experts of which four are used, all experts of a layer in one matrix. Databricks, 2024.</summary>
internal sealed class DbrxFamily : Family
{
    public override string Name => "dbrx";

    public override IReadOnlyList<string> ModelTypes => ["dbrx"];

    public override Architecture Describe(ModelConfig config)
    {
        var hidden = config.Size("d_model");
        var heads = config.Size("n_heads");
        var attention = config.Section("attn_config") ?? throw config.Missing("attn_config", "an object");
        var ffn = config.Section("ffn_config") ?? throw config.Missing("ffn_config", "an object");
        var experts = new ExpertSizes(ffn.Size("moe_num_experts"), ffn.Size("moe_top_k"), ffn.Size("ffn_hidden_size"));
        if (experts.Active > experts.Count)
            throw ffn.Contradiction("moe_top_k", $"{experts.Active}", $"at most {experts.Count} experts");
        var sizes = new DecoderSizes
        {
            Hidden = hidden,
            Vocabulary = config.Size("vocab_size"),
            Layers = config.LayerCount("n_layers"),
            QueryHeads = heads,
            KvHeads = attention.Size("kv_n_heads"),
            HeadSize = config.HeadSize(hidden, heads),
            MaximumContext = config.OptionalSize("max_seq_len"),
        };

        var tensors = new TensorList();
        tensors.Embedding("transformer.wte", sizes.Vocabulary, hidden);
        tensors.Layers = LayerPatterns.AllLayers(sizes.Layers);
        const string Layer = "transformer.blocks.{layer}";
        tensors.Norm($"{Layer}.norm_attn_norm.norm_1", hidden);
        tensors.Norm($"{Layer}.norm_attn_norm.norm_2", hidden);
        tensors.FusedAttention($"{Layer}.norm_attn_norm.attn", hidden, sizes.FullAttention, "Wqkv", "out_proj");
        tensors.Router($"{Layer}.ffn.router.layer", experts.Count, hidden);
        // All three are stored as experts x intermediate rows of the hidden size; w2 is read transposed.
        ImmutableArray<long> shape = [(long)experts.Count * experts.Intermediate, hidden];
        tensors.FusedExperts($"{Layer}.ffn.experts.mlp.w1", shape, experts);
        tensors.FusedExperts($"{Layer}.ffn.experts.mlp.v1", shape, experts);
        tensors.FusedExperts($"{Layer}.ffn.experts.mlp.w2", shape, experts, inputFirst: true);

        tensors.Layers = [];
        tensors.Norm("transformer.norm_f", hidden);
        tensors.Head(
            "lm_head",
            sizes.Vocabulary,
            hidden,
            config.Flag("tie_word_embeddings", false) ? "transformer.wte.weight" : null
        );
        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors);
    }
}
