namespace Loadline.Models;

/// <summary>OPT: learned positions, biases everywhere, tied embeddings. Zhang et al., arXiv 2205.01068.</summary>
/// <remarks>
/// The 350m differs from its siblings: it normalizes after the block instead of before, has no final norm, and embeds
/// in 512 dimensions with projections into and out of its 1,024.
/// </remarks>
internal sealed class OptFamily : Family
{
    /// <summary>Transformers shifts OPT positions by two for padding, so the table has two more rows.</summary>
    private const int PositionOffset = 2;

    public override string Name => "opt";

    public override IReadOnlyList<string> ModelTypes => ["opt"];

    public override Architecture Describe(ModelConfig config)
    {
        var hidden = config.Size("hidden_size");
        var vocabulary = config.Size("vocab_size");
        var layers = config.LayerCount("num_hidden_layers");
        var heads = config.Size("num_attention_heads");
        var intermediate = config.Size("ffn_dim");
        var positions = config.Size("max_position_embeddings");
        var embedding = config.OptionalSize("word_embed_proj_dim") ?? hidden;
        var normBefore = config.Flag("do_layer_norm_before", true);
        var bias = config.Flag("enable_bias", true);
        var mixer = new Mixer.Attention(heads, heads, config.HeadSize(hidden, heads));

        var tensors = new TensorList();
        tensors.Embedding("model.decoder.embed_tokens", vocabulary, embedding);
        tensors.Positions("model.decoder.embed_positions", positions + PositionOffset, hidden);
        if (embedding != hidden)
        {
            tensors.Linear("model.decoder.project_in", hidden, embedding, Sharding.Replicated);
            tensors.Linear("model.decoder.project_out", embedding, hidden, Sharding.Replicated);
        }

        tensors.Layers = LayerPatterns.AllLayers(layers);
        const string Layer = "model.decoder.layers.{layer}";
        tensors.Attention($"{Layer}.self_attn", hidden, mixer, "out_proj", bias, bias);
        tensors.Norm($"{Layer}.self_attn_layer_norm", hidden, bias: true);
        tensors.Linear($"{Layer}.fc1", intermediate, hidden, Sharding.Output, bias);
        tensors.Linear($"{Layer}.fc2", hidden, intermediate, Sharding.Input, bias);
        tensors.Norm($"{Layer}.final_layer_norm", hidden, bias: true);

        tensors.Layers = [];
        if (normBefore && !config.Flag("_remove_final_layer_norm", false))
            tensors.Norm("model.decoder.final_layer_norm", hidden, bias: true);
        tensors.Head("lm_head", vocabulary, embedding, tiedTo: "model.decoder.embed_tokens.weight");

        return new Architecture
        {
            Family = Name,
            HiddenSize = hidden,
            VocabularySize = vocabulary,
            MaximumContext = positions,
            DataType = config.DataType(BlockFormats.Fp16),
            Layers = mixer.Repeat(layers),
            Tensors = tensors.ToInventory(),
        };
    }
}
