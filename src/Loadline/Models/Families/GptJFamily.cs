namespace Loadline.Models;

/// <summary>GPT-J: attention and MLP in parallel behind one norm, a bias on the head. Wang and Komatsuzaki, 2021.</summary>
internal sealed class GptJFamily : Family
{
    public override string Name => "gpt-j";

    public override IReadOnlyList<string> ModelTypes => ["gptj"];

    public override Architecture Describe(ModelConfig config)
    {
        var hidden = config.Size("n_embd");
        var heads = config.Size("n_head");
        // GPTJConfig: n_inner is four times n_embd when it is not set.
        var intermediate = config.OptionalSize("n_inner") ?? 4L * hidden;
        var sizes = new DecoderSizes
        {
            Hidden = hidden,
            Vocabulary = config.Size("vocab_size"),
            Layers = config.LayerCount("n_layer"),
            QueryHeads = heads,
            KvHeads = heads,
            HeadSize = config.HeadSize(hidden, heads),
            MaximumContext = config.OptionalSize("n_positions"),
        };

        var tensors = new TensorList();
        tensors.Embedding("transformer.wte", sizes.Vocabulary, hidden);
        tensors.Layers = LayerPatterns.AllLayers(sizes.Layers);
        const string Layer = "transformer.h.{layer}";
        tensors.Norm($"{Layer}.ln_1", hidden, bias: true);
        tensors.Attention($"{Layer}.attn", hidden, sizes.FullAttention, "out_proj");
        tensors.Mlp($"{Layer}.mlp", hidden, intermediate, "fc_in", "fc_out");

        tensors.Layers = [];
        tensors.Norm("transformer.ln_f", hidden, bias: true);
        var tied = config.Flag("tie_word_embeddings", false) ? "transformer.wte.weight" : null;
        tensors.Head("lm_head", sizes.Vocabulary, hidden, tied, bias: true);
        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors, BlockFormats.Fp32);
    }
}
