using System.Collections.Immutable;
using System.Text;

namespace Loadline.Quantization.Tokenization;

/// <summary>
/// Byte-pair encoding: a piece of text begins as its characters, and the two neighbours whose merge comes first are
/// joined until none can be. Sennrich et al., arXiv 1508.07909.
/// </summary>
/// <remarks>
/// A queue of the merges that are possible keeps a piece of n characters to n log n steps, which matters where the whole
/// text is one piece (SentencePiece).
/// </remarks>
internal sealed class MergeModel(Vocabulary vocabulary)
{
    private readonly Dictionary<(int, int), (double Rank, int Token)> merges = [];

    public Vocabulary Vocabulary { get; } = vocabulary;

    /// <summary>True when a character without a token becomes those of its bytes, <c>&lt;0x0A&gt;</c>.</summary>
    public bool HasByteFallback { get; init; }

    /// <summary>Token of a character without one; null drops it.</summary>
    public int? Unknown { get; init; }

    /// <summary>True when unknown characters in a row become one token.</summary>
    public bool FusesUnknown { get; init; }

    /// <summary>True when a piece that is a token itself is not taken apart, whatever the merges (Llama 3).</summary>
    public bool PrefersWholePieces { get; init; }

    /// <summary>Merges by score; null where <see cref="AddMerge"/> lists them.</summary>
    public Func<int, double?>? Score { get; init; }

    /// <summary>Of two neighbours, the merge with the lower rank comes first.</summary>
    public void AddMerge(int left, int right, double rank, int token) => merges.TryAdd((left, right), (rank, token));

    public void Encode(string piece, ImmutableArray<int>.Builder tokens)
    {
        if (piece.Length == 0)
            return;
        if (PrefersWholePieces && Vocabulary.Find(piece) is { } whole)
        {
            tokens.Add(whole);
            return;
        }
        var symbols = Symbols(piece);
        Merge(symbols);
        for (var i = 0; i < symbols.Length; i++)
        {
            if (symbols[i].IsJoined)
                continue;
            var isRepeated =
                FusesUnknown && symbols[i].Token == Unknown && tokens.Count > 0 && symbols[i].FollowsUnknown;
            if (!isRepeated)
                tokens.Add(symbols[i].Token);
        }
    }

    private Symbol[] Symbols(string piece)
    {
        var symbols = new List<Symbol>(piece.Length);
        var wasUnknown = false;
        foreach (var rune in piece.EnumerateRunes())
        {
            var isUnknown = false;
            if (Vocabulary.Find(rune.ToString()) is { } token)
                symbols.Add(new Symbol { Token = token });
            else if (HasByteFallback && BytesOf(rune) is { } bytes)
                symbols.AddRange(bytes.Select(item => new Symbol { Token = item }));
            else if (Unknown is { } unknown)
            {
                symbols.Add(new Symbol { Token = unknown, FollowsUnknown = wasUnknown });
                isUnknown = true;
            }
            wasUnknown = isUnknown;
        }
        return [.. symbols];
    }

    private int[]? BytesOf(Rune rune)
    {
        Span<byte> utf8 = stackalloc byte[4];
        var count = rune.EncodeToUtf8(utf8);
        var tokens = new int[count];
        for (var i = 0; i < count; i++)
        {
            if (Vocabulary.Find($"<0x{utf8[i]:X2}>") is not { } token)
                return null;
            tokens[i] = token;
        }
        return tokens;
    }

    private void Merge(Symbol[] symbols)
    {
        for (var i = 0; i < symbols.Length; i++)
        {
            symbols[i].Previous = i - 1;
            symbols[i].Next = i + 1 < symbols.Length ? i + 1 : -1;
        }
        var queue = new PriorityQueue<Candidate, (double Rank, int Left)>();
        for (var i = 0; i + 1 < symbols.Length; i++)
            Offer(queue, symbols, i);
        while (queue.TryDequeue(out var candidate, out _))
        {
            ref var left = ref symbols[candidate.Left];
            // Either may have been joined to another meanwhile.
            if (left.IsJoined || left.Token != candidate.LeftToken || left.Next != candidate.Right)
                continue;
            ref var right = ref symbols[candidate.Right];
            if (right.Token != candidate.RightToken)
                continue;
            left.Token = candidate.Token;
            left.Next = right.Next;
            right.IsJoined = true;
            if (right.Next >= 0)
                symbols[right.Next].Previous = candidate.Left;
            Offer(queue, symbols, candidate.Left);
            if (left.Previous >= 0)
                Offer(queue, symbols, left.Previous);
        }
    }

    private void Offer(PriorityQueue<Candidate, (double Rank, int Left)> queue, Symbol[] symbols, int left)
    {
        var right = symbols[left].Next;
        if (right < 0)
            return;
        var pair = (symbols[left].Token, symbols[right].Token);
        if (Find(pair.Item1, pair.Item2) is { } merge)
            queue.Enqueue(new Candidate(left, right, pair.Item1, pair.Item2, merge.Token), (merge.Rank, left));
    }

    private (double Rank, int Token)? Find(int left, int right)
    {
        if (Score is null)
            return merges.TryGetValue((left, right), out var merge) ? merge : null;
        return Vocabulary.Find(Vocabulary.Find(left) + Vocabulary.Find(right)) is { } token && Score(token) is { } score
            ? (-score, token)
            : null;
    }

    private struct Symbol
    {
        public int Token;
        public int Previous;
        public int Next;
        public bool IsJoined;
        public bool FollowsUnknown;
    }

    private readonly record struct Candidate(int Left, int Right, int LeftToken, int RightToken, int Token);
}
