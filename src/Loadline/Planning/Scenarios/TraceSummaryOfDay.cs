using Loadline.Simulation;

namespace Loadline.Planning;

/// <summary>What a trace says of a workload: how many a second in its busiest hour, and how long.</summary>
internal sealed record TraceSummaryOfDay(
    int Requests,
    double Hours,
    double PeakRate,
    string PeakSpan,
    TokenLengths Prompt,
    TokenLengths Output
)
{
    private const double SecondsPerHour = 3600;

    public static TraceSummaryOfDay Of(Trace trace)
    {
        var arrivals = trace.Arrivals.AsSpan();
        var summary = TraceSummary.Of(arrivals);
        // A trace shorter than an hour is taken to be of the busiest one.
        var (peak, span) =
            summary.Seconds <= SecondsPerHour
                ? (summary.RequestsPerSecond ?? summary.Requests, "stretch there is")
                : (BusiestHour(arrivals) / SecondsPerHour, "hour");
        return new TraceSummaryOfDay(
            summary.Requests,
            summary.Seconds / SecondsPerHour,
            peak,
            span,
            Lengths(summary.Prompt),
            Lengths(summary.Output)
        );
    }

    private static double BusiestHour(ReadOnlySpan<Arrival> arrivals)
    {
        var most = 0;
        var first = 0;
        for (var last = 0; last < arrivals.Length; last++)
        {
            while (arrivals[last].Seconds - arrivals[first].Seconds >= SecondsPerHour)
                first++;
            most = Math.Max(most, last - first + 1);
        }
        return most;
    }

    /// <summary>A log-normal cannot have a p95 below its mean or far above it.</summary>
    private static TokenLengths Lengths(LengthSummary lengths)
    {
        var mean = Math.Max(1, lengths.Mean);
        return new TokenLengths(mean, Math.Clamp(lengths.P95, mean, mean * TokenLengths.LargestRatio * 0.9999));
    }
}
