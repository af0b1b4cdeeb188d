namespace Loadline.Simulation;

/// <summary>Requests that reach a system, the same ones every time it is started.</summary>
public abstract class Traffic
{
    /// <summary>Requests in all.</summary>
    public abstract int Requests { get; }

    /// <summary>True when what comes later depends on when earlier requests end.</summary>
    public abstract bool WaitsForAnswers { get; }

    /// <summary>The requests from the first on.</summary>
    public abstract TrafficFeed Start();
}

/// <summary>Hands out the requests of one run in the order of their arrival.</summary>
public abstract class TrafficFeed
{
    /// <summary>When the next known request arrives; infinite when none is known yet or all have come.</summary>
    public abstract double NextSeconds { get; }

    /// <summary>The next request; they are numbered from 0 in the order they are taken.</summary>
    public abstract Arrival Take();

    /// <summary>Told that a request ended, or was refused, which may bring others on.</summary>
    public virtual void Ended(int request, double seconds) { }
}
