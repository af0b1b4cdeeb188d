namespace Loadline.Models;

/// <summary>InternLM 2 and 2.5: Llama under names of its own, with query, key and value in one matrix. arXiv 2403.17297.</summary>
internal sealed class InternLm2Family : Family
{
    public override string Name => "internlm2";

    public override IReadOnlyList<string> ModelTypes => ["internlm2"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var bias = config.Flag("bias", false);

        var tensors = new TensorList();
        tensors.Embedding("model.tok_embeddings", sizes.Vocabulary, sizes.Hidden);
        tensors.Layers = LayerPatterns.AllLayers(sizes.Layers);
        const string Layer = "model.layers.{layer}";
        tensors.Norm($"{Layer}.attention_norm", sizes.Hidden);
        tensors.Norm($"{Layer}.ffn_norm", sizes.Hidden);
        tensors.FusedAttention($"{Layer}.attention", sizes.Hidden, sizes.FullAttention, "wqkv", "wo", bias);
        tensors.GatedMlp(
            $"{Layer}.feed_forward",
            sizes.Hidden,
            config.Size("intermediate_size"),
            names: ("w1", "w3", "w2")
        );

        tensors.Layers = [];
        tensors.Norm("model.norm", sizes.Hidden);
        tensors.Head(
            "output",
            sizes.Vocabulary,
            sizes.Hidden,
            config.Flag("tie_word_embeddings", false) ? "model.tok_embeddings.weight" : null
        );
        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors);
    }
}
