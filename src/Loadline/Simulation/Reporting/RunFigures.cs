namespace Loadline.Simulation;

/// <summary>What one run says of the requests that arrived while it was in full swing.</summary>
public sealed record RunFigures
{
    private ReadOnlyMemory<double> ttft;
    private ReadOnlyMemory<double> tpot;
    private ReadOnlyMemory<double> endToEnd;

    /// <summary>Requests that arrived, all of them.</summary>
    public required int Requests { get; init; }

    public required int Completed { get; init; }

    /// <summary>Larger than the cache, longer than the engine takes, or turned away at a full line.</summary>
    public required int Rejected { get; init; }

    /// <summary>Requests that the times are of.</summary>
    public required int Counted { get; init; }

    public required TimeDistribution Ttft { get; init; }
    public required TimeDistribution Tpot { get; init; }
    public required TimeDistribution Gap { get; init; }
    public required TimeDistribution EndToEnd { get; init; }

    /// <summary>Output tokens of requests that ended in the window, over its length.</summary>
    public required double OutputTokensPerSecond { get; init; }

    public required double RequestsPerSecond { get; init; }

    /// <summary>
    /// Share of the requests that arrived in the window and keep the objectives, which those turned away do not; not a number
    /// when there are none.
    /// </summary>
    public required double Attainment { get; init; }

    /// <summary>Requests per second that ended in the window and keep the objectives.</summary>
    public required double Goodput { get; init; }

    /// <summary>Requests in the system at a time, on average over the window.</summary>
    public required double InFlight { get; init; }

    /// <summary>True when the line grew as long as requests kept coming.</summary>
    public required bool IsSaturated { get; init; }

    /// <summary>Share of all prompt tokens that were in the cache.</summary>
    public required double CacheHitShare { get; init; }

    /// <summary>Time to first token that a share of the counted requests does not exceed.</summary>
    public double TtftAt(double probability) => TimeDistribution.At(ttft.Span, probability);

    /// <inheritdoc cref="TtftAt"/>
    public double TpotAt(double probability) => TimeDistribution.At(tpot.Span, probability);

    /// <inheritdoc cref="TtftAt"/>
    public double EndToEndAt(double probability) => TimeDistribution.At(endToEnd.Span, probability);

    /// <param name="run">What was played.</param>
    /// <param name="objectives">What a request has to keep.</param>
    /// <param name="warmUpSeconds">
    /// From the first arrival on: what arrives in it fills the machine and is not counted. The window ends with the last
    /// arrival, so that the end, when fewer and fewer run, is no part of throughput. Runs that wait for answers are
    /// counted as a whole, as benchmark tools do.
    /// </param>
    public static RunFigures Of(SimulationRun run, RequestObjectives objectives, double warmUpSeconds)
    {
        var requests = run.Requests.Span;
        var (from, to) = Window(run, warmUpSeconds);
        var counts = new Counts(requests.Length);
        foreach (ref readonly var request in requests)
            counts.Add(request, from, to, objectives);

        var length = Math.Max(to - from, 1e-9);
        return new RunFigures
        {
            Requests = requests.Length,
            Completed = counts.Completed,
            Rejected = counts.Rejected,
            Counted = counts.Counted,
            Ttft = TimeDistribution.Of(counts.Ttft),
            Tpot = TimeDistribution.Of(counts.Tpot),
            Gap = TimeDistribution.Of(run.Gaps),
            EndToEnd = TimeDistribution.Of(counts.EndToEnd),
            OutputTokensPerSecond = counts.OutputTokensEnded / length,
            RequestsPerSecond = counts.Ended / length,
            Attainment = (double)counts.Kept / (counts.Counted + counts.TurnedAway),
            Goodput = counts.KeptEnded / length,
            InFlight = counts.SecondsInSystem / length,
            IsSaturated = !run.WaitsForAnswers && HasGrowingLine(requests, warmUpSeconds),
            CacheHitShare = counts.PromptTokens == 0 ? 0 : (double)counts.CachedTokens / counts.PromptTokens,
            // Sorted by the distributions above.
            ttft = counts.TtftMemory,
            tpot = counts.TpotMemory,
            endToEnd = counts.EndToEndMemory,
        };
    }

