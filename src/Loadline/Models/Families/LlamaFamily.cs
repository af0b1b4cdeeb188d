using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>Llama 1 to 3.3 and the models that only change its sizes. Touvron et al., arXiv 2302.13971.</summary>
internal sealed class LlamaFamily : Family
{
    public override string Name => "llama";

    public override IReadOnlyList<string> ModelTypes => ["llama"];

    public override Architecture Describe(ModelConfig config)
    {
        var hidden = config.Size("hidden_size");
        var vocabulary = config.Size("vocab_size");
        var layers = config.Size("num_hidden_layers");
        var heads = config.Size("num_attention_heads");
        var kvHeads = config.OptionalSize("num_key_value_heads") ?? heads;
        var attentionBias = config.Flag("attention_bias", false);
        var mixer = new Mixer.Attention(heads, kvHeads, config.HeadSize(hidden, heads));

        var tensors = new TensorList();
        tensors.Embedding("model.embed_tokens", vocabulary, hidden);

        tensors.Layers = DecoderParts.AllLayers(layers);
        const string Layer = "model.layers.{layer}";
        tensors.Norm($"{Layer}.input_layernorm", hidden);
        tensors.Attention($"{Layer}.self_attn", hidden, mixer, qkvBias: attentionBias, outputBias: attentionBias);
        tensors.Norm($"{Layer}.post_attention_layernorm", hidden);
        tensors.GatedMlp($"{Layer}.mlp", hidden, config.Size("intermediate_size"), config.Flag("mlp_bias", false));

        tensors.Layers = [];
        tensors.Norm("model.norm", hidden);
        tensors.Head(
            "lm_head",
            vocabulary,
            hidden,
            config.Flag("tie_word_embeddings", false) ? "model.embed_tokens.weight" : null
        );

        return new Architecture
        {
            Family = Name,
            HiddenSize = hidden,
            VocabularySize = vocabulary,
            MaximumContext = config.OptionalSize("max_position_embeddings"),
            DataType = config.DataType(),
            Layers = [.. Enumerable.Repeat<Mixer>(mixer, layers)],
            Tensors = tensors.ToInventory(),
        };
    }
}
