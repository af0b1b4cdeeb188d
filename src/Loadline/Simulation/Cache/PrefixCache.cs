namespace Loadline.Simulation;

/// <summary>
/// Which pieces of prompts are in the blocks of a pool, and in which order they are lost: the one that was released
/// longest ago first, the end of a sequence before its beginning.
/// </summary>
/// <remarks>
/// Engines keep an entry per block (vLLM, docs/design/prefix_caching.md) or per edge of a radix tree (SGLang, arXiv
/// 2312.07104, section 3); here a piece is found or lost as a whole. Which tokens can be shared is the same.
/// </remarks>
internal sealed class PrefixCache
{
    private readonly Dictionary<long, CachedPiece> pieces = [];
    private readonly int blockTokens;
    private CachedPiece? oldest;
    private CachedPiece? newest;

    /// <param name="freeBlocks">Blocks of the pool that nobody holds.</param>
    /// <param name="blockTokens">Tokens of a block; only full blocks are shared.</param>
    public PrefixCache(long freeBlocks, int blockTokens)
    {
        this.blockTokens = blockTokens;
        AddNameless(freeBlocks);
    }

    /// <summary>Tokens of prompts that were asked for and found.</summary>
    public long FoundTokens { get; private set; }

    /// <summary>Pieces at the beginning of a prompt that are in the cache, how many tokens they save, and blocks.</summary>
    public (int Pieces, int Tokens, long UnheldBlocks, long Blocks) Find(Sequence sequence)
    {
        if (sequence.Content is not { } content)
            return default;
        var found = 0;
        var tokens = 0;
        var unheld = 0L;
        var all = 0L;
        foreach (var piece in content.Pieces)
        {
            if (!pieces.TryGetValue(piece.Id, out var cached))
                break;
            found++;
            tokens += piece.Tokens;
            all += cached.Blocks;
            if (cached.Holders == 0)
                unheld += cached.Blocks;
        }
        // The last token is always computed: its output is what the first new token is drawn from.
        var usable = Math.Min(tokens, sequence.Target - 1) / blockTokens * blockTokens;
        return (found, usable, unheld, all);
    }

    /// <summary>Takes the first pieces of a prompt for a sequence.</summary>
    public void Hold(Sequence sequence, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var cached = pieces[sequence.Content!.Pieces[i].Id];
            if (cached.Holders++ == 0)
                Unlist(cached);
            sequence.Held.Add(cached);
            sequence.SharedBlocks += cached.Blocks;
        }
    }

    public void CountFound(int tokens) => FoundTokens += tokens;

    /// <summary>Gives names to the pieces of a prompt that are computed by now.</summary>
    public void Publish(Sequence sequence)
    {
        if (sequence.Content is not { } content)
            return;
        var start = 0;
        for (var i = 0; i < content.Pieces.Length; i++)
        {
            var end = start + content.Pieces[i].Tokens;
            if (i >= sequence.Held.Count)
            {
                // A piece that another sequence computed at the same time stays a copy without a name.
                if (end > sequence.Computed || !TryName(sequence, content.Pieces[i].Id, start, end))
                    return;
            }
            start = end;
        }
    }

    /// <summary>Gives a name to an answer that a later prompt may continue.</summary>
    public void PublishAnswer(Sequence sequence, int cachedTokens)
    {
        if (
            sequence.Content is { Answer: { } id } content
            && sequence.Held.Count == content.Pieces.Length
            && content.Tokens == sequence.PromptTokens
        )
            TryName(sequence, id, sequence.PromptTokens, cachedTokens);
    }

    /// <summary>Lists what a sequence held as free to be used again, its end first.</summary>
    public void Release(Sequence sequence)
    {
        if (sequence.OwnBlocks > 0)
            AddNameless(sequence.OwnBlocks);
        for (var i = sequence.Held.Count - 1; i >= 0; i--)
        {
            if (--sequence.Held[i].Holders == 0)
                List(sequence.Held[i]);
        }
    }

    /// <summary>Loses so many of the blocks that were released longest ago.</summary>
    public void Lose(long count)
    {
        while (count > 0 && oldest is { } first)
        {
            if (first.Blocks > count && first.Id is null)
            {
                first.Blocks -= count;
                return;
            }
            Unlist(first);
            if (first.Id is { } id)
                pieces.Remove(id);
            if (first.Blocks > count)
                AddOldest(first.Blocks - count);
            count -= Math.Min(count, first.Blocks);
        }
    }

    private bool TryName(Sequence sequence, long id, int start, int end)
    {
        var full = Math.Min(end / blockTokens - start / blockTokens, sequence.OwnBlocks);
        var piece = new CachedPiece
        {
            Id = id,
            Blocks = full,
            Holders = 1,
        };
        if (!pieces.TryAdd(id, piece))
            return false;
        sequence.Held.Add(piece);
        sequence.SharedBlocks += full;
        sequence.OwnBlocks -= full;
        return true;
    }

    private void AddNameless(long count)
    {
        if (newest is { Id: null } last)
            last.Blocks += count;
        else
            List(new CachedPiece { Blocks = count });
    }

    private void AddOldest(long count)
    {
        var piece = new CachedPiece { Blocks = count, Newer = oldest };
        if (oldest is not null)
            oldest.Older = piece;
        oldest = piece;
        newest ??= piece;
    }

    private void List(CachedPiece piece)
    {
        piece.Older = newest;
        piece.Newer = null;
        if (piece.Older is { } before)
            before.Newer = piece;
        newest = piece;
        oldest ??= piece;
    }

    private void Unlist(CachedPiece piece)
    {
        if (piece.Older is { } older)
            older.Newer = piece.Newer;
        else
            oldest = piece.Newer;
        if (piece.Newer is { } newer)
            newer.Older = piece.Older;
        else
            newest = piece.Older;
        piece.Older = piece.Newer = null;
    }
}
