namespace Loadline.Simulation;

/// <summary>What to watch while a simulation runs, and when to stop.</summary>
public sealed record RunWatch
{
    public CancellationToken Cancellation { get; init; }

    /// <summary>Told the number of requests that have arrived, now and then.</summary>
    public IProgress<int>? Progress { get; init; }

    /// <summary>Keeps every stretch of steps for a timeline.</summary>
    public bool KeepsSpans { get; init; }
}

/// <summary>Plays requests through replicas, event by event.</summary>
/// <remarks>
/// The same traffic and cluster give the same bytes every time. Where requests come whatever becomes of earlier ones and
/// are dealt out in turn, replicas are independent and run side by side; otherwise the replica that is furthest behind
/// takes the next step.
/// </remarks>
public sealed class Simulator
{
    private const int EventsBetweenLooks = 4096;

    private readonly Cluster cluster;
    private readonly Traffic traffic;
    private readonly RunWatch watch;
    private readonly RequestRecord[] records;
    private readonly Replica[] serving;
    private readonly Replica[] prefill;
    private readonly List<(int Replica, StepSpan Span)> spans = [];
    private readonly PriorityQueue<int, (double Seconds, int Request)> copies = new();
    private readonly PriorityQueue<(int Replica, bool IsUp), (double Seconds, int Order)> changes = new();
    private readonly Queue<int> homeless = new();

    /// <summary>Requests that have been read, and when each reaches the router.</summary>
    private readonly PriorityQueue<(int Request, Arrival Arrival), (double Seconds, int Request)> read = new();
    private readonly double[] doorFreeFrom;

    /// <summary>Told of requests that are turned away, where something waits for their answer.</summary>
    private Action<int, double>? endedEarly;

    /// <summary>Requests that may have to start again; null where none does.</summary>
    private List<Arrival>? arrivals;
    private int taken;
    private bool isPartial;

    private Simulator(Cluster cluster, Traffic traffic, RunWatch watch)
    {
        this.cluster = cluster;
        this.traffic = traffic;
        this.watch = watch;
        records = new RequestRecord[traffic.Requests];
        serving = Build(cluster.Serving, cluster.Prefill is null ? 0 : cluster.Prefill.Replicas);
        prefill = cluster.Prefill is { } pool ? Build(pool, 0) : [];
        doorFreeFrom = new double[prefill.Length > 0 ? prefill.Length : serving.Length];
        // A replica that fails again when it would be back does not come back.
        foreach (var outage in cluster.Outages)
            changes.Enqueue((outage.Replica, false), (outage.FromSeconds, changes.Count));
        foreach (var outage in cluster.Outages)
            changes.Enqueue((outage.Replica, true), (outage.ToSeconds, changes.Count));
    }

    /// <summary>Plays all requests, or as many as there is time for until the run is cancelled.</summary>
    public static SimulationRun Run(Cluster cluster, Traffic traffic, RunWatch? watch = null)
    {
        var simulator = new Simulator(cluster, traffic, watch ?? new RunWatch());
        if (traffic is TraceTraffic trace && simulator.IsIndependent)
            simulator.PlaySideBySide(trace);
        else
            simulator.Play(traffic.Start());
        return simulator.Result();
    }

    private bool IsIndependent =>
        prefill.Length == 0
        && cluster.Routing == RoutingPolicy.RoundRobin
        && cluster.Outages.IsEmpty
        && cluster.MostWaiting == int.MaxValue;

    private Replica[] Build(ReplicaPool pool, int firstNumber)
    {
        var replicas = new Replica[pool.Replicas];
        for (var i = 0; i < replicas.Length; i++)
        {
            var number = firstNumber + i;
            replicas[i] = pool.Build(records);
            replicas[i].Number = number;
            if (watch.KeepsSpans)
                replicas[i].OnSpan = span =>
                {
                    lock (spans)
                        spans.Add((number, span));
                };
        }
        return replicas;
    }

