namespace Loadline.Models;

/// <summary>GPT-NeoX and Pythia: rotary positions, biases everywhere, separate embeddings. arXiv 2204.06745, 2304.01373.</summary>
/// <remarks>Published counts of Pythia also hold a causal mask and rotary frequencies for every layer.</remarks>
internal sealed class GptNeoXFamily : Family
{
    public override string Name => "gpt-neox";

    public override IReadOnlyList<string> ModelTypes => ["gpt_neox"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        // GPTNeoXConfig: biases on query, key, value and output unless it says otherwise.
        var bias = config.Flag("attention_bias", true);

        var tensors = new TensorList();
        tensors.Embedding("gpt_neox.embed_in", sizes.Vocabulary, sizes.Hidden);
        tensors.Layers = LayerPatterns.AllLayers(sizes.Layers);
        const string Layer = "gpt_neox.layers.{layer}";
        tensors.Norm($"{Layer}.input_layernorm", sizes.Hidden, bias: true);
        tensors.Norm($"{Layer}.post_attention_layernorm", sizes.Hidden, bias: true);
        tensors.FusedAttention(
            $"{Layer}.attention",
            sizes.Hidden,
            sizes.FullAttention,
            "query_key_value",
            "dense",
            bias
        );
        tensors.Mlp($"{Layer}.mlp", sizes.Hidden, config.Size("intermediate_size"), "dense_h_to_4h", "dense_4h_to_h");

        tensors.Layers = [];
        tensors.Norm("gpt_neox.final_layer_norm", sizes.Hidden, bias: true);
        tensors.Head(
            "embed_out",
            sizes.Vocabulary,
            sizes.Hidden,
            config.Flag("tie_word_embeddings", false) ? "gpt_neox.embed_in.weight" : null
        );
        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors);
    }
}
