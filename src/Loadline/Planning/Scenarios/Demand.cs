using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>
/// From people to load, link by link, before any hardware: people, active, requests per second, requests in flight,
/// tokens per month. People in a conversation are not requests in flight, and confusing them is the dearest mistake.
/// </summary>
public sealed record Demand
{
    private const double HoursPerMonth = (double)Money.HoursPerMonth;
    private const double SecondsPerHour = 3600;

    /// <summary>90 % range of a habit the user stated, and of one that a preset filled in.</summary>
    public const double StatedSpread = 1.25;
    public const double PresetSpread = 2;

    /// <summary>People who may use it; null when the load was given as a rate.</summary>
    public required Estimate? People { get; init; }

    /// <summary>People in a conversation in the busiest hour.</summary>
    public required Estimate? ActiveUsers { get; init; }
    public required Estimate MeanRequestsPerSecond { get; init; }
    public required Estimate PeakRequestsPerSecond { get; init; }

    /// <summary>Requests being answered at once in the busiest hour if answers are as slow as the objectives allow.</summary>
    public required Estimate RequestsInFlight { get; init; }
    public required Estimate PromptTokensPerMonth { get; init; }
    public required Estimate OutputTokensPerMonth { get; init; }

    public required Estimate RequestsPerMonth { get; init; }

    /// <summary>Half-width of the 90 % interval of the peak, as a factor.</summary>
    [JsonIgnore]
    public double Spread => PeakRequestsPerSecond.High / PeakRequestsPerSecond.Value;

    public static Demand Of(Scenario scenario)
    {
        var streams = scenario.Streams;
        var peak = Sum(streams, stream => PeakOf(stream));
        // Several streams peak at hours of their own.
        if (streams.Length > 1)
            peak *= scenario.Workload.PeakRate / peak.Value;
        var requests = Sum(streams, RequestsOf);
        return new Demand
        {
            People = streams.All(stream => stream.People is not null)
                ? Estimate.Exact(streams.Sum(stream => stream.People!.Value))
                : null,
            ActiveUsers = streams.All(stream => stream.People is not null)
                ? Sum(
                    streams,
                    stream =>
                        Estimate.WithinFactor(
                            stream.People!.Value * stream.ActiveAtPeak!.Value,
                            SpreadOf(stream),
                            Evidence.Assumed
                        )
                )
                : null,
            PeakRequestsPerSecond = peak,
            MeanRequestsPerSecond = requests * (1 / (HoursPerMonth * SecondsPerHour)),
            RequestsPerMonth = requests,
            RequestsInFlight = peak * scenario.Objectives.MeanTimeAllowed(scenario.Workload.OutputTokens).Seconds,
            PromptTokensPerMonth = Sum(streams, stream => RequestsOf(stream) * stream.PromptTokens.Mean),
            OutputTokensPerMonth = Sum(streams, stream => RequestsOf(stream) * stream.OutputTokens.Mean),
        };
    }

    private static double SpreadOf(Workload stream) => stream.HabitsArePreset ? PresetSpread : StatedSpread;

    private static Estimate PeakOf(Workload stream) =>
        Estimate.WithinFactor(stream.PeakRate, SpreadOf(stream), Evidence.Assumed);

    private static Estimate RequestsOf(Workload stream) =>
        PeakOf(stream) * (stream.MeanShare * HoursPerMonth * SecondsPerHour);

    private static Estimate Sum(ImmutableArray<Workload> streams, Func<Workload, Estimate> value) =>
        streams.Select(value).Aggregate((left, right) => left + right);
}
