namespace Loadline.Simulation;

/// <summary>Conversations: what people or agents send who come back with the answer in the prompt.</summary>
public sealed record SessionPlan
{
    /// <summary>When sessions begin.</summary>
    public required ArrivalProcess Process { get; init; }

    /// <summary>Turns a session wants to have.</summary>
    public required TurnCount Turns { get; init; }

    /// <summary>New tokens of a turn.</summary>
    public required LengthSampler Message { get; init; }

    public required LengthSampler Answer { get; init; }

    /// <summary>From the end of an answer to the next turn.</summary>
    public ThinkTime Think { get; init; } = ThinkTime.None;

    /// <summary>In front of the first message, the same for all sessions of a group.</summary>
    public SharedPrefix? SystemPrompt { get; init; }

    /// <summary>
    /// Most tokens of prompt and answer together. A session ends before a turn that would have more; the first turn is
    /// sent anyway.
    /// </summary>
    public int MostContext { get; init; } = TraceRows.MostTokens;

    /// <summary>Sessions at most.</summary>
    public int Sessions { get; init; } = int.MaxValue;

    /// <summary>No session begins at this time or later.</summary>
    public double Seconds { get; init; } = double.PositiveInfinity;

    public ulong Seed { get; init; } = 1;
}
