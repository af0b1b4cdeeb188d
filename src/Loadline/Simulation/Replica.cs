namespace Loadline.Simulation;

/// <summary>
/// One copy of the model and its clock: takes the steps its scheduler composes. Stretches in which sequences only decode
/// are taken at once.
/// </summary>
/// <remarks>
/// A replica has several ranks where sequences are spread over devices that meet in every step, around experts: each rank
/// has a line and a cache of its own, and all wait for the slowest.
/// </remarks>
internal sealed class Replica
{
    private readonly Scheduler[] ranks;
    private readonly StepPlan[] plans;
    private readonly StepTimes times;
    private readonly RunLog log;

    /// <summary>A request that is only asked about.</summary>
    private readonly Sequence asked = new();

    public Replica(Scheduler[] ranks, StepTimes times, RunLog log)
    {
        this.ranks = ranks;
        this.times = times;
        this.log = log;
        plans = [.. ranks.Select(_ => new StepPlan())];
    }

    /// <summary>Seconds; the end of the last step that was taken.</summary>
    public double Clock { get; private set; }

    public RunLog Log => log;

    public LoadOverTime Load { get; } = new();

    /// <summary>Told of every stretch of equal steps; null where nobody draws them.</summary>
    public Action<StepSpan>? OnSpan { get; set; }

    /// <summary>Its place among all replicas of a run.</summary>
    public int Number { get; set; }

    /// <summary>Failures that are not over; they may overlap.</summary>
    public int Outages { get; set; }

    public bool IsUp => Outages == 0;

    public int Running => ranks.Sum(rank => rank.Running);

    public int Waiting => ranks.Sum(rank => rank.Waiting.Count);

    public int InSystem => Running + Waiting;

    public bool IsIdle => Array.TrueForAll(ranks, rank => rank.IsIdle);

    public int Preemptions => ranks.Sum(rank => rank.Preemptions);

    public double PeakCacheUse =>
        ranks.Max(rank => rank.Pool.Blocks == 0 ? 0 : (double)rank.Pool.PeakUsed / rank.Pool.Blocks);

    /// <summary>True when a request fits where nothing else runs.</summary>
    public bool CanEverRun(in Arrival arrival) => ranks[0].CanEverRun(arrival);

    /// <summary>Tokens of a prompt that are in the cache of some rank.</summary>
    public int Finds(in Arrival arrival)
    {
        asked.Reset(-1, arrival);
        var most = 0;
        foreach (var rank in ranks)
            most = Math.Max(most, rank.Pool.Found(asked));
        return most;
    }

    /// <summary>
    /// The earliest time at which some request may end, should nothing come in between: steps only become longer with the
    /// context.
    /// </summary>
    public double EarliestEnd()
    {
        if (IsIdle)
            return double.PositiveInfinity;
        var all = 0;
        var steps = long.MaxValue;
        foreach (var rank in ranks)
        {
            if (rank.Running > rank.Decoding.Count || rank.Waiting.Count > 0)
                return Clock;
            all += rank.Decoding.Count;
            if (rank.Decoding.Count > 0)
                steps = Math.Min(steps, rank.Decoding.StepsToNextEnd);
        }
        return Clock + steps * SecondsOfStep(0, all);
    }

    /// <summary>Loses all it works on, and its cache; the requests are returned in the order of their arrival.</summary>
    public IReadOnlyList<int> Abandon(double now)
    {
        Clock = Math.Max(Clock, now);
        return [.. ranks.SelectMany(rank => rank.Abandon()).Order()];
    }

    /// <summary>Hands a request to the rank with the fewest.</summary>
    public void Enqueue(int request, in Arrival arrival, bool isComputed = false)
    {
        var rank = ranks[0];
        foreach (var other in ranks)
        {
            if (other.Running + other.Waiting.Count < rank.Running + rank.Waiting.Count)
                rank = other;
        }
        if (isComputed)
            rank.EnqueueComputed(request, arrival, log.FirstTokenSeconds(request));
        else
            rank.Enqueue(request, arrival);
    }

    /// <summary>Takes all steps that begin before a time, and is idle until then if there are none.</summary>
    public void AdvanceTo(double until)
    {
        while (Clock < until && TryStep(until)) { }
        if (Clock < until && double.IsFinite(until))
            Clock = until;
    }

