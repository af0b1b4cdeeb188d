namespace Loadline.Planning;

/// <summary>What a plan had to keep, at the percentiles of <see cref="Plan.Percentiles"/>; null asks nothing.</summary>
public sealed record PlanObjectives
{
    public double? TtftSeconds { get; init; }
    public double? TpotSeconds { get; init; }
    public double? EndToEndSeconds { get; init; }

    /// <summary>Probability with which the limits have to hold.</summary>
    public required double Confidence { get; init; }

    /// <summary>Share of the time that it has to be there.</summary>
    public double? Availability { get; init; }

    public static PlanObjectives Of(Objectives objectives) =>
        new()
        {
            TtftSeconds = objectives.Ttft?.Limit.Seconds,
            TpotSeconds = objectives.Tpot?.Limit.Seconds,
            EndToEndSeconds = objectives.EndToEnd?.Limit.Seconds,
            Confidence = objectives.Confidence,
            Availability = objectives.Availability,
        };
}
