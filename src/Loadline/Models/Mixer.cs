namespace Loadline.Models;

/// <summary>
/// How a layer mixes tokens, and so what it must remember about them. The matrices around it are in the tensor
/// inventory; this is the part of a layer that has no weights.
/// </summary>
public abstract record Mixer
{
    private Mixer() { }

    /// <summary>Softmax attention with one key and one value per token and key-value head.</summary>
    /// <param name="QueryHeads">Query heads.</param>
    /// <param name="KvHeads">Key-value heads; fewer than query heads is grouped-query attention.</param>
    /// <param name="HeadSize">Width of a query and key head.</param>
    public sealed record Attention(int QueryHeads, int KvHeads, int HeadSize) : Mixer
    {
        public int ValueHeadSize { get; init; } = HeadSize;

        /// <summary>Tokens that can be attended to, the current one included; null for all.</summary>
        public int? Window { get; init; }

        /// <summary>True when the layer reads another layer's keys and values and stores none.</summary>
        public bool SharesCache { get; init; }

        /// <summary>Cached numbers per token of this layer.</summary>
        public long ElementsPerToken => SharesCache ? 0 : (long)KvHeads * (HeadSize + ValueHeadSize);
    }

    /// <summary>A layer without token mixing.</summary>
    public sealed record None : Mixer;
}
