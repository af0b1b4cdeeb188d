namespace Loadline.Models;

/// <summary>Falcon 7B, 40B and 180B: one or a few key-value heads, attention and MLP in parallel. arXiv 2311.16867.</summary>
internal sealed class FalconFamily : Family
{
    public override string Name => "falcon";

    public override IReadOnlyList<string> ModelTypes => ["falcon", "RefinedWeb", "RefinedWebModel"];

    public override Architecture Describe(ModelConfig config)
    {
        var hidden = config.Size("hidden_size");
        var heads = config.Size("num_attention_heads", "n_head");
        // FalconConfig's defaults: the layout of the 7B.
        var isNew = config.Flag("new_decoder_architecture", false);
        var isParallel = isNew || config.Flag("parallel_attn", true);
        var bias = config.Flag("bias", false);
        var kvHeads =
            isNew ? config.OptionalSize("num_kv_heads") ?? config.OptionalSize("n_head_kv") ?? heads
            : config.Flag("multi_query", true) ? 1
            : heads;
        var sizes = new DecoderSizes
        {
            Hidden = hidden,
            Vocabulary = config.Size("vocab_size"),
            Layers = config.LayerCount("num_hidden_layers", "n_layer"),
            QueryHeads = heads,
            KvHeads = kvHeads,
            HeadSize = config.HeadSize(hidden, heads),
            MaximumContext = config.OptionalSize("max_position_embeddings") ?? 2048,
        };

        var tensors = new TensorList();
        tensors.Embedding("transformer.word_embeddings", sizes.Vocabulary, hidden);
        tensors.Layers = LayerPatterns.AllLayers(sizes.Layers);
        const string Layer = "transformer.h.{layer}";
        var norms = isNew ? config.OptionalSize("num_ln_in_parallel_attn") ?? 2 : 1;
        if (isNew && norms == 2)
        {
            tensors.Norm($"{Layer}.ln_attn", hidden, bias: true);
            tensors.Norm($"{Layer}.ln_mlp", hidden, bias: true);
        }
        else
        {
            tensors.Norm($"{Layer}.input_layernorm", hidden, bias: true);
            if (!isParallel)
                tensors.Norm($"{Layer}.post_attention_layernorm", hidden, bias: true);
        }
        tensors.FusedAttention(
            $"{Layer}.self_attention",
            hidden,
            sizes.FullAttention,
            "query_key_value",
            "dense",
            bias
        );
        var intermediate = config.OptionalSize("ffn_hidden_size") ?? 4L * hidden;
        tensors.Mlp($"{Layer}.mlp", hidden, intermediate, "dense_h_to_4h", "dense_4h_to_h", bias);

        tensors.FinishTied(config, sizes, "transformer.ln_f", "transformer.word_embeddings");
        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors);
    }
}
