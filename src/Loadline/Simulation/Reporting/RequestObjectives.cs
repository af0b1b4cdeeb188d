namespace Loadline.Simulation;

/// <summary>What a request has to keep to count as served well; null asks nothing.</summary>
/// <remarks>Seconds. Goodput is the rate of requests that keep all of them: DistServe, OSDI 2024.</remarks>
public sealed record RequestObjectives
{
    public double? TtftSeconds { get; init; }

    public double? TpotSeconds { get; init; }

    public double? EndToEndSeconds { get; init; }

    public bool AskNothing => TtftSeconds is null && TpotSeconds is null && EndToEndSeconds is null;

    public bool AreKeptBy(in RequestRecord request) =>
        request.IsComplete
        && !(request.TtftSeconds > TtftSeconds)
        && !(request.TpotSeconds > TpotSeconds)
        && !(request.EndToEndSeconds > EndToEndSeconds);
}
