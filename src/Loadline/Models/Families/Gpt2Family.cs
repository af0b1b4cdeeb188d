namespace Loadline.Models;

/// <summary>GPT-2: learned positions, fused query-key-value, matrices stored input x output.</summary>
/// <remarks>
/// Radford et al., "Language Models are Unsupervised Multitask Learners", 2019. Names are those of the
/// openai-community checkpoints; files written by Transformers itself put <c>transformer.</c> before them.
/// </remarks>
internal sealed class Gpt2Family : Family
{
    public override string Name => "gpt2";

    public override IReadOnlyList<string> ModelTypes => ["gpt2"];

    public override Architecture Describe(ModelConfig config)
    {
        var hidden = config.Size("n_embd");
        var vocabulary = config.Size("vocab_size");
        var layers = config.LayerCount("n_layer");
        var heads = config.Size("n_head");
        var positions = config.Size("n_positions", "n_ctx");
        // GPT2Config: n_inner is four times n_embd when it is not set.
        var intermediate = config.OptionalSize("n_inner") ?? 4L * hidden;
        var mixer = new Mixer.Attention(heads, heads, config.HeadSize(hidden, heads));

        var tensors = new TensorList();
        tensors.Embedding("wte", vocabulary, hidden);
        tensors.Positions("wpe", positions, hidden);

        tensors.Layers = LayerPatterns.AllLayers(layers);
        const string Layer = "h.{layer}";
        tensors.Norm($"{Layer}.ln_1", hidden, bias: true);
        tensors.Conv1D($"{Layer}.attn.c_attn", 3L * hidden, hidden, Sharding.Output);
        tensors.Conv1D($"{Layer}.attn.c_proj", hidden, hidden, Sharding.Input);
        tensors.Norm($"{Layer}.ln_2", hidden, bias: true);
        tensors.Conv1D($"{Layer}.mlp.c_fc", intermediate, hidden, Sharding.Output);
        tensors.Conv1D($"{Layer}.mlp.c_proj", hidden, intermediate, Sharding.Input);

        tensors.Layers = [];
        tensors.Norm("ln_f", hidden, bias: true);
        tensors.Head("lm_head", vocabulary, hidden, config.Flag("tie_word_embeddings", true) ? "wte.weight" : null);

        return new Architecture
        {
            Family = Name,
            HiddenSize = hidden,
            VocabularySize = vocabulary,
            MaximumContext = positions,
            DataType = config.DataType(BlockFormats.Fp32),
            Layers = mixer.Repeat(layers),
            Tensors = tensors.ToInventory(),
        };
    }
}
