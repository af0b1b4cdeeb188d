using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What the best candidate of each way has cost by the end of each month, with the growth of the scenario.</summary>
public sealed record CostOverTime
{
    /// <summary>First month, as year-month.</summary>
    public required string Start { get; init; }
    public required ImmutableArray<CostSeries> Series { get; init; }
    public required ImmutableArray<BreakEven> BreakEvens { get; init; }
    public required ImmutableArray<BreakEvenVolume> Volumes { get; init; }
}

/// <param name="Name">Such as "buy: Qwen3-32B fp8 on 2x:nvidia-l40s-48gb".</param>
/// <param name="Way">Of the candidate.</param>
/// <param name="CumulativeUsd">At the end of month 0 (what is paid at once), 1, 2 and so on to the horizon.</param>
public sealed record CostSeries(string Name, Way Way, ImmutableArray<Estimate> CumulativeUsd);

/// <summary>The month from which one way has cost less than another.</summary>
/// <param name="Cheaper">Name of the series that overtakes.</param>
/// <param name="Than">Name of the series that is overtaken.</param>
/// <param name="Month">At base growth; null when not within the horizon.</param>
/// <param name="Text">In words, with the range.</param>
public sealed record BreakEven(string Cheaper, string Than, double? Month, string Text);

/// <summary>The volume from which one's own machines cost less than a hosted API.</summary>
/// <param name="Api">Name of the hosted candidate.</param>
/// <param name="Machines">Name of the candidate on machines.</param>
/// <param name="MillionTokensPerMonth">Prompt and output tokens together; null when the API stays cheaper.</param>
/// <param name="PeakRequestsPerSecond">The same as a peak rate, with the scenario's hours and lengths.</param>
/// <param name="Text">In words.</param>
public sealed record BreakEvenVolume(
    string Api,
    string Machines,
    double? MillionTokensPerMonth,
    double? PeakRequestsPerSecond,
    string Text
);
