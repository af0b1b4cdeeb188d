using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>What one layer of attention computes and reads on one rank, per token that is attended to.</summary>
/// <remarks>
/// A token attends to the last tokens one by one, up to <see cref="Near"/>, and to the ones before in groups of
/// <see cref="Ratio"/>, up to <see cref="Selected"/> groups. Ordinary attention is groups of one without a limit.
/// </remarks>
public sealed record AttentionWork
{
    public required string Name { get; init; }

    /// <summary>Query heads of the rank.</summary>
    public required double QueryHeads { get; init; }

    /// <summary>Groups of heads that share keys and values; 1 where all share a latent vector.</summary>
    public double KvHeads { get; init; } = 1;

    /// <summary>Operations per pair of tokens in prefill, all heads of the rank: 2 x heads x (key + value size).</summary>
    public required double PrefillFlops { get; init; }

    /// <summary>The same in decode; more for latent attention, which works on the latent vector itself.</summary>
    public required double DecodeFlops { get; init; }

    /// <summary>Cached numbers read per token attended to; shared by all heads of a group.</summary>
    public required double Elements { get; init; }

    /// <summary>Last tokens that are attended to one by one; 0 when groups begin at once.</summary>
    public double Near { get; init; }

    /// <summary>Tokens in a group; infinite for layers that forget what leaves the window.</summary>
    public double Ratio { get; init; } = 1;

    /// <summary>Most groups attended to.</summary>
    public double Selected { get; init; } = double.PositiveInfinity;

    /// <summary>Operations per group that the indexer scores.</summary>
    public double IndexerFlops { get; init; }

    /// <summary>Cached numbers the indexer reads per group.</summary>
    public double IndexerElements { get; init; }

    /// <summary>True for latent attention, whose decode kernel has constants of its own.</summary>
    public bool IsLatent { get; init; }

    /// <summary>True in an encoder, where every token sees the whole sequence.</summary>
    public bool IsBidirectional { get; init; }

    /// <summary>Tokens or groups a token attends to with so many tokens up to and including itself.</summary>
    public double Attended(double context) => Math.Min(context, Near) + Math.Min(context / Ratio, Selected);

    /// <summary>Mean of <see cref="Attended"/> over the tokens of a chunk behind so many cached ones.</summary>
    public double MeanAttended(double cached, double chunk) =>
        IsBidirectional
            ? Attended(cached + chunk)
            : MeanOfMinimum(cached, chunk, Near) + MeanOfMinimum(cached, chunk, Selected * Ratio) / Ratio;

    /// <summary>Groups that the indexer scores; 0 without one.</summary>
    public double Scored(double context) => IndexerElements > 0 ? context / Ratio : 0;

    /// <summary>The work of a mixer on one of so many ranks; null when it is no attention.</summary>
    public static AttentionWork? Of(Mixer mixer, int ranks) =>
        Shards.MixerOnRank(mixer, ranks) switch
        {
            Mixer.Attention attention => Of(attention),
            Mixer.LatentAttention latent => Of(latent),
            Mixer.CompressedAttention compressed => Of(compressed),
            _ => null,
        };

    private static AttentionWork Of(Mixer.Attention attention)
    {
        var both = (double)attention.HeadSize + attention.ValueHeadSize;
        return new AttentionWork
        {
            Name = attention.Window is { } tokens ? $"attention, window {tokens}" : "attention",
            QueryHeads = attention.QueryHeads,
            KvHeads = attention.KvHeads,
            PrefillFlops = 2 * attention.QueryHeads * both,
            DecodeFlops = 2 * attention.QueryHeads * both,
            Elements = attention.KvHeads * both,
            Near = attention.Window ?? 0,
            Ratio = attention.Window is null ? 1 : double.PositiveInfinity,
            Selected = attention.Indexer?.Selected ?? double.PositiveInfinity,
            IndexerFlops = FlopsOf(attention.Indexer),
            IndexerElements = attention.Indexer?.ElementsPerToken ?? 0,
            IsBidirectional = attention.IsBidirectional,
        };
    }

    /// <summary>
    /// Prefill unfolds keys and values and attends as usual; decode absorbs the unfolding into queries and outputs and
    /// reads the latent vector once for all heads. DeepSeek-V2, arXiv 2405.04434, section 2.1.2.
    /// </summary>
    private static AttentionWork Of(Mixer.LatentAttention latent) =>
        new()
        {
            Name = "latent attention",
            QueryHeads = latent.QueryHeads,
            PrefillFlops = 2.0 * latent.QueryHeads * (latent.PlainSize + latent.RopeSize + latent.ValueHeadSize),
            DecodeFlops = 2.0 * latent.QueryHeads * (2 * latent.LatentRank + latent.RopeSize),
            Elements = latent.LatentRank + latent.RopeSize,
            Selected = latent.Indexer?.Selected ?? double.PositiveInfinity,
            IndexerFlops = FlopsOf(latent.Indexer),
            IndexerElements = latent.Indexer?.ElementsPerToken ?? 0,
            IsLatent = true,
        };

    private static AttentionWork Of(Mixer.CompressedAttention compressed) =>
        new()
        {
            Name = "compressed attention",
            QueryHeads = compressed.QueryHeads,
            PrefillFlops = 4.0 * compressed.QueryHeads * compressed.HeadSize,
            DecodeFlops = 4.0 * compressed.QueryHeads * compressed.HeadSize,
            Elements = compressed.HeadSize,
            Near = compressed.Window,
            Ratio = compressed.Ratio ?? double.PositiveInfinity,
            Selected = compressed.Indexer?.Selected ?? double.PositiveInfinity,
            IndexerFlops = FlopsOf(compressed.Indexer),
            IndexerElements = compressed.Indexer?.ElementsPerToken ?? 0,
            IsLatent = true,
        };

    private static double FlopsOf(Indexer? indexer) =>
        indexer is null or { IsReused: true } ? 0 : 2.0 * indexer.Heads * indexer.HeadSize;

    /// <summary>Mean of min(x, limit) for x from <paramref name="from"/> over a length.</summary>
    private static double MeanOfMinimum(double from, double length, double limit)
    {
        if (length <= 0 || from >= limit)
            return Math.Min(from, limit);
        var rising = Math.Min(length, limit - from);
        return (rising * (from + rising / 2) + (length - rising) * (double.IsInfinity(limit) ? 0 : limit)) / length;
    }
}
