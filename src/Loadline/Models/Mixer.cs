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

        /// <summary>
        /// True when the window does not slide: the sequence is cut into pieces of that length and a token sees only
        /// the beginning of its own (Llama 4).
        /// </summary>
        public bool IsChunked { get; init; }

        /// <summary>True when the layer reads another layer's keys and values and stores none.</summary>
        public bool SharesCache { get; init; }

        /// <summary>True in an encoder, where every token sees every other and nothing is kept.</summary>
        public bool IsBidirectional { get; init; }

        /// <summary>Picks the tokens that are attended to; null when all are.</summary>
        public Indexer? Indexer { get; init; }

        /// <summary>Cached numbers per token of this layer.</summary>
        public long ElementsPerToken =>
            SharesCache || IsBidirectional
                ? 0
                : (long)KvHeads * (HeadSize + ValueHeadSize) + (Indexer?.ElementsPerToken ?? 0);
    }

    /// <summary>
    /// Multi-head latent attention: all heads share one latent vector and one rotated key per token.
    /// DeepSeek-V2, arXiv 2405.04434, section 2.1.
    /// </summary>
    /// <param name="QueryHeads">Query heads.</param>
    /// <param name="LatentRank">Width of the latent vector that keys and values are unfolded from.</param>
    /// <param name="RopeSize">Width of the rotated part of a query and key.</param>
    /// <param name="PlainSize">Width of the part of a query and key that is not rotated.</param>
    /// <param name="ValueHeadSize">Width of a value head.</param>
    public sealed record LatentAttention(int QueryHeads, int LatentRank, int RopeSize, int PlainSize, int ValueHeadSize)
        : Mixer
    {
        /// <summary>Picks the tokens that are attended to; null when all are.</summary>
        public Indexer? Indexer { get; init; }

        /// <summary>Cached numbers per token of this layer, whatever the number of heads.</summary>
        public long ElementsPerToken => (long)LatentRank + RopeSize + (Indexer?.ElementsPerToken ?? 0);
    }

    /// <summary>
    /// Attention to the last tokens one by one and to the ones before in groups that were each compressed into one
    /// vector, key and value at once (DeepSeek-V4).
    /// </summary>
    /// <param name="QueryHeads">Query heads.</param>
    /// <param name="HeadSize">Width of a query head and of the vector that is key and value.</param>
    /// <param name="Window">Last tokens that are kept one by one.</param>
    /// <param name="Ratio">Tokens that become one vector; null for a layer that forgets what leaves the window.</param>
    public sealed record CompressedAttention(int QueryHeads, int HeadSize, int Window, int? Ratio) : Mixer
    {
        /// <summary>Picks the compressed vectors that are attended to; null when all are.</summary>
        public Indexer? Indexer { get; init; }

        /// <summary>Cached numbers per token beyond the window: a share of one vector, rounded up.</summary>
        public long ElementsPerToken =>
            Ratio is { } ratio ? (HeadSize + (Indexer?.ElementsPerToken ?? 0) + ratio - 1) / ratio : 0;
    }

    /// <summary>
    /// Linear attention or a state space: a matrix per head that every token updates, so that a sequence takes the
    /// same memory whatever its length (Mamba-2, gated delta net, RWKV).
    /// </summary>
    /// <param name="Heads">Heads, each with a matrix of its own.</param>
    /// <param name="KeySize">Rows of the matrix: the key or state size.</param>
    /// <param name="ValueSize">Columns of the matrix: the value or head size.</param>
    public sealed record Linear(int Heads, int KeySize, int ValueSize) : Mixer
    {
        /// <summary>The short convolution before it; null when there is none.</summary>
        public Convolution? ShortConvolution { get; init; }

        /// <summary>Numbers kept per sequence.</summary>
        public long StateElements => (long)Heads * KeySize * ValueSize + (ShortConvolution?.StateElements ?? 0);
    }

    /// <summary>A causal convolution over the last few tokens, alone (LFM2) or before a recurrence.</summary>
    /// <param name="Channels">Channels, each convolved by itself.</param>
    /// <param name="Kernel">Tokens it looks at, the current one included.</param>
    public sealed record Convolution(long Channels, int Kernel) : Mixer
    {
        /// <summary>Numbers kept per sequence: the tokens before the current one.</summary>
        public long StateElements => Channels * (Kernel - 1);
    }

    /// <summary>Attention and recurrence side by side on the same input (Falcon-H1).</summary>
    public sealed record Parallel(Attention Softmax, Linear Recurrence) : Mixer;

    /// <summary>A layer without token mixing.</summary>
    public sealed record None : Mixer;
}

/// <summary>
/// A small scoring network in front of sparse attention; it keeps one key per token of its own. Engines may store
/// that key in fewer bits than the cache. DeepSeek-V3.2, arXiv 2512.02556.
/// </summary>
/// <param name="Heads">Heads that score.</param>
/// <param name="HeadSize">Width of a scoring head and of the key.</param>
/// <param name="Selected">Tokens, or groups of tokens, that are attended to.</param>
public sealed record Indexer(int Heads, int HeadSize, int Selected)
{
    /// <summary>True when the layer takes the choice of the layer before and scores nothing itself (GLM-5.2).</summary>
    public bool IsReused { get; init; }

    public long ElementsPerToken => IsReused ? 0 : HeadSize;
}
