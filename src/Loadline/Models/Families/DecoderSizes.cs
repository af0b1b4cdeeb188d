namespace Loadline.Models;

/// <summary>The sizes that decoder configurations spell alike, read and checked once.</summary>
internal sealed record DecoderSizes
{
    public required int Hidden { get; init; }

    public required int Vocabulary { get; init; }

    public required int Layers { get; init; }

    public required int QueryHeads { get; init; }

    public required int KvHeads { get; init; }

    public required int HeadSize { get; init; }

    public required int? MaximumContext { get; init; }

    /// <param name="config">The configuration, or its <c>text_config</c>.</param>
    /// <param name="kvHeads">Key-value heads when the field is absent; as many as query heads when null.</param>
    /// <param name="headSize">Head size when the field is absent; the hidden size shared out when null.</param>
    public static DecoderSizes Read(ModelConfig config, int? kvHeads = null, int? headSize = null)
    {
        var hidden = config.Size("hidden_size");
        var heads = config.Size("num_attention_heads");
        var groups = config.OptionalSize("num_key_value_heads") ?? kvHeads ?? heads;
        if (heads % groups != 0)
            throw config.Contradiction("num_key_value_heads", $"{groups}", $"a divisor of the {heads} query heads");

        return new DecoderSizes
        {
            Hidden = hidden,
            Vocabulary = config.Size("vocab_size"),
            Layers = config.LayerCount("num_hidden_layers"),
            QueryHeads = heads,
            KvHeads = groups,
            HeadSize = config.OptionalSize("head_dim") ?? headSize ?? config.HeadSize(hidden, heads),
            MaximumContext = config.OptionalSize("max_position_embeddings"),
        };
    }

    public Mixer.Attention FullAttention => new(QueryHeads, KvHeads, HeadSize);

    /// <summary>Attention over the last <paramref name="window"/> tokens; a window no sequence can outgrow is none.</summary>
    public Mixer.Attention Attention(int? window) =>
        FullAttention with
        {
            Window = window >= MaximumContext ? null : window,
        };
}
