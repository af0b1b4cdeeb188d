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

    /// <summary>Load outside working hours as a share of the peak.</summary>
    private const double OutsideHoursShare = 0.05;

    /// <summary>90 % range of a habit the user stated, and of one that a preset filled in.</summary>
    private const double StatedSpread = 1.25;
    private const double PresetSpread = 2;

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

    public static Demand Of(Scenario scenario)
    {
        var workload = scenario.Workload;
        Estimate? people = null;
        Estimate? active = null;
        Estimate peak;
        if (workload.RequestsPerSecond is { } rate)
        {
            peak = Estimate.WithinFactor(rate, StatedSpread, Evidence.Assumed);
        }
        else
        {
            var spread = workload.HabitsArePreset ? PresetSpread : StatedSpread;
            people = Estimate.Exact(workload.People!.Value);
            active = Estimate.WithinFactor(
                workload.People.Value * workload.ActiveAtPeak!.Value,
                spread,
                Evidence.Assumed
            );
            peak = active.Value * (workload.RequestsPerActiveUserPerHour!.Value / SecondsPerHour);
        }

        var insideShare = workload.Hours.HoursPerWeek / WorkingHours.HoursOfWeek;
        var mean = peak * (insideShare + (1 - insideShare) * OutsideHoursShare);
        var requestsPerMonth = mean * (HoursPerMonth * SecondsPerHour);
        return new Demand
        {
            People = people,
            ActiveUsers = active,
            PeakRequestsPerSecond = peak,
            MeanRequestsPerSecond = mean,
            RequestsInFlight = peak * LongestAllowed(scenario).Seconds,
            PromptTokensPerMonth = requestsPerMonth * workload.PromptTokens.Mean,
            OutputTokensPerMonth = requestsPerMonth * workload.OutputTokens.Mean,
        };
    }

    /// <summary>Requests per second in the busiest hour.</summary>
    public static double PeakRate(Workload workload) =>
        workload.RequestsPerSecond
        ?? workload.People!.Value
            * workload.ActiveAtPeak!.Value
            * workload.RequestsPerActiveUserPerHour!.Value
            / SecondsPerHour;

    /// <summary>Mean time in the system that the objectives would still allow.</summary>
    private static Duration LongestAllowed(Scenario scenario)
    {
        var objectives = scenario.Objectives;
        var output = scenario.Workload.OutputTokens;
        if (objectives.Tpot is { } tpot)
            return (objectives.Ttft?.Limit ?? Duration.Zero) + tpot.Limit * Math.Max(0, output.Mean - 1);
        if (objectives.EndToEnd is { } endToEnd)
            return endToEnd.Limit * (output.Mean / output.P95);
        return objectives.Ttft?.Limit ?? Duration.Zero;
    }
}
