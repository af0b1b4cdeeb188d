namespace Loadline.Simulation;

/// <summary>What a list of requests looks like as a whole.</summary>
/// <param name="Requests">At least one.</param>
/// <param name="Seconds">From the first arrival to the last.</param>
/// <param name="RequestsPerSecond">One over the mean gap; null when all arrive at once.</param>
/// <param name="Prompt">Tokens of the prompts.</param>
/// <param name="Output">Tokens of the answers.</param>
public sealed record TraceSummary(
    int Requests,
    double Seconds,
    double? RequestsPerSecond,
    LengthSummary Prompt,
    LengthSummary Output
)
{
    public static TraceSummary Of(ReadOnlySpan<Arrival> arrivals)
    {
        if (arrivals.IsEmpty)
            throw new ArgumentException("no requests", nameof(arrivals));
        var prompts = new int[arrivals.Length];
        var outputs = new int[arrivals.Length];
        for (var i = 0; i < arrivals.Length; i++)
        {
            prompts[i] = arrivals[i].PromptTokens;
            outputs[i] = arrivals[i].OutputTokens;
        }
        var seconds = arrivals[^1].Seconds - arrivals[0].Seconds;
        return new TraceSummary(
            arrivals.Length,
            seconds,
            seconds > 0 ? (arrivals.Length - 1) / seconds : null,
            LengthSummary.Of(prompts),
            LengthSummary.Of(outputs)
        );
    }
}

/// <summary>Tokens of prompts or answers; percentiles by linear interpolation.</summary>
public readonly record struct LengthSummary(double Mean, double P50, double P95, double P99)
{
    internal static LengthSummary Of(int[] lengths)
    {
        Array.Sort(lengths);
        var sum = 0L;
        foreach (var length in lengths)
            sum += length;
        return new LengthSummary(
            (double)sum / lengths.Length,
            Percentile(lengths, 0.5),
            Percentile(lengths, 0.95),
            Percentile(lengths, 0.99)
        );
    }

    private static double Percentile(int[] sorted, double probability)
    {
        var position = probability * (sorted.Length - 1);
        var lower = (int)position;
        var upper = Math.Min(lower + 1, sorted.Length - 1);
        return sorted[lower] + (position - lower) * (sorted[upper] - sorted[lower]);
    }
}
