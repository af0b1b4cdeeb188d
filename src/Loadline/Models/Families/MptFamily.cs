namespace Loadline.Models;

/// <summary>MPT: ALiBi or learned positions, no biases, norms without shift. MosaicML, 2023.</summary>
internal sealed class MptFamily : Family
{
    public override string Name => "mpt";

    public override IReadOnlyList<string> ModelTypes => ["mpt"];

    public override Architecture Describe(ModelConfig config)
    {
        var hidden = config.Size("d_model");
        var heads = config.Size("n_heads");
        var attention = config.Section("attn_config");
        // MptAttentionConfig: as many key-value heads as query heads, ALiBi on.
        var hasAlibi = attention?.Flag("alibi", true) ?? true;
        var bias = !config.Flag("no_bias", true);
        var sizes = new DecoderSizes
        {
            Hidden = hidden,
            Vocabulary = config.Size("vocab_size"),
            Layers = config.LayerCount("n_layers"),
            QueryHeads = heads,
            KvHeads = attention?.OptionalSize("kv_n_heads") ?? heads,
            HeadSize = config.HeadSize(hidden, heads),
            MaximumContext = config.Size("max_seq_len"),
        };

        var tensors = new TensorList();
        tensors.Embedding("transformer.wte", sizes.Vocabulary, hidden);
        if (!hasAlibi && config.Flag("learned_pos_emb", true))
            tensors.Positions("transformer.wpe", config.Size("max_seq_len"), hidden);
        tensors.Layers = LayerPatterns.AllLayers(sizes.Layers);
        const string Layer = "transformer.blocks.{layer}";
        tensors.Norm($"{Layer}.norm_1", hidden, bias);
        tensors.FusedAttention($"{Layer}.attn", hidden, sizes.FullAttention, "Wqkv", "out_proj", bias);
        if (attention?.Flag("qk_ln", false) ?? false)
        {
            tensors.Norm($"{Layer}.attn.q_ln", hidden, bias);
            tensors.Norm($"{Layer}.attn.k_ln", (long)sizes.KvHeads * sizes.HeadSize, bias);
        }
        tensors.Norm($"{Layer}.norm_2", hidden, bias);
        var intermediate = (config.OptionalSize("expansion_ratio") ?? 4L) * hidden;
        tensors.Mlp($"{Layer}.ffn", hidden, intermediate, "up_proj", "down_proj", bias);

        tensors.FinishTied(config, sizes, "transformer.norm_f", "transformer.wte", bias);
        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors);
    }
}
