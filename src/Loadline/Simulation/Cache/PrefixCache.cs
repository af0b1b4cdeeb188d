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

    /// <summary>
    /// What of a prompt is in the cache, from its beginning on: by name, or what the sequence itself had left behind where
    /// that reaches further.
    /// </summary>
    public Finding Find(Sequence sequence)
    {
        var finding = new Finding();
        var own = WithLeft(finding, sequence);
        if (sequence.Content is { } content)
        {
            foreach (var piece in content.Pieces)
            {
                if (!pieces.TryGetValue(piece.Id, out var cached))
                    break;
                finding = finding with
                {
                    Pieces = finding.Pieces + 1,
                    Blocks = finding.Blocks + cached.Blocks,
                    UnheldBlocks = finding.UnheldBlocks + (cached.Holders == 0 ? cached.Blocks : 0),
                };
                own ??= WithLeft(finding, sequence);
            }
        }
        return Usable(own is { } left && left.Blocks > finding.Blocks ? left : finding, sequence);
    }

    private static Finding? WithLeft(in Finding finding, Sequence sequence) =>
        sequence.Left is { Blocks: > 0 } left && left.PiecesBefore == finding.Pieces
            ? finding with
            {
                Blocks = finding.Blocks + left.Blocks,
                UnheldBlocks = finding.UnheldBlocks + left.Blocks,
                HasLeft = true,
            }
            : null;

    /// <summary>
    /// Tokens that fill blocks. The last of a prompt is always computed: its output is what the first new token is drawn from.
    /// </summary>
    private Finding Usable(in Finding finding, Sequence sequence) =>
        finding with
        {
            Tokens = (int)Math.Min(finding.Blocks, (sequence.Target - 1) / blockTokens) * blockTokens,
        };

    /// <summary>Takes what was found for a sequence.</summary>
    public void Hold(Sequence sequence, in Finding finding)
    {
        for (var i = 0; i < finding.Pieces; i++)
        {
            var cached = pieces[sequence.Content!.Pieces[i].Id];
            if (cached.Holders++ == 0)
                Unlist(cached);
            sequence.Held.Add(cached);
            sequence.SharedBlocks += cached.Blocks;
        }
        if (finding.HasLeft)
        {
            Unlist(sequence.Left!);
            sequence.OwnBlocks += sequence.Left!.Blocks;
        }
        sequence.Left = null;
    }

    /// <summary>
    /// Gives names to the pieces of a prompt that are in the cache by now. One that another sequence computed at the same time
    /// is shared from then on, and the copy is free.
    /// </summary>
    /// <returns>Blocks that became free.</returns>
    public long Publish(Sequence sequence, int computed)
    {
        if (sequence.Content is not { } content)
            return 0;
        var freed = 0L;
        var start = 0;
        for (var i = 0; i < content.Pieces.Length; i++)
        {
            var end = start + content.Pieces[i].Tokens;
            if (i >= sequence.Held.Count)
            {
                if (end > computed)
                    break;
                freed += Name(sequence, content.Pieces[i].Id, start, end);
            }
            start = end;
        }
        return freed;
    }

    /// <summary>Gives a name to an answer that a later prompt may continue.</summary>
    /// <returns>Blocks that became free.</returns>
    public long PublishAnswer(Sequence sequence, int cachedTokens) =>
        sequence.Content is { Answer: { } id } content
        && sequence.Held.Count == content.Pieces.Length
        && content.Tokens == sequence.PromptTokens
            ? Name(sequence, id, sequence.PromptTokens, cachedTokens)
            : 0;

    /// <summary>Lists what a sequence held as free to be used again, its end first.</summary>
    /// <param name="sequence">Who held it.</param>
    /// <param name="comesBackWith">Tokens a preempted sequence had in the cache; 0 for one that does not come back.</param>
    public void Release(Sequence sequence, int comesBackWith)
    {
        // A block that is not full is not found again, and neither are windows and states.
        var left = Math.Clamp(comesBackWith / blockTokens - sequence.SharedBlocks, 0, sequence.OwnBlocks);
        if (sequence.OwnBlocks > left)
            AddNameless(sequence.OwnBlocks - left);
        if (left > 0)
        {
            sequence.Left = new CachedPiece
            {
                Blocks = left,
                IsOfOne = true,
                PiecesBefore = sequence.Held.Count,
            };
            List(sequence.Left);
        }
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
            first.Blocks = 0;
        }
    }

    /// <summary>Begins anew with so many blocks that nobody holds.</summary>
    public void Forget(long freeBlocks)
    {
        pieces.Clear();
        oldest = newest = null;
        AddNameless(freeBlocks);
    }

    /// <summary>Gives a name to a piece, and returns the blocks that became free.</summary>
    private long Name(Sequence sequence, long id, int start, int end)
    {
        var full = Math.Min(end / blockTokens - start / blockTokens, sequence.OwnBlocks);
        var freed = 0L;
        if (pieces.TryGetValue(id, out var piece))
        {
            if (piece.Holders++ == 0)
            {
                Unlist(piece);
                freed -= piece.Blocks;
            }
            if (full > 0)
                AddNameless(full);
            freed += full;
        }
        else
        {
            piece = new CachedPiece
            {
                Id = id,
                Blocks = full,
                Holders = 1,
            };
            pieces.Add(id, piece);
        }
        sequence.Held.Add(piece);
        sequence.SharedBlocks += piece.Blocks;
        sequence.OwnBlocks -= full;
        return freed;
    }

    private void AddNameless(long count)
    {
        if (newest is { Id: null, IsOfOne: false } last)
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

/// <summary>What of a prompt is in the cache.</summary>
internal readonly record struct Finding
{
    /// <summary>Named pieces at its beginning.</summary>
    public int Pieces { get; init; }

    /// <summary>Tokens that need not be computed.</summary>
    public int Tokens { get; init; }
    public long Blocks { get; init; }

    /// <summary>Those of the blocks that nobody holds and that count as free.</summary>
    public long UnheldBlocks { get; init; }

    /// <summary>True when what the sequence itself had left behind is among them.</summary>
    public bool HasLeft { get; init; }
}
