namespace Loadline.Tests.Models.Files.Remote;

/// <summary>A clock on which short waits are over at once, and long ones when the test says so.</summary>
internal sealed class TestClock : TimeProvider
{
    private static readonly TimeSpan Short = TimeSpan.FromMinutes(5);

    private readonly List<Alarm> alarms = [];

    /// <summary>The short waits there were.</summary>
    public List<TimeSpan> Pauses { get; } = [];

    public override DateTimeOffset GetUtcNow() => new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(callback, state) { Due = dueTime };
        if (dueTime >= TimeSpan.Zero && dueTime < Short)
        {
            lock (alarms)
                Pauses.Add(dueTime);
            ThreadPool.QueueUserWorkItem(_ => alarm.Ring());
            return alarm;
        }
        lock (alarms)
            alarms.Add(alarm);
        return alarm;
    }

    /// <summary>Lets a long wait be over.</summary>
    public void Ring(TimeSpan due)
    {
        Alarm[] ringing;
        lock (alarms)
            ringing = [.. alarms.Where(alarm => alarm.Due == due)];
        foreach (var alarm in ringing)
            alarm.Ring();
    }

    private sealed class Alarm(TimerCallback callback, object? state) : ITimer
    {
        private bool isOver;

        public TimeSpan Due { get; set; }

        public void Ring()
        {
            if (!Interlocked.Exchange(ref isOver, true))
                callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime;
            return true;
        }

        public void Dispose() => Interlocked.Exchange(ref isOver, true);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
