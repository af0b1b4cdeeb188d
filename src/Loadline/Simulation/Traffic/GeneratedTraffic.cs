namespace Loadline.Simulation;

/// <summary>Requests made up from a process of arrivals and a distribution of lengths; one seed gives one list.</summary>
public sealed record GeneratedTraffic
{
    public required ArrivalProcess Process { get; init; }

    /// <summary>Lengths of answers, and of prompts without the shared prefix.</summary>
    public required RequestLengths Lengths { get; init; }

    public SharedPrefix? Prefix { get; init; }

    /// <summary>Requests at most.</summary>
    public int Count { get; init; } = int.MaxValue;

    /// <summary>No request arrives at this time or later.</summary>
    public double Seconds { get; init; } = double.PositiveInfinity;

    public ulong Seed { get; init; } = 1;

    /// <summary>Open loop, at the times of the process.</summary>
    public TraceTraffic ToTraffic() => new(Generate());

    /// <exception cref="InvalidOperationException">
    /// Neither a count nor a time nor the process sets an end before 100 million requests.
    /// </exception>
    public Arrival[] Generate()
    {
        const int Most = 100_000_000;
        var prefixes = Prefixes();
        var arrivals = new List<Arrival>(Math.Min(Count, 1 << 20));
        foreach (var seconds in Process.Times(Seed).Take(Count))
        {
            if (!(seconds < Seconds))
                break;
            if (arrivals.Count == Most)
                throw new InvalidOperationException($"traffic without an end before {Most} requests");
            var i = arrivals.Count;
            var (prompt, output) = Lengths.Of(Seed, i);
            arrivals.Add(
                new Arrival(seconds, prompt + (Prefix?.Tokens ?? 0), output)
                {
                    Content = Prefix is null ? null : prefixes[Prefix.GroupOf(Seed, i)],
                }
            );
        }
        return [.. arrivals];
    }

    private PromptContent[] Prefixes()
    {
        var prefixes = new PromptContent[Prefix?.Groups ?? 0];
        for (var group = 0; group < prefixes.Length; group++)
            prefixes[group] = new PromptContent([new ContentPiece(group, Prefix!.Tokens)]);
        return prefixes;
    }
}
