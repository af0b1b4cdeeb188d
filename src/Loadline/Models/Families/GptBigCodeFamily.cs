namespace Loadline.Models;

/// <summary>StarCoder and SantaCoder: GPT-2 with one key-value head and matrices output first. arXiv 2305.06161.</summary>
internal sealed class GptBigCodeFamily : Family
{
    public override string Name => "gpt-bigcode";

    public override IReadOnlyList<string> ModelTypes => ["gpt_bigcode"];

    public override Architecture Describe(ModelConfig config)
    {
        var hidden = config.Size("n_embd");
        var heads = config.Size("n_head");
        var positions = config.Size("n_positions");
        // GPTBigCodeConfig: n_inner is four times n_embd when it is not set, one key-value head.
        var intermediate = config.OptionalSize("n_inner") ?? 4L * hidden;
        var sizes = new DecoderSizes
        {
            Hidden = hidden,
            Vocabulary = config.Size("vocab_size"),
            Layers = config.LayerCount("n_layer"),
            QueryHeads = heads,
            KvHeads = config.Flag("multi_query", true) ? 1 : heads,
            HeadSize = config.HeadSize(hidden, heads),
            MaximumContext = positions,
        };

        var tensors = new TensorList();
        tensors.Embedding("transformer.wte", sizes.Vocabulary, hidden);
        tensors.Positions("transformer.wpe", positions, hidden);
        tensors.Layers = LayerPatterns.AllLayers(sizes.Layers);
        const string Layer = "transformer.h.{layer}";
        tensors.Norm($"{Layer}.ln_1", hidden, bias: true);
        tensors.FusedAttention($"{Layer}.attn", hidden, sizes.FullAttention, "c_attn", "c_proj", bias: true);
        tensors.Norm($"{Layer}.ln_2", hidden, bias: true);
        tensors.Mlp($"{Layer}.mlp", hidden, intermediate, "c_fc", "c_proj");

        tensors.FinishTied(config, sizes, "transformer.ln_f", "transformer.wte");
        return config.ToArchitecture(Name, sizes, sizes.FullAttention.Repeat(sizes.Layers), tensors);
    }
}
