namespace Loadline.Simulation;

/// <summary>Requests that arrive when they arrive, whatever became of earlier ones: open loop.</summary>
public sealed class TraceTraffic : Traffic
{
    private readonly Arrival[] arrivals;

    /// <param name="arrivals">In the order of their arrival.</param>
    public TraceTraffic(Arrival[] arrivals)
    {
        for (var i = 1; i < arrivals.Length; i++)
        {
            if (!(arrivals[i].Seconds >= arrivals[i - 1].Seconds))
                throw new ArgumentException($"request {i} arrives before the one in front of it", nameof(arrivals));
        }
        this.arrivals = arrivals;
    }

    public ReadOnlySpan<Arrival> Arrivals => arrivals;

    public override int Requests => arrivals.Length;

    public override bool WaitsForAnswers => false;

    public override TrafficFeed Start() => new Feed(arrivals);

    private sealed class Feed(Arrival[] arrivals) : TrafficFeed
    {
        private int next;

        public override double NextSeconds => next < arrivals.Length ? arrivals[next].Seconds : double.PositiveInfinity;

        public override Arrival Take() => arrivals[next++];
    }
}
