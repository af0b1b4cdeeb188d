namespace Loadline.Simulation;

/// <summary>What one simulation left: every request, the gaps between tokens, and the load over time.</summary>
public sealed record SimulationRun
{
    /// <summary>In the order of their arrival.</summary>
    public required ReadOnlyMemory<RequestRecord> Requests { get; init; }

    /// <summary>True when there were requests, and none could be served.</summary>
    public bool TurnsAllAway
    {
        get
        {
            foreach (ref readonly var request in Requests.Span)
            {
                if (!request.IsRejected)
                    return false;
            }
            return !Requests.IsEmpty;
        }
    }

    /// <summary>Seconds between tokens of one request, all of them.</summary>
    public required WeightedHistogram Gaps { get; init; }

    /// <summary>Load of each replica over time, those that only compute prompts first.</summary>
    public required IReadOnlyList<LoadPoint[]> Load { get; init; }

    public required int Preemptions { get; init; }

    /// <summary>Largest share of the cache of a rank that was in use.</summary>
    public required double PeakCacheUse { get; init; }

    /// <summary>When the last step ended.</summary>
    public required double EndSeconds { get; init; }

    /// <summary>True when it was cancelled before all requests were answered.</summary>
    public required bool IsPartial { get; init; }

    /// <summary>True when requests waited for the answers to earlier ones.</summary>
    public required bool WaitsForAnswers { get; init; }

    /// <summary>Every stretch of steps, where they were asked for.</summary>
    public required IReadOnlyList<(int Replica, StepSpan Span)> Spans { get; init; }
}
