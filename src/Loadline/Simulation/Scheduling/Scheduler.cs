namespace Loadline.Simulation;

/// <summary>
/// Who computes in the next step: the requests of one rank, from their arrival to their last token. Engines differ in
/// <see cref="Compose"/>; what a step does to its sequences and to the cache is the same for all.
/// </summary>
/// <param name="limits">What the engine allows.</param>
/// <param name="pool">The cache of the rank.</param>
internal abstract class Scheduler(SchedulerLimits limits, CachePool pool)
{
    private readonly Stack<Sequence> spent = new();
    private readonly List<Sequence> joined = [];
    private Sequence? newest;
    private bool hasPriorities;

    /// <summary>End of the last step that decoded; those in <see cref="joined"/> have not been in one yet.</summary>
    private double decodedUntil;

    /// <summary>Blocks that the decoding sequences have taken for their next step already.</summary>
    private long grown;

    protected SchedulerLimits Limits => limits;

    public CachePool Pool => pool;

    public WaitingLine Waiting { get; } = new();

    public DecodingSet Decoding { get; } = new(pool.BlockTokens);

    /// <summary>Admitted sequences whose prompt is not computed yet, in the order of their admission.</summary>
    protected List<Sequence> Prefilling { get; } = [];

    /// <summary>Sequences that are admitted.</summary>
    public int Running => Prefilling.Count + Decoding.Count;

    public bool IsIdle => Running == 0 && Waiting.Count == 0;

    public int Preemptions { get; private set; }

    /// <summary>True when answers take their blocks at admission, false when they take them as they grow.</summary>
    protected abstract bool ReservesAnswers { get; }

    /// <summary>Fills an empty plan with the next step; it stays empty when nothing can run.</summary>
    public abstract void Compose(StepPlan plan, double now, RunLog log);

    /// <summary>True when a request fits where nothing else runs.</summary>
    public bool CanEverRun(in Arrival arrival) =>
        pool.BlocksFor(LongestOf(arrival.PromptTokens, arrival.OutputTokens)) <= pool.Blocks
        && arrival.PromptTokens + (long)arrival.OutputTokens <= limits.LongestSequence;

    public void Enqueue(int request, in Arrival arrival)
    {
        var sequence = spent.TryPop(out var old) ? old : new Sequence();
        sequence.Reset(request, arrival);
        hasPriorities |= arrival.Priority != 0;
        Waiting.AddLast(sequence);
    }

    /// <summary>A request whose prompt was computed elsewhere and whose cache has been copied here.</summary>
    public void EnqueueComputed(int request, in Arrival arrival, double firstTokenSeconds)
    {
        var sequence = spent.TryPop(out var old) ? old : new Sequence();
        sequence.Reset(request, arrival);
        sequence.Generated = 1;
        sequence.Content = null;
        sequence.IsComputedElsewhere = true;
        sequence.LastTokenSeconds = firstTokenSeconds;
        hasPriorities |= arrival.Priority != 0;
        Waiting.AddLast(sequence);
    }

    /// <summary>Steps that only decode and change nothing else but the length of what decodes.</summary>
    public long SteadySteps =>
        MayAdmitNext && Waiting.Count > 0 ? 1
        : ReservesAnswers ? Decoding.StepsToNextEnd
        : Math.Min(Decoding.StepsToNextEnd, Decoding.StepsWith(pool.Free + grown));

    /// <summary>True when the next step may let in somebody whom this one could not, though nothing has ended.</summary>
    protected bool MayAdmitNext { get; set; }

    /// <summary>Takes so many steps of decoding from one time to another.</summary>
    public void Decode(long steps, double start, double end, RunLog log)
    {
        CountGaps(steps, start, (end - start) / steps, log);
        decodedUntil = end;
        if (!ReservesAnswers)
            pool.TakeForAll(Decoding.BlocksFor(steps) - grown);
        grown = 0;
        Decoding.Advance(steps);
        while (Decoding.NextEnded is { } sequence)
        {
            Leave(sequence, end, log);
        }
    }

