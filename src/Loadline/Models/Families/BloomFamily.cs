namespace Loadline.Models;

/// <summary>BLOOM: ALiBi positions, a norm behind the embedding, biases everywhere. arXiv 2211.05100.</summary>
/// <remarks>Names are those of the bigscience checkpoints, without <c>transformer.</c> before them.</remarks>
internal sealed class BloomFamily : Family
{
    public override string Name => "bloom";

    public override IReadOnlyList<string> ModelTypes => ["bloom"];

    public override Architecture Describe(ModelConfig config)
    {
        var hidden = config.Size("hidden_size", "n_embed");
        var heads = config.Size("n_head", "num_attention_heads");
        var sizes = new DecoderSizes
        {
            Hidden = hidden,
            Vocabulary = config.Size("vocab_size"),
            Layers = config.LayerCount("n_layer", "num_hidden_layers"),
            QueryHeads = heads,
            KvHeads = heads,
            HeadSize = config.HeadSize(hidden, heads),
            // ALiBi sets no limit; the training length is the one the authors vouch for.
            MaximumContext = config.OptionalSize("seq_length"),
        };

        var tensors = new TensorList();
        tensors.Embedding("word_embeddings", sizes.Vocabulary, hidden);
        tensors.Norm("word_embeddings_layernorm", hidden, bias: true);
        tensors.Layers = LayerPatterns.AllLayers(sizes.Layers);
        const string Layer = "h.{layer}";
        tensors.Norm($"{Layer}.input_layernorm", hidden, bias: true);
        tensors.FusedAttention(
            $"{Layer}.self_attention",
            hidden,
            sizes.FullAttention,
            "query_key_value",
            "dense",
            bias: true
        );
        tensors.Norm($"{Layer}.post_attention_layernorm", hidden, bias: true);
        tensors.Mlp($"{Layer}.mlp", hidden, 4L * hidden, "dense_h_to_4h", "dense_4h_to_h");

        tensors.FinishTied(config, sizes, "ln_f", "word_embeddings");
        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors);
    }
}
