namespace Loadline.Simulation;

/// <summary>
/// A fixed number of users who each send the next request when the last was answered, after some thought: closed loop, as
/// benchmark tools with a limit on concurrency do.
/// </summary>
/// <remarks>
/// All begin together, which is the burst such tools start with, unless they are spread over a time.
/// </remarks>
public sealed class UserTraffic : Traffic
{
    private readonly Arrival[] requests;
    private readonly int users;
    private readonly Func<int, double> thinkSeconds;
    private readonly double rampSeconds;

    /// <param name="requests">In the order they are sent; their own times are not used.</param>
    /// <param name="users">Requests in flight at most.</param>
    /// <param name="thinkSeconds">Time between the end of some request, by number, and the next; none by default.</param>
    /// <param name="rampSeconds">Time over which the users begin, evenly one after another.</param>
    public UserTraffic(Arrival[] requests, int users, Func<int, double>? thinkSeconds = null, double rampSeconds = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(users, 1);
        this.requests = requests;
        this.users = users;
        this.thinkSeconds = thinkSeconds ?? (_ => 0);
        this.rampSeconds = rampSeconds;
    }

    public override int Requests => requests.Length;

    public override bool WaitsForAnswers => true;

    public override TrafficFeed Start() => new Feed(this);

    private sealed class Feed : TrafficFeed
    {
        private readonly UserTraffic traffic;
        private readonly PriorityQueue<int, (double Seconds, int Order)> ready = new();
        private int ordered;
        private int taken;

        public Feed(UserTraffic traffic)
        {
            this.traffic = traffic;
            for (var user = 0; user < Math.Min(traffic.users, traffic.requests.Length); user++)
                Order(traffic.rampSeconds * user / traffic.users);
        }

        public override double NextSeconds =>
            ready.TryPeek(out _, out var first) ? first.Seconds : double.PositiveInfinity;

        public override Arrival Take()
        {
            ready.TryDequeue(out _, out var at);
            return traffic.requests[taken++] with { Seconds = at.Seconds };
        }

        public override void Ended(int request, double seconds)
        {
            if (ordered < traffic.requests.Length)
                Order(seconds + traffic.thinkSeconds(request));
        }

        private void Order(double seconds)
        {
            ready.Enqueue(ordered, (seconds, ordered));
            ordered++;
        }
    }
}
