using Loadline.Quantities;
using Loadline.Simulation;

namespace Loadline.Cli.Rendering;

internal static class SimulatePage
{
    private const int ShownStretches = 12;

    public static void Render(Page page, ServingReport report)
    {
        var what =
            $"{report.Model} in {report.WeightFormat} on {(report.Replicas > 1 ? $"{report.Replicas} replicas of " : "")}{report.Hardware}";
        if (!report.Feasible)
        {
            NoAnswer.Render(page, what, report.Reason, report.Nearest, report.Assumptions);
            return;
        }

        var refused =
            report.Rejected == report.Requests && report.Requests > 0 ? "all requests are turned away: "
            : report.Rejected > 0
                ? $"{Figures.Exact(report.Rejected)} of {Figures.Exact(report.Requests)} requests are turned away; of the others, "
            : "";
        page.Headline($"{what}: {refused}{Verdict(report)}.");
        if (report.Partial)
            page.Line(
                "Interrupted: these are figures of the requests that had been answered by then, without error bars."
            );
        page.Line();
        page.Facts([.. Summary(report)]);
        page.Table(
            ["Seconds", ">Mean", ">p50", ">p90", ">p95", ">p99"],
            [
                .. Rows("first token, TTFT", report.TtftSeconds),
                .. Rows("each further, TPOT", report.TpotSeconds),
                .. Rows("between tokens, ITL", report.InterTokenLatencySeconds),
                .. Rows("last token, end to end", report.EndToEndSeconds),
            ]
        );
        var every = Math.Max(1, (report.Load.Length + ShownStretches - 1) / ShownStretches);
        page.Table(
            ["From", ">Waiting", ">Running", ">Cache"],
            report
                .Load.Where((_, index) => index % every == 0)
                .Select(stretch =>
                    (IReadOnlyList<string>)
                        [
                            $"{new Duration(stretch.Seconds)}",
                            $"{Significant.Three(stretch.Waiting)}",
                            $"{Significant.Three(stretch.Running)}",
                            $"{stretch.CacheUse * 100:0} %",
                        ]
                )
        );
        page.List("Assumptions", report.Assumptions);
        page.Line();
        page.Line(
            "TTFT counts from the arrival; TPOT leaves the first token out and is a mean per request; ITL is over single tokens."
        );
        page.Line(Figures.Legend);
    }

    private static IEnumerable<(string, string)> Summary(ServingReport report)
    {
        yield return ("Traffic", report.Traffic);
        var refused = report.Rejected > 0 ? $", {Figures.Exact(report.Rejected)} turned away" : "";
        yield return (
            "Served",
            $"{Figures.Exact(report.Completed)} of {Figures.Exact(report.Requests)} requests in {new Duration(report.DurationSeconds)}{refused}; times are of the {Figures.Exact(report.Counted)} that arrive after {new Duration(report.WarmUpSeconds)}"
        );
        yield return (
            "Throughput",
            $"{Of(report.OutputTokensPerSecond)} output tokens/s, {Of(report.RequestsPerSecond)} requests/s"
        );
        yield return ("In flight", $"{Of(report.InFlight)} requests, those in line included");
        yield return (
            "Cache",
            $"{report.PeakCacheUse * 100:0} % of {Figures.Exact(report.CacheTokens ?? 0)} tokens at most, {report.CacheHitShare * 100:0} % of prompt tokens found in it, {Figures.Exact(report.Preemptions ?? 0)} preemptions"
        );
        if (report.Attainment is { } attainment)
            yield return (
                "Goodput",
                $"{Of(report.Goodput)} requests/s, {Percent(attainment)} of all, keep {Objectives(report.Objectives!)}"
            );
        if (report.Capacity is { } capacity)
            yield return ("Limit", Limit(capacity));
    }

    private static string Verdict(ServingReport report)
    {
        var first = report.TtftSeconds is { } ttft
            ? $"95 % have their first token within {Figures.Time(ttft.P95)}"
            : "no request was answered";
        return report.Saturated == true
                ? $"it cannot keep up: the line grew for as long as requests came, and every time below grows with the length of the run"
            : report.SaturatedAtWorst == true
                ? $"{first}; with steps as slow as the prediction's error allows it cannot keep up"
            : first;
    }

    private static string Limit(Capacity capacity)
    {
        var share = $"with {capacity.Attainment * 100:0.#} % of the requests keeping the objectives";
        return capacity.Value.Value <= 0 ? $"none: no load is served {share}"
            : capacity.Of == "replicas" ? $"{Figures.Of(capacity.Value)} replicas at least, {share}"
            : capacity.Of == "users" ? $"{Figures.Of(capacity.Value)} users at most, {share}"
            : $"{Figures.Of(capacity.Value)} requests/s at most, {share}";
    }

    private static string Objectives(RequestObjectives objectives)
    {
        var parts = new List<string>();
        if (objectives.TtftSeconds is { } ttft)
            parts.Add($"TTFT {new Duration(ttft)}");
        if (objectives.TpotSeconds is { } tpot)
            parts.Add($"TPOT {new Duration(tpot)}");
        if (objectives.EndToEndSeconds is { } endToEnd)
            parts.Add($"end to end {new Duration(endToEnd)}");
        return string.Join(", ", parts);
    }

    /// <summary>The figures, and below them how far off they may be.</summary>
    private static IEnumerable<IReadOnlyList<string>> Rows(string name, EstimatedDistribution? times)
    {
        if (times is null)
        {
            yield return [name, "-", "-", "-", "-", "-"];
            yield break;
        }
        Estimate[] all = [times.Mean, times.P50, times.P90, times.P95, times.P99];
        yield return [name, .. all.Select(time => $"{new Duration(time.Value)}")];
        // An interrupted run was played once.
        if (Array.TrueForAll(all, time => time.Low.Equals(time.High)))
            yield break;
        yield return [$"  90 % interval {times.Mean.Evidence.Mark()}", .. all.Select(Figures.TimeRange)];
    }

    private static string Of(Estimate? estimate) => estimate is { } value ? Figures.Of(value) : "-";

    private static string Percent(Estimate share) =>
        $"{share.Value * 100:0.#} % ({share.Low * 100:0.#}-{share.High * 100:0.#})";
}
