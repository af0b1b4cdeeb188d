using Loadline.Quantities;

namespace Loadline.Simulation;

/// <summary>The cache blocks of one rank: how many are free, and who holds the others.</summary>
internal sealed class CachePool
{
    private readonly long fixedBlocks;
    private readonly PrefixCache? prefixes;

    /// <param name="size">Blocks, their tokens, and what a sequence takes whatever its length.</param>
    /// <param name="keepsPrefixes">True when blocks that were released are kept for prompts that begin alike.</param>
    public CachePool(CacheSize size, bool keepsPrefixes)
    {
        Blocks = size.Blocks;
        BlockTokens = size.BlockTokens;
        fixedBlocks = size.BlocksPerSequence;
        Free = size.Blocks;
        prefixes = keepsPrefixes ? new PrefixCache(size.Blocks, size.BlockTokens) : null;
    }

    public long Blocks { get; }

    public int BlockTokens { get; }

    /// <summary>Blocks that nobody holds, those that are kept for later prompts included.</summary>
    public long Free { get; private set; }

    public long Used => Blocks - Free;

    public long PeakUsed { get; private set; }

    public long BlocksFor(long tokens) => fixedBlocks + WholeBlocks.Covering(tokens, BlockTokens);

    /// <summary>Blocks a sequence of the given length has yet to take.</summary>
    public long Missing(Sequence sequence, long tokens) =>
        BlocksFor(tokens) - sequence.OwnBlocks - sequence.SharedBlocks;

    /// <summary>Tokens of a prompt that are in the cache.</summary>
    public int Found(Sequence sequence) => prefixes?.Find(sequence).Tokens ?? 0;

    /// <summary>
    /// Takes what a sequence finds of its prompt in the cache, and blocks for so many tokens beyond or for as many in all,
    /// whichever is more; nothing when they are not free.
    /// </summary>
    public bool TryAdmit(Sequence sequence, int tokensBeyond, long tokensInAll)
    {
        var found = prefixes?.Find(sequence) ?? default;
        var tokens = Math.Max(Math.Min(sequence.Target, found.Tokens + (long)tokensBeyond), tokensInAll);
        var needed = Math.Max(0, BlocksFor(tokens) - found.Blocks);
        if (needed + found.UnheldBlocks > Free)
            return false;
        prefixes?.Hold(sequence, found);
        Free -= found.UnheldBlocks;
        sequence.Computed = found.Tokens;
        Take(sequence, needed);
        return true;
    }

    public void Take(Sequence sequence, long blocks)
    {
        TakeForAll(blocks);
        sequence.OwnBlocks += blocks;
    }

    /// <summary>Takes blocks for sequences that account for theirs when they leave.</summary>
    public void TakeForAll(long blocks)
    {
        if (blocks > Free)
            throw new InvalidOperationException($"{blocks} blocks of {Free} free ones");
        Free -= blocks;
        prefixes?.Lose(blocks);
        PeakUsed = Math.Max(PeakUsed, Used);
    }

    /// <summary>Loses what was kept for later prompts.</summary>
    public void Forget() => prefixes?.Forget(Free);

    /// <summary>Keeps for others the pieces of a prompt that lie within its first so many tokens.</summary>
    public void Publish(Sequence sequence, int computed) => Free += prefixes?.Publish(sequence, computed) ?? 0;

    public void PublishAnswer(Sequence sequence, int cachedTokens) =>
        Free += prefixes?.PublishAnswer(sequence, cachedTokens) ?? 0;

    /// <param name="sequence">Who leaves.</param>
    /// <param name="comesBackWith">
    /// Tokens it had in the cache when it was preempted, for which it looks again later; 0 when it does not come back.
    /// </param>
    public void Release(Sequence sequence, int comesBackWith = 0)
    {
        var unheld = sequence.OwnBlocks;
        foreach (var piece in sequence.Held)
        {
            if (piece.Holders == 1)
                unheld += piece.Blocks;
        }
        prefixes?.Release(sequence, comesBackWith);
        Free += unheld;
        sequence.Held.Clear();
        sequence.OwnBlocks = sequence.SharedBlocks = 0;
    }
}

/// <summary>Cache of one rank in the blocks its engine hands out.</summary>
/// <param name="Blocks">Blocks in all.</param>
/// <param name="BlockTokens">Tokens of a block.</param>
/// <param name="BlocksPerSequence">What a sequence takes besides: windows and states that do not grow with it.</param>
public readonly record struct CacheSize(long Blocks, int BlockTokens, long BlocksPerSequence = 0);
