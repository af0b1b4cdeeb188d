namespace Loadline.Simulation;

/// <summary>What became of one request.</summary>
/// <remarks>Seconds from the start of the run; not a number for what has not happened.</remarks>
public record struct RequestRecord
{
    public required double ArrivalSeconds { get; init; }
    public required int PromptTokens { get; init; }
    public required int OutputTokens { get; init; }

    /// <summary>When it first got a place in a step.</summary>
    public double AdmittedSeconds { get; set; }
    public double FirstTokenSeconds { get; set; }
    public double LastTokenSeconds { get; set; }

    /// <summary>Prompt tokens that were in the cache.</summary>
    public int CachedTokens { get; set; }
    public int Preemptions { get; set; }

    /// <summary>Replica it was computed on.</summary>
    public int Replica { get; set; }

    /// <summary>True when it is larger than the cache or longer than the engine takes.</summary>
    public bool IsRejected { get; set; }

    public readonly bool IsComplete => !double.IsNaN(LastTokenSeconds);

    public readonly double TtftSeconds => FirstTokenSeconds - ArrivalSeconds;

    public readonly double EndToEndSeconds => LastTokenSeconds - ArrivalSeconds;

    /// <summary>Time per token after the first; not a number for answers of one token.</summary>
    public readonly double TpotSeconds =>
        OutputTokens > 1 ? (LastTokenSeconds - FirstTokenSeconds) / (OutputTokens - 1) : double.NaN;
}

/// <summary>
/// Takes down what happens to the requests of one replica. Requests are numbered by their run; a replica sees some of
/// them.
/// </summary>
internal sealed class RunLog(RequestRecord[] records)
{
    /// <summary>Told what ends, where something waits for it; null where nothing does.</summary>
    public Action<int, double>? OnEnded { get; set; }

    /// <summary>Gaps between tokens.</summary>
    public WeightedHistogram Gaps { get; } = new();

    public void Admitted(int request, double now, int cachedTokens)
    {
        ref var record = ref records[request];
        if (!double.IsNaN(record.AdmittedSeconds))
            return;
        record.AdmittedSeconds = now;
        record.CachedTokens = cachedTokens;
    }

    public void FirstToken(int request, double seconds) => records[request].FirstTokenSeconds = seconds;

    public double FirstTokenSeconds(int request) => records[request].FirstTokenSeconds;

    public void Gap(double seconds) => Gaps.Add(seconds, 1);

    public void Preempted(int request) => records[request].Preemptions++;

    public void Ended(int request, double seconds)
    {
        records[request].LastTokenSeconds = seconds;
        OnEnded?.Invoke(request, seconds);
    }
}