    private static (double From, double To) Window(SimulationRun run, double warmUpSeconds)
    {
        var requests = run.Requests.Span;
        if (requests.IsEmpty)
            return (0, 0);
        var first = requests[0].ArrivalSeconds;
        if (run.WaitsForAnswers)
            return (first, run.EndSeconds);
        var last = requests[^1].ArrivalSeconds;
        // All at once is a batch, and its throughput that of the whole.
        return last - first <= warmUpSeconds || last <= first ? (first, run.EndSeconds) : (first + warmUpSeconds, last);
    }

    /// <summary>
    /// True when about twice as many wait at the end of the arrivals as in their middle, and not just a handful. A line that
    /// does not grow is as long at both.
    /// </summary>
    private static bool HasGrowingLine(ReadOnlySpan<RequestRecord> requests, double warmUpSeconds)
    {
        const double Growth = 1.5;
        const double Handful = 5;
        if (requests.IsEmpty)
            return false;
        var from = requests[0].ArrivalSeconds;
        var to = requests[^1].ArrivalSeconds;
        if (to <= from)
            return false;
        if (to - from > warmUpSeconds)
            from += warmUpSeconds;
        var middle = MeanWaiting(requests, from + 0.25 * (to - from), from + 0.5 * (to - from));
        var end = MeanWaiting(requests, from + 0.75 * (to - from), to);
        return end > Growth * middle + Handful;
    }

    /// <summary>Requests that had come and were not admitted yet, on average from one time to another.</summary>
    private static double MeanWaiting(ReadOnlySpan<RequestRecord> requests, double from, double to)
    {
        var seconds = 0.0;
        foreach (ref readonly var request in requests)
        {
            if (request.IsRejected)
                continue;
            var admitted = double.IsNaN(request.AdmittedSeconds) ? to : Math.Min(to, request.AdmittedSeconds);
            seconds += Math.Max(0, admitted - Math.Max(from, request.ArrivalSeconds));
        }
        return seconds / (to - from);
    }

    /// <summary>Sums over the requests of a run.</summary>
    private sealed class Counts(int requests)
    {
        private readonly double[] ttft = new double[requests];
        private readonly double[] tpot = new double[requests];
        private readonly double[] endToEnd = new double[requests];
        private int tpots;

        public int Completed { get; private set; }
        public int Rejected { get; private set; }
        public int Counted { get; private set; }
        public int Kept { get; private set; }
        public int KeptEnded { get; private set; }
        public int TurnedAway { get; private set; }
        public int Ended { get; private set; }
        public long OutputTokensEnded { get; private set; }
        public long PromptTokens { get; private set; }
        public long CachedTokens { get; private set; }
        public double SecondsInSystem { get; private set; }
        public Span<double> Ttft => ttft.AsSpan(0, Counted);
        public Span<double> Tpot => tpot.AsSpan(0, tpots);
        public Span<double> EndToEnd => endToEnd.AsSpan(0, Counted);
        public ReadOnlyMemory<double> TtftMemory => ttft.AsMemory(0, Counted);
        public ReadOnlyMemory<double> TpotMemory => tpot.AsMemory(0, tpots);
        public ReadOnlyMemory<double> EndToEndMemory => endToEnd.AsMemory(0, Counted);

        public void Add(in RequestRecord request, double from, double to, RequestObjectives objectives)
        {
            var arrived = request.ArrivalSeconds >= from && request.ArrivalSeconds <= to;
            if (request.IsRejected)
            {
                Rejected++;
                TurnedAway += arrived ? 1 : 0;
                return;
            }
            PromptTokens += request.PromptTokens;
            CachedTokens += request.CachedTokens;
            if (!request.IsComplete)
                return;
            Completed++;
            SecondsInSystem += Math.Max(
                0,
                Math.Min(to, request.LastTokenSeconds) - Math.Max(from, request.ArrivalSeconds)
            );
            var isKept = objectives.AreKeptBy(request);
            if (request.LastTokenSeconds >= from && request.LastTokenSeconds <= to)
            {
                Ended++;
                KeptEnded += isKept ? 1 : 0;
                OutputTokensEnded += request.OutputTokens;
            }
            if (!arrived)
                return;
            ttft[Counted] = request.TtftSeconds;
            endToEnd[Counted] = request.EndToEndSeconds;
            Counted++;
            if (request.OutputTokens > 1)
                tpot[tpots++] = request.TpotSeconds;
            Kept += isKept ? 1 : 0;
        }
    }
}
