namespace Loadline.Simulation;

/// <summary>
/// The sequences that get a token in every step. All advance together, so when each ends, how many tokens they have in
/// the cache and when each needs another block are known in advance, and any number of steps can be taken at once.
/// </summary>
/// <param name="blockTokens">Tokens of a cache block.</param>
internal sealed class DecodingSet(int blockTokens)
{
    /// <summary>
    /// Sequences by the remainder of their cached tokens, at step 0, in a block: those of one entry need a block in the
    /// same steps.
    /// </summary>
    private readonly int[] phases = new int[blockTokens];
    private Sequence[] heap = new Sequence[64];

    public int Count { get; private set; }

    /// <summary>Steps taken since the beginning.</summary>
    public long Step { get; private set; }

    /// <summary>Tokens of all in the cache.</summary>
    public long ContextSum { get; private set; }

    /// <summary>Tokens of all that are still to come.</summary>
    public long RemainingSum { get; private set; }

    /// <summary>Tokens that those now in the set have got in it.</summary>
    public long DecodedSum { get; private set; }

    public double MeanContext => Count == 0 ? 0 : (double)ContextSum / Count;

    /// <summary>Steps until the first of them ends.</summary>
    public long StepsToNextEnd => heap[0].EndStep - Step;

    public int ContextOf(Sequence sequence) => (int)(sequence.ContextOrigin + Step);

    public int RemainingOf(Sequence sequence) => (int)(sequence.EndStep - Step);

    public void Add(Sequence sequence, int context, int steps)
    {
        sequence.DecodeSteps = steps;
        sequence.EndStep = Step + steps;
        sequence.ContextOrigin = context - Step;
        phases[PhaseOf(sequence)]++;
        ContextSum += context;
        RemainingSum += steps;
        if (Count == heap.Length)
            Array.Resize(ref heap, 2 * Count);
        heap[Count] = sequence;
        sequence.HeapIndex = Count;
        Count++;
        Rise(sequence);
    }

    public void Remove(Sequence sequence)
    {
        phases[PhaseOf(sequence)]--;
        ContextSum -= ContextOf(sequence);
        RemainingSum -= RemainingOf(sequence);
        DecodedSum -= sequence.DecodeSteps - RemainingOf(sequence);
        Count--;
        var hole = sequence.HeapIndex;
        sequence.HeapIndex = -1;
        var last = heap[Count];
        heap[Count] = null!;
        if (hole == Count)
            return;
        Place(last, hole);
        Rise(last);
        Sink(last);
    }

    public void Advance(long steps)
    {
        Step += steps;
        ContextSum += Count * steps;
        RemainingSum -= Count * steps;
        DecodedSum += Count * steps;
    }

    /// <summary>A sequence that ends with the last step taken, in the order of their admission to this set.</summary>
    public Sequence? NextEnded => Count > 0 && heap[0].EndStep <= Step ? heap[0] : null;

    /// <summary>Blocks that so many further steps fill.</summary>
    public long BlocksFor(long steps)
    {
        var blocks = steps / blockTokens * Count;
        for (var i = 0L; i < steps % blockTokens; i++)
            blocks += StartingIn(Step + i);
        return blocks;
    }

    /// <summary>Steps that so many blocks are enough for.</summary>
    public long StepsWith(long blocks)
    {
        if (Count == 0)
            return long.MaxValue;
        var rounds = blocks / Count;
        var left = blocks - rounds * Count;
        var steps = rounds * blockTokens;
        for (var i = 0; i < blockTokens; i++, steps++)
        {
            left -= StartingIn(Step + i);
            if (left < 0)
                break;
        }
        return steps;
    }

    /// <summary>Sequences whose token of a step is the first of a block.</summary>
    private int StartingIn(long step) => phases[(int)((blockTokens - step % blockTokens) % blockTokens)];

    private int PhaseOf(Sequence sequence)
    {
        var phase = (int)(sequence.ContextOrigin % blockTokens);
        return phase < 0 ? phase + blockTokens : phase;
    }

    private void Place(Sequence sequence, int index)
    {
        heap[index] = sequence;
        sequence.HeapIndex = index;
    }

    private void Rise(Sequence sequence)
    {
        var index = sequence.HeapIndex;
        while (index > 0)
        {
            var parent = (index - 1) / 2;
            if (!ComesFirst(sequence, heap[parent]))
                break;
            Place(heap[parent], index);
            index = parent;
        }
        Place(sequence, index);
    }

    private void Sink(Sequence sequence)
    {
        var index = sequence.HeapIndex;
        while (true)
        {
            var child = 2 * index + 1;
            if (child >= Count)
                break;
            if (child + 1 < Count && ComesFirst(heap[child + 1], heap[child]))
                child++;
            if (!ComesFirst(heap[child], sequence))
                break;
            Place(heap[child], index);
            index = child;
        }
        Place(sequence, index);
    }

    private static bool ComesFirst(Sequence one, Sequence other) =>
        one.EndStep != other.EndStep ? one.EndStep < other.EndStep : one.Request < other.Request;
}