    /// <summary>
    /// Gaps between tokens: those of a step are as long as it is, and as what came between it and the last token.
    /// </summary>
    private void CountGaps(long steps, double start, double seconds, RunLog log)
    {
        foreach (var sequence in joined)
            log.Gap(start - sequence.LastTokenSeconds + seconds);
        var others = Decoding.Count - joined.Count;
        joined.Clear();
        if (others > 0)
            log.Gaps.Add(start - decodedUntil + seconds, others);
        if (steps > 1)
            log.Gaps.Add(seconds, (double)Decoding.Count * (steps - 1));
    }

    /// <summary>Takes a step that computes prompts.</summary>
    public void Take(StepPlan plan, double start, double end, RunLog log)
    {
        if (plan.Decodes && Decoding.Count > 0)
            Decode(1, start, end, log);
        foreach (var (sequence, tokens) in plan.Prompts)
        {
            sequence.Computed += tokens;
            pool.Publish(sequence, sequence.Computed);
            if (sequence.Computed < sequence.Target)
                continue;
            Prefilling.Remove(sequence);
            Begin(sequence, end, log);
        }
    }

    /// <summary>The prompt is computed: the first token is there, the others are decoded.</summary>
    private void Begin(Sequence sequence, double end, RunLog log)
    {
        if (sequence.Generated == 0)
        {
            log.FirstToken(sequence.Request, end);
            sequence.Generated = Math.Min(1, sequence.OutputTokens);
        }
        else
        {
            log.Gap(end - sequence.LastTokenSeconds);
            sequence.Generated++;
        }
        sequence.LastTokenSeconds = end;
        Continue(sequence, end, log);
    }

    /// <summary>Decodes what is left of an answer.</summary>
    protected void Continue(Sequence sequence, double now, RunLog log)
    {
        var left = sequence.OutputTokens - sequence.Generated;
        if (left <= 0 || limits.OnlyPrompts)
        {
            Leave(sequence, now, log);
            return;
        }
        Decoding.Add(sequence, sequence.Target, StepsOf(sequence, left));
        joined.Add(sequence);
    }

    /// <summary>Takes the blocks that the next token of each decoding sequence needs.</summary>
    protected void TakeGrowth()
    {
        grown = Decoding.BlocksFor(1);
        pool.TakeForAll(grown);
    }

    /// <summary>Tokens in the cache when an answer ends, whose last token is never read.</summary>
    protected long LongestOf(Sequence sequence) => LongestOf(sequence.PromptTokens, sequence.OutputTokens);

    private long LongestOf(long prompt, long output) => limits.OnlyPrompts ? prompt : prompt + Math.Max(0, output - 1);

    /// <summary>True when the first in line has a prompt to compute.</summary>
    protected bool HasPromptWaiting => Waiting.Count > 0 && !Waiting.First.IsComputedElsewhere;

    /// <summary>The sequence that has to give way: of the highest priority number, whoever was admitted last.</summary>
    protected Sequence? Victim
    {
        get
        {
            var victim = newest;
            for (var sequence = hasPriorities ? newest?.Older : null; sequence is not null; sequence = sequence.Older)
            {
                if (sequence.Priority > victim!.Priority)
                    victim = sequence;
            }
            return victim;
        }
    }

    /// <summary>Steps a sequence stays for; longer than its answer where a batch ends together.</summary>
    protected virtual int StepsOf(Sequence sequence, int left) => left;

    /// <summary>
    /// Admits the first in line with so many tokens of its prompt at most; false when there is no place or no cache.
    /// </summary>
    protected bool TryAdmitFirst(int budget, long tokensInAll, double now, RunLog log)
    {
        if (Waiting.Count == 0 || Running >= limits.MaximumSequences)
            return false;
        var sequence = Waiting.First;
        if (!pool.TryAdmit(sequence, budget, tokensInAll))
            return false;
        Waiting.TakeFirst();
        Join(sequence);
        log.Admitted(sequence.Request, now, sequence.Computed);
        if (sequence.IsComputedElsewhere)
        {
            sequence.Computed = sequence.Target;
            sequence.IsComputedElsewhere = false;
            Continue(sequence, now, log);
        }
        else
            Prefilling.Add(sequence);
        return true;
    }

