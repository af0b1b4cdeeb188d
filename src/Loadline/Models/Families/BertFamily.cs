namespace Loadline.Models;

/// <summary>BERT and XLM-RoBERTa encoders, as embedding models use them: no head, no cache. arXiv 1810.04805.</summary>
/// <remarks>Files that hold a masked-language head as well put <c>bert.</c> or <c>roberta.</c> before these names.</remarks>
internal sealed class BertFamily : Family
{
    public override string Name => "bert";

    public override IReadOnlyList<string> ModelTypes => ["bert", "xlm-roberta", "roberta"];

    public override Architecture Describe(ModelConfig config)
    {
        var sizes = DecoderSizes.Read(config);
        var hidden = sizes.Hidden;
        var mixer = sizes.FullAttention with { IsBidirectional = true };

        var tensors = new TensorList();
        tensors.Embedding("embeddings.word_embeddings", sizes.Vocabulary, hidden);
        tensors.Positions("embeddings.position_embeddings", config.Size("max_position_embeddings"), hidden);
        // BertConfig: two token types.
        tensors.Positions("embeddings.token_type_embeddings", config.OptionalSize("type_vocab_size") ?? 2, hidden);
        tensors.Norm("embeddings.LayerNorm", hidden, bias: true);

        tensors.Layers = LayerPatterns.AllLayers(sizes.Layers);
        const string Layer = "encoder.layer.{layer}";
        foreach (var projection in (string[])["query", "key", "value"])
        {
            tensors.Linear($"{Layer}.attention.self.{projection}", hidden, hidden, Sharding.Output, bias: true, "qkv");
        }
        tensors.Linear($"{Layer}.attention.output.dense", hidden, hidden, Sharding.Input, bias: true);
        tensors.Norm($"{Layer}.attention.output.LayerNorm", hidden, bias: true);
        tensors.Mlp(Layer, hidden, config.Size("intermediate_size"), "intermediate.dense", "output.dense");
        tensors.Norm($"{Layer}.output.LayerNorm", hidden, bias: true);

        tensors.Layers = [];
        // BertModel has a pooler unless built without; its configuration cannot say so, but a translated one can.
        if (config.Flag("add_pooling_layer", true))
            tensors.Linear("pooler.dense", hidden, hidden, Sharding.Replicated, bias: true);

        // RoBERTa numbers positions from 2 on, so two rows of its table are never reached.
        var context = config.ModelType == "bert" ? sizes.MaximumContext : sizes.MaximumContext - 2;
        return config.ToArchitecture(
            Name,
            sizes with
            {
                MaximumContext = context,
            },
            mixer.Repeat(sizes.Layers),
            tensors,
            BlockFormats.Fp32
        );
    }
}
