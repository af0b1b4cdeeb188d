namespace Loadline.Simulation;

/// <summary>A layout in which traces come.</summary>
/// <param name="Name">For display.</param>
/// <param name="IsJson">A JSON object per line; otherwise comma-separated under a heading.</param>
/// <param name="Columns">All it may have. A file with the required ones is taken for one of this format.</param>
/// <param name="Read">Takes all rows.</param>
internal sealed record TraceFormat(
    string Name,
    bool IsJson,
    TraceColumn[] Columns,
    Action<TraceRows, TraceBuilder> Read
)
{
    public IEnumerable<string> RequiredColumns =>
        Columns.Where(column => column.Required).Select(column => column.Name);
}

/// <summary>The requests of a trace so far.</summary>
internal sealed class TraceBuilder
{
    private readonly List<Arrival> arrivals = [];

    /// <summary>When the request in front arrived; 0 for the first.</summary>
    public double LastSeconds => arrivals.Count > 0 ? arrivals[^1].Seconds : 0;

    public bool IsEmpty => arrivals.Count == 0;

    /// <exception cref="BadContentException">It arrives before the one in front of it.</exception>
    public void Add(TraceRows row, int timeColumn, Arrival arrival)
    {
        if (arrival.Seconds < LastSeconds)
            throw row.Wrong(timeColumn, "a time not before that of the row in front");
        arrivals.Add(arrival);
    }

    public Arrival[] Build() => [.. arrivals];
}