    private void PlaySideBySide(TraceTraffic trace)
    {
        var finished = 0;
        Parallel.For(
            0,
            serving.Length,
            number =>
            {
                var replica = serving[number];
                var doorFreeFrom = 0.0;
                for (var request = number; request < trace.Requests; request += serving.Length)
                {
                    if (request / serving.Length % EventsBetweenLooks == 0)
                    {
                        if (watch.Cancellation.IsCancellationRequested)
                            return;
                        watch.Progress?.Report(Volatile.Read(ref finished));
                    }
                    var arrival = trace.Arrivals[request];
                    Open(request, arrival);
                    if (!CanRun(replica, request, arrival))
                        continue;
                    doorFreeFrom = cluster.FrontDoor.ReadAt(arrival, doorFreeFrom);
                    replica.AdvanceTo(doorFreeFrom + cluster.FrontDoor.LatencySeconds);
                    replica.Enqueue(request, arrival);
                    records[request].Replica = number;
                    Interlocked.Increment(ref finished);
                }
                for (var steps = 1; replica.TryStep(double.PositiveInfinity); steps++)
                {
                    if (steps % EventsBetweenLooks == 0 && watch.Cancellation.IsCancellationRequested)
                        return;
                }
            }
        );
        isPartial = watch.Cancellation.IsCancellationRequested;
        taken = trace.Requests;
        if (isPartial)
            taken = Array.FindIndex(records, record => record.PromptTokens == 0) is var end and >= 0 ? end : taken;
    }

    private void Play(TrafficFeed feed)
    {
        var entry = new Router(cluster.Routing, prefill.Length > 0 ? prefill : serving);
        var decoders = new Router(RoutingPolicy.LeastLoaded, serving);
        Listen(feed);
        for (var events = 0; ; events++)
        {
            if (events % EventsBetweenLooks == 0)
            {
                watch.Progress?.Report(taken);
                if (watch.Cancellation.IsCancellationRequested)
                {
                    isPartial = true;
                    return;
                }
            }
            var next = NextSeconds(feed);
            if (Behind(next) is { } replica)
            {
                replica.TryStep(Math.Min(next, OthersMayEnd(replica)));
                continue;
            }
            if (double.IsPositiveInfinity(next))
                return;
            Happen(feed, next, entry, decoders);
        }
    }

    private double NextSeconds(TrafficFeed feed)
    {
        var next = feed.NextSeconds;
        if (read.TryPeek(out _, out var first))
            next = Math.Min(next, first.Seconds);
        if (copies.TryPeek(out _, out var copy))
            next = Math.Min(next, copy.Seconds);
        // What changes after the last request has been answered does not matter.
        if (changes.TryPeek(out _, out var change) && (double.IsFinite(next) || homeless.Count > 0 || IsBusy))
            next = Math.Min(next, change.Seconds);
        return next;
    }

    private bool IsBusy => Array.Exists(serving, replica => !replica.IsIdle);

    /// <summary>The busy replica with the earliest clock before a time; null when all have come so far.</summary>
    private Replica? Behind(double next)
    {
        Replica? behind = null;
        foreach (var replica in serving)
            Consider(replica);
        foreach (var replica in prefill)
            Consider(replica);
        return behind;

        void Consider(Replica replica)
        {
            if (!replica.IsIdle && replica.Clock < next && !(replica.Clock >= behind?.Clock))
                behind = replica;
        }
    }

    /// <summary>
    /// When another replica may next end a request, which could bring on one that this replica gets. Before then nothing can
    /// happen to it.
    /// </summary>
    private double OthersMayEnd(Replica replica)
    {
        if (!traffic.WaitsForAnswers && prefill.Length == 0)
            return double.PositiveInfinity;
        var soonest = double.PositiveInfinity;
        foreach (var other in serving)
        {
            if (!ReferenceEquals(other, replica))
                soonest = Math.Min(soonest, other.EarliestEnd());
        }
        foreach (var other in prefill)
        {
            if (!ReferenceEquals(other, replica))
                soonest = Math.Min(soonest, other.EarliestEnd());
        }
        return soonest;
    }

    private void Happen(TrafficFeed feed, double now, Router entry, Router decoders)
    {
        if (changes.TryPeek(out var change, out var at) && at.Seconds <= now)
        {
            changes.Dequeue();
            Change(serving[change.Replica], change.IsUp, now, entry);
        }
        else if (copies.TryPeek(out var copied, out var ready) && ready.Seconds <= now)
        {
            copies.Dequeue();
            Send(copied, ArrivalOf(copied), now, decoders, isComputed: true);
        }
        else if (read.TryPeek(out var next, out var readAt) && readAt.Seconds <= now)
        {
            read.Dequeue();
            Send(next.Request, next.Arrival, now, entry, isComputed: false);
        }
        else
            Read(feed);
    }

