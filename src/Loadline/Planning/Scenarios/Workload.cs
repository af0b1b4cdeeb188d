using System.Collections.Immutable;
using Loadline.Simulation;

namespace Loadline.Planning;

/// <summary>A figure with its range; a single figure has no range of its own.</summary>
public readonly record struct PlanningRange(double Low, double Base, double High)
{
    public static PlanningRange Single(double value) => new(value, value, value);

    public static PlanningRange operator *(PlanningRange range, double factor) =>
        new(range.Low * factor, range.Base * factor, range.High * factor);
}

/// <summary>How many people, how often, how much text.</summary>
public sealed record Workload
{
    /// <summary>Where a scenario has several; null where it has one.</summary>
    public string? Name { get; init; }

    /// <summary>People who may use it; null when the load is given as a rate.</summary>
    public long? People { get; init; }

    /// <summary>Share of them in a conversation in the busiest hour.</summary>
    public double? ActiveAtPeak { get; init; }
    public double? RequestsPerActiveUserPerHour { get; init; }

    /// <summary>True when a task preset supplied how many are active or how often they ask.</summary>
    public bool HabitsArePreset { get; init; }

    /// <summary>Peak rate, given instead of people.</summary>
    public double? RequestsPerSecond { get; init; }
    public required WorkingHours Hours { get; init; }

    /// <summary>Load outside of working hours as a share of the peak.</summary>
    public double OutsideHoursShare { get; init; } = UsualOutsideHoursShare;

    public const double UsualOutsideHoursShare = 0.05;
    public required TokenLengths PromptTokens { get; init; }

    /// <summary>Tokens at the start of every prompt that are the same and can stay in the cache.</summary>
    public double SharedPrefixTokens { get; init; }
    public required TokenLengths OutputTokens { get; init; }

    /// <summary>Factor by which the load grows in a year.</summary>
    public required PlanningRange GrowthPerYear { get; init; }

    /// <summary>True when nobody waits for an answer, so that it may come within a day.</summary>
    public bool IsBatch { get; init; }

    private const double SecondsPerHour = 3600;

    /// <summary>Requests per second in the busiest hour.</summary>
    public double PeakRate =>
        RequestsPerSecond ?? People!.Value * ActiveAtPeak!.Value * RequestsPerActiveUserPerHour!.Value / SecondsPerHour;

    /// <summary>Share of the peak in an hour of the week.</summary>
    public double ShareAt(int hourOfWeek) => Hours.Busy[hourOfWeek] ? 1 : OutsideHoursShare;

    /// <summary>Mean rate over the week as a share of the peak.</summary>
    public double MeanShare
    {
        get
        {
            var inside = (double)Hours.HoursPerWeek / WorkingHours.HoursOfWeek;
            return inside + (1 - inside) * OutsideHoursShare;
        }
    }
}

/// <summary>Several workloads on one fleet, seen as one stream in their busiest hour.</summary>
internal static class WorkloadMix
{
    /// <summary>Load in each hour of the week, in requests per second.</summary>
    public static double[] WeekOf(ImmutableArray<Workload> streams)
    {
        var week = new double[WorkingHours.HoursOfWeek];
        for (var hour = 0; hour < week.Length; hour++)
            week[hour] = streams.Sum(stream => stream.PeakRate * stream.ShareAt(hour));
        return week;
    }

    public static Workload Of(ImmutableArray<Workload> streams)
    {
        if (streams is [var only])
            return only;
        var week = WeekOf(streams);
        var busiest = Array.IndexOf(week, week.Max());
        var rates = streams.Select(stream => stream.PeakRate * stream.ShareAt(busiest)).ToArray();
        var total = rates.Sum();
        var outside = week.Where(rate => rate < week[busiest] / 2).DefaultIfEmpty(0).Average() / week[busiest];
        return new Workload
        {
            RequestsPerSecond = total,
            HabitsArePreset = streams.Any(stream => stream.HabitsArePreset),
            Hours = new WorkingHours(
                string.Join(", ", streams.Select(stream => stream.Hours.Text).Distinct()),
                [.. week.Select(rate => rate >= week[busiest] / 2)]
            ),
            OutsideHoursShare = outside,
            PromptTokens = Mixed(streams, rates, stream => stream.PromptTokens),
            OutputTokens = Mixed(streams, rates, stream => stream.OutputTokens),
            SharedPrefixTokens = Weighted(stream => stream.SharedPrefixTokens),
            GrowthPerYear = new PlanningRange(
                Weighted(stream => stream.GrowthPerYear.Low),
                Weighted(stream => stream.GrowthPerYear.Base),
                Weighted(stream => stream.GrowthPerYear.High)
            ),
            IsBatch = streams.All(stream => stream.IsBatch),
        };

        double Weighted(Func<Workload, double> value) =>
            streams.Select((stream, index) => value(stream) * rates[index]).Sum() / total;
    }

    /// <summary>The log-normal with the mean and the 95th percentile of a mixture of log-normals.</summary>
    private static TokenLengths Mixed(
        ImmutableArray<Workload> streams,
        double[] rates,
        Func<Workload, TokenLengths> lengths
    )
    {
        var total = rates.Sum();
        var mean = streams.Select((stream, index) => lengths(stream).Mean * rates[index]).Sum() / total;
        var low = 1.0;
        var high = streams.Max(stream => lengths(stream).Percentile(0.9999));
        for (var i = 0; i < 60; i++)
        {
            var middle = Math.Sqrt(low * high);
            var below =
                streams.Select((stream, index) => ShareBelow(lengths(stream), middle) * rates[index]).Sum() / total;
            if (below < 0.95)
                low = middle;
            else
                high = middle;
        }
        return new TokenLengths(mean, Math.Clamp(high, mean, mean * TokenLengths.LargestRatio * 0.9999));
    }

    /// <summary>Share of the requests that are not longer.</summary>
    public static double ShareBelow(TokenLengths lengths, double tokens) =>
        lengths.Sigma <= 0 || tokens <= 0
            ? (tokens >= lengths.Mean ? 1 : 0)
            : Quantities.NormalDistribution.Probability(
                (Math.Log(tokens / lengths.Mean) + lengths.Sigma * lengths.Sigma / 2) / lengths.Sigma
            );
}