    /// <summary>
    /// Takes the next step, and as many more like it as begin before a time and before anything changes; false when there is
    /// nothing to do.
    /// </summary>
    public bool TryStep(double until)
    {
        if (IsIdle)
            return false;
        var hasPrompts = false;
        var decodes = false;
        for (var i = 0; i < ranks.Length; i++)
        {
            plans[i].Clear();
            ranks[i].Compose(plans[i], Clock, log);
            hasPrompts |= plans[i].HasPrompts;
            decodes |= plans[i].Decodes;
        }
        if (hasPrompts)
            TakeWithPrompts();
        else if (decodes)
            TakeDecoding(until);
        else
            throw new InvalidOperationException("requests wait, and nothing runs that could let them in");
        return true;
    }

    private void TakeWithPrompts()
    {
        var allTokens = 0.0;
        for (var i = 0; i < ranks.Length; i++)
            allTokens += plans[i].PromptTokens + (plans[i].Decodes ? ranks[i].Decoding.Count : 0);
        var seconds = 0.0;
        for (var i = 0; i < ranks.Length; i++)
        {
            if (!plans[i].HasPrompts && !plans[i].Decodes)
                continue;
            var own = plans[i].Shape(ranks[i].Decoding);
            var time = plans[i].HasPrompts
                ? times.WithPrompts(own, allTokens)
                : times.Decode(ranks[i].Decoding.Count, own.DecodeContext, (int)allTokens);
            seconds = Math.Max(seconds, time);
        }
        Note(seconds, 1, allTokens, hasPrompts: true);
        var end = Clock + seconds;
        for (var i = 0; i < ranks.Length; i++)
            ranks[i].Take(plans[i], Clock, end, log);
        Clock = end;
    }

    private void TakeDecoding(double until)
    {
        var steps = long.MaxValue;
        var all = 0;
        foreach (var rank in ranks)
        {
            all += rank.Decoding.Count;
            if (rank.Decoding.Count > 0)
                steps = Math.Min(steps, rank.SteadySteps);
        }
        var first = SecondsOfStep(0, all);
        var seconds = first;
        if (steps > 1)
        {
            // Times rise in a nearly straight line with the context, so a stretch takes the mean of its ends.
            var last = SecondsOfStep(steps - 1, all);
            var rise = (last - first) / (steps - 1);
            steps = Math.Min(steps, StepsUntil(until - Clock, first, rise));
            seconds = steps * (first + rise * (steps - 1) / 2);
        }
        Note(seconds, steps, all, hasPrompts: false);
        var end = Clock + seconds;
        foreach (var rank in ranks)
            rank.Decode(steps, Clock, end, log);
        Clock = end;
    }

    /// <summary>Steps that begin within a time, the first of which takes so long and each further one longer by a rise.</summary>
    private static long StepsUntil(double seconds, double first, double rise)
    {
        if (double.IsPositiveInfinity(seconds))
            return long.MaxValue;
        // n first + n^2 rise / 2 = seconds, rationalised so that a rise of next to nothing does no harm.
        var half = first - rise / 2;
        var root = Math.Sqrt(Math.Max(0, half * half + 2 * rise * seconds));
        var steps = 2 * seconds / Math.Max(first * 1e-9, half + root);
        return Math.Max(1, (long)Math.Ceiling(Math.Min(steps, 1e15)));
    }

    private double SecondsOfStep(long later, int all)
    {
        var seconds = 0.0;
        foreach (var rank in ranks)
        {
            if (rank.Decoding.Count > 0)
                seconds = Math.Max(seconds, times.Decode(rank.Decoding.Count, rank.Decoding.MeanContext + later, all));
        }
        return seconds;
    }

    private void Note(double seconds, long steps, double tokens, bool hasPrompts)
    {
        var used = 0L;
        var blocks = 0L;
        var waiting = 0;
        var running = 0;
        foreach (var rank in ranks)
        {
            used += rank.Pool.Used;
            blocks += rank.Pool.Blocks;
            waiting += rank.Waiting.Count;
            running += rank.Running;
        }
        Load.Add(Clock, Clock + seconds, waiting, running, blocks == 0 ? 0 : (double)used / blocks);
        OnSpan?.Invoke(new StepSpan(Clock, seconds, steps, tokens, running, waiting, hasPrompts));
    }
}

/// <summary>A stretch of steps that compute as much.</summary>
/// <param name="Start">Seconds.</param>
/// <param name="Seconds">How long all of them take.</param>
/// <param name="Steps">How many.</param>
/// <param name="Tokens">Tokens computed in each.</param>
/// <param name="Running">Requests admitted.</param>
/// <param name="Waiting">Requests in line.</param>
/// <param name="HasPrompts">True when prompts are among the tokens.</param>
public readonly record struct StepSpan(
    double Start,
    double Seconds,
    long Steps,
    double Tokens,
    int Running,
    int Waiting,
    bool HasPrompts
);