    /// <summary>Every replica has a door of its own, and requests take them in turn.</summary>
    private void Read(TrafficFeed feed)
    {
        var arrival = feed.Take();
        var request = taken++;
        Open(request, arrival);
        arrivals?.Add(arrival);
        var replica = prefill.Length > 0 ? prefill[0] : serving[0];
        if (!CanRun(replica, request, arrival) || !CanRun(serving[0], request, arrival))
        {
            feed.Ended(request, arrival.Seconds);
            return;
        }
        ref var free = ref doorFreeFrom[request % doorFreeFrom.Length];
        free = cluster.FrontDoor.ReadAt(arrival, free);
        read.Enqueue((request, arrival), (free + cluster.FrontDoor.LatencySeconds, request));
    }

    private void Send(int request, in Arrival arrival, double now, Router router, bool isComputed)
    {
        var replica = router.Choose(arrival);
        if (replica is null)
        {
            homeless.Enqueue(request);
            return;
        }
        if (!isComputed && replica.Waiting >= cluster.MostWaiting)
        {
            records[request].IsRejected = true;
            endedEarly?.Invoke(request, now);
            return;
        }
        replica.AdvanceTo(now);
        replica.Enqueue(request, arrival, isComputed);
        records[request].Replica = replica.Number;
    }

    /// <summary>A replica fails or comes back; what it worked on starts again elsewhere.</summary>
    private void Change(Replica replica, bool isUp, double now, Router router)
    {
        if (isUp)
        {
            replica.Outages--;
            if (!replica.IsUp)
                return;
            replica.AdvanceTo(now);
            for (var count = homeless.Count; count > 0; count--)
            {
                var request = homeless.Dequeue();
                Send(request, ArrivalOf(request), now, router, isComputed: false);
            }
            return;
        }
        replica.Outages++;
        foreach (var request in replica.Abandon(now))
        {
            records[request].FirstTokenSeconds = double.NaN;
            Send(request, ArrivalOf(request), now, router, isComputed: false);
        }
    }

    private Arrival ArrivalOf(int request) => arrivals![request];

    private void Listen(TrafficFeed feed)
    {
        if (prefill.Length > 0 || !cluster.Outages.IsEmpty)
            arrivals = [];
        if (traffic.WaitsForAnswers)
        {
            endedEarly = feed.Ended;
            foreach (var replica in serving)
                replica.Log.OnEnded = feed.Ended;
        }
        foreach (var replica in prefill)
            replica.Log.OnEnded = (request, seconds) =>
            {
                if (records[request].OutputTokens > 1)
                {
                    records[request].LastTokenSeconds = double.NaN;
                    var copy = cluster.TransferSecondsPerToken * records[request].PromptTokens;
                    copies.Enqueue(request, (seconds + copy, request));
                }
                else if (traffic.WaitsForAnswers)
                    feed.Ended(request, seconds);
            };
    }

    private void Open(int request, in Arrival arrival) =>
        records[request] = new RequestRecord
        {
            ArrivalSeconds = arrival.Seconds,
            PromptTokens = arrival.PromptTokens,
            OutputTokens = arrival.OutputTokens,
            AdmittedSeconds = double.NaN,
            FirstTokenSeconds = double.NaN,
            LastTokenSeconds = double.NaN,
        };

    private bool CanRun(Replica replica, int request, in Arrival arrival)
    {
        if (replica.CanEverRun(arrival))
            return true;
        records[request].IsRejected = true;
        return false;
    }

    private SimulationRun Result()
    {
        var gaps = new WeightedHistogram();
        Replica[] all = [.. prefill, .. serving];
        foreach (var replica in all)
            gaps.Add(replica.Log.Gaps);
        return new SimulationRun
        {
            Requests = records.AsMemory(0, taken),
            Gaps = gaps,
            Load = [.. all.Select(replica => replica.Load.Points().ToArray())],
            Preemptions = all.Sum(replica => replica.Preemptions),
            PeakCacheUse = serving.Max(replica => replica.PeakCacheUse),
            EndSeconds = all.Max(replica => replica.Clock),
            IsPartial = isPartial,
            WaitsForAnswers = traffic.WaitsForAnswers,
            Spans = spans,
        };
    }
}