    /// <summary>Loses all sequences, and what they had computed.</summary>
    public IReadOnlyList<int> Abandon()
    {
        var lost = new List<int>();
        while (newest is { } sequence)
        {
            if (sequence.HeapIndex >= 0)
            {
                Settle(sequence);
                Decoding.Remove(sequence);
            }
            pool.Release(sequence);
            Unlink(sequence);
            lost.Add(sequence.Request);
            spent.Push(sequence);
        }
        Prefilling.Clear();
        joined.Clear();
        while (Waiting.Count > 0)
        {
            var sequence = Waiting.TakeFirst();
            lost.Add(sequence.Request);
            spent.Push(sequence);
        }
        pool.Forget();
        return lost;
    }

    /// <summary>Lets in all at the front of the line whose prompts were computed elsewhere and that find a place.</summary>
    protected void AdmitComputed(double now, RunLog log)
    {
        while (Waiting.Count > 0 && Waiting.First is { IsComputedElsewhere: true } first)
        {
            if (!TryAdmitFirst(first.Target, ReservesAnswers ? LongestOf(first) : first.Target, now, log))
                return;
        }
    }

    /// <summary>
    /// Returns the sequence that has to give way to the front of the line; what it had computed is lost unless others
    /// share it.
    /// </summary>
    protected void PreemptVictim(RunLog log)
    {
        var sequence = Victim ?? throw new InvalidOperationException("no sequence to preempt");
        var cached = sequence.Computed;
        if (sequence.HeapIndex >= 0)
        {
            Settle(sequence);
            cached = Decoding.ContextOf(sequence);
            sequence.Generated += sequence.DecodeSteps - Decoding.RemainingOf(sequence);
            Decoding.Remove(sequence);
            if (!joined.Remove(sequence))
                sequence.LastTokenSeconds = decodedUntil;
        }
        else
            Prefilling.Remove(sequence);
        pool.Release(sequence, cached);
        Unlink(sequence);
        sequence.Target = sequence.PromptTokens + sequence.Generated;
        sequence.Computed = 0;
        Waiting.AddFirst(sequence);
        Preemptions++;
        log.Preempted(sequence.Request);
    }

    private void Leave(Sequence sequence, double end, RunLog log)
    {
        if (sequence.HeapIndex >= 0)
        {
            Settle(sequence);
            pool.PublishAnswer(sequence, Decoding.ContextOf(sequence));
            Decoding.Remove(sequence);
        }
        pool.Release(sequence);
        Unlink(sequence);
        log.Ended(sequence.Request, end);
        spent.Push(sequence);
    }

    /// <summary>Counts the blocks that a sequence took as it grew.</summary>
    private void Settle(Sequence sequence)
    {
        if (!ReservesAnswers)
            sequence.OwnBlocks = pool.BlocksFor(Decoding.ContextOf(sequence)) - sequence.SharedBlocks;
    }

    private void Join(Sequence sequence)
    {
        sequence.Older = newest;
        if (newest is not null)
            newest.Newer = sequence;
        newest = sequence;
    }

    private void Unlink(Sequence sequence)
    {
        if (sequence.Older is { } older)
            older.Newer = sequence.Newer;
        if (sequence.Newer is { } newer)
            newer.Older = sequence.Older;
        else
            newest = sequence.Older;
        sequence.Older = sequence.Newer = null;
    }
}

/// <summary>What an engine allows of one rank.</summary>
public sealed record SchedulerLimits
{
    /// <summary>Sequences that run together.</summary>
    public required int MaximumSequences { get; init; }

    /// <summary>Tokens of one step, of prompts and of decoding sequences.</summary>
    public required int StepTokens { get; init; }

    /// <summary>Tokens of prompt and answer together.</summary>
    public long LongestSequence { get; init; } = long.MaxValue;

    /// <summary>True where answers are decoded elsewhere.</summary>
    public bool OnlyPrompts { get; init; }
}
