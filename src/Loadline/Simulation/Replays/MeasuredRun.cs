using System.Collections.Immutable;
using Loadline.Prediction;

namespace Loadline.Simulation;

/// <summary>A run of an engine whose requests are known one by one, or how they came, and what was measured of them.</summary>
public sealed record MeasuredRun
{
    public required string Id { get; init; }
    public required string Model { get; init; }

    /// <summary>As the file prints it.</summary>
    public required string Accelerator { get; init; }
    public required Parallelism Parallelism { get; init; }

    /// <summary>As the file prints it; null for the weights as stored.</summary>
    public required string? Precision { get; init; }

    /// <summary>Engine and version as <c>--engine</c> takes them.</summary>
    public required string Engine { get; init; }
    public required SchedulingOverrides Scheduling { get; init; }

    /// <summary>Longest sequence the engine was told of; null for what the model was configured for.</summary>
    public long? LongestSequence { get; init; }
    public required Arrival[] Arrivals { get; init; }

    /// <summary>What was measured, of the requests that arrived within a time.</summary>
    public required ImmutableArray<MeasuredWindow> Windows { get; init; }
}

/// <summary>Statistics of the requests that arrived from one time to another.</summary>
/// <param name="Name">Empty where it is the whole run.</param>
/// <param name="FromSeconds">First time of arrival.</param>
/// <param name="ToSeconds">First time beyond.</param>
/// <param name="Times">What was measured.</param>
public sealed record MeasuredWindow(
    string Name,
    double FromSeconds,
    double ToSeconds,
    ImmutableArray<MeasuredTime> Times
);

/// <summary>One measured figure.</summary>
/// <param name="Quantity">ttft, tpot, itl or e2e.</param>
/// <param name="Statistic">mean, p50, p90, p95 or p99.</param>
/// <param name="Seconds">Its value.</param>
public sealed record MeasuredTime(string Quantity, string Statistic, double Seconds)
{
    public string Name => $"{Quantity} {Statistic}";

    /// <summary>The same figure of some requests.</summary>
    public double Of(ReadOnlySpan<RequestRecord> requests)
    {
        var values = new List<double>(requests.Length);
        var decoding = 0.0;
        var gaps = 0L;
        foreach (ref readonly var request in requests)
        {
            if (!request.IsComplete)
                continue;
            if (Quantity == "ttft")
                values.Add(request.TtftSeconds);
            else if (Quantity == "e2e")
                values.Add(request.EndToEndSeconds);
            else if (request.OutputTokens > 1)
                values.Add(request.TpotSeconds);
            decoding += request.LastTokenSeconds - request.FirstTokenSeconds;
            gaps += Math.Max(0, request.OutputTokens - 1);
        }
        // A gap counts as often as there are gaps: its mean weighs long answers more.
        if (Quantity == "itl")
            return Statistic == "mean" ? decoding / gaps : double.NaN;
        var times = TimeDistribution.Of(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(values));
        return Statistic switch
        {
            "mean" => times.Mean,
            "p50" => times.P50,
            "p90" => times.P90,
            "p95" => times.P95,
            "p99" => times.P99,
            _ => double.NaN,
        };
    }
}
