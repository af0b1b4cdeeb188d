using System.Globalization;
using Loadline.Catalog;
using Loadline.Quantities;
using Loadline.Simulation;

namespace Loadline.Planning;

/// <summary>Reads how many people, how often, how much text.</summary>
internal static class WorkloadReader
{
    public const double LeastRate = 1e-9;
    public const double MostRate = 1e9;
    public const double MostTokens = 1e7;
    private const double MostPeople = 1e10;
    private const double SecondsPerHour = 3600;

    public static Workload Read(ScenarioNode node, Objectives objectives, ReadingNotes notes, bool isNamed)
    {
        var name = node.Text("name");
        if (isNamed && name is null)
            throw node.Missing("name", "a name, as there are several workloads");
        var trace = ReadTrace(node, notes);
        var prompt = ReadLengths(node, "promptTokens", trace?.Prompt, notes);
        var output = ReadLengths(node, "outputTokens", trace?.Output, notes);
        var hours = ReadHours(node, notes);
        var workload = ReadLoad(
            node,
            trace,
            hours,
            notes,
            concurrency => RateOf(concurrency, output, objectives, notes)
        ) with
        {
            Name = name,
            OutsideHoursShare = ReadOutside(node, hours, notes),
            PromptTokens = prompt,
            OutputTokens = output,
            SharedPrefixTokens = node.Number("sharedPrefixTokens", 0, MostTokens) ?? 0,
            GrowthPerYear = ReadGrowth(node, notes),
            IsBatch = node.Flag("batch") ?? notes.Preset.IsBatch,
        };
        if (workload.SharedPrefixTokens >= workload.PromptTokens.Mean)
            throw node.Wrong(
                "sharedPrefixTokens",
                $"less than the mean prompt of {workload.PromptTokens.Mean:0} tokens"
            );
        if (workload.PeakRate is < LeastRate or > MostRate)
            throw node.Wrong("people", "people and habits that make between 1e-9 and 1e9 requests per second");
        if (workload.SharedPrefixTokens > 0)
            notes.Assume("sharedPrefixTokens are found in the cache by every request; a cold cache is not planned.");
        node.RefuseUnknownFields();
        return workload;
    }

    private static TraceSummaryOfDay? ReadTrace(ScenarioNode node, ReadingNotes notes)
    {
        if (node.Text("trace") is not { } file)
            return null;
        if (notes.Traces is not { } open)
            throw node.Wrong("trace", "no trace: none can be opened here");
        var summary = TraceSummaryOfDay.Of(open(file));
        // One request, or all at once, says nothing of a rate.
        if (summary.Hours <= 0)
            throw node.Wrong("trace", "a trace of requests at two times or more: a rate needs a span");
        notes.Assume(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Load and lengths are those of {file}: {summary.Requests:N0} requests in {summary.Hours:0.##} h, "
            ) + $"{Significant.Three(summary.PeakRate)} a second in the busiest {summary.PeakSpan}."
        );
        return summary;
    }

    /// <summary>The load as people, as a rate, as requests a day, in flight, or of a trace; one of them.</summary>
    private static Workload ReadLoad(
        ScenarioNode node,
        TraceSummaryOfDay? trace,
        WorkingHours hours,
        ReadingNotes notes,
        Func<double, double> rateOfConcurrency
    )
    {
        var preset = notes.Preset;
        var people = node.WholeNumber("people", 1, (long)MostPeople);
        var rate = node.Number("requestsPerSecond", LeastRate, MostRate);
        var perDay = node.Number("requestsPerDay", LeastRate, MostRate);
        var concurrency = node.Number("concurrency", 1e-6, MostRate);
        var active = node.Share("activeAtPeak");
        var perHour = node.Number("requestsPerActiveUserPerHour", 1e-6, 1e6);
        var ways = new[]
        {
            people is not null,
            rate is not null,
            perDay is not null,
            concurrency is not null,
            trace is not null,
        };
        if (ways.Count(given => given) != 1)
            throw node.Wrong(
                "people",
                "exactly one of people, requestsPerSecond, requestsPerDay, concurrency and trace"
            );
        if (people is null && (active is not null || perHour is not null))
            throw node.Wrong(
                active is null ? "requestsPerActiveUserPerHour" : "activeAtPeak",
                "nothing, as the load is not given by people"
            );
        var presetHabits = people is not null && (active is null || perHour is null);
        if (presetHabits)
        {
            notes.Assume(
                $"{preset.Name} preset: {preset.ActiveAtPeak * 100:0.#} % of the people active in the busiest hour, "
                    + $"{preset.RequestsPerActiveUserPerHour:0.##} requests each per hour, where not given."
            );
            notes.Ask("How many of them use it in the busiest hour, and how often? (whoever owns the service)");
        }
        if (perDay is { } day)
        {
            var hoursPerDay = hours.HoursPerWeek / 7.0;
            rate = day / (hoursPerDay * SecondsPerHour);
            notes.Assume(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{day:#,0.###} {(day == 1 ? "request" : "requests")} a day {(day == 1 ? "is" : "are")} spread evenly over the {hoursPerDay:0.#} hours a day of {hours.Text}."
                )
            );
        }
        if (concurrency is { } inFlight)
            rate = rateOfConcurrency(inFlight);
        return new Workload
        {
            People = people,
            RequestsPerSecond = rate ?? trace?.PeakRate,
            ActiveAtPeak = active ?? preset.ActiveAtPeak,
            RequestsPerActiveUserPerHour = perHour ?? preset.RequestsPerActiveUserPerHour,
            HabitsArePreset = presetHabits,
            Hours = hours,
            PromptTokens = null!,
            OutputTokens = null!,
            GrowthPerYear = default,
        };
    }

    /// <summary>By Little's law: so many in flight at the time the objectives allow are so many a second.</summary>
    private static double RateOf(double concurrency, TokenLengths output, Objectives objectives, ReadingNotes notes)
    {
        var seconds = objectives.MeanTimeAllowed(output).Seconds;
        var rate = concurrency / Math.Max(1e-6, seconds);
        notes.Assume(
            $"{Significant.Three(concurrency)} requests in flight, each taking the {Significant.Three(seconds)} s that the "
                + $"objectives allow on average, are {Significant.Three(rate)} a second (Little's law)."
        );
        return rate;
    }

    private static WorkingHours ReadHours(ScenarioNode node, ReadingNotes notes)
    {
        var text = node.Text("hours");
        if (text is null)
            notes.Assume($"Hours: {notes.Preset.Hours} ({notes.Preset.Name} preset).");
        return WorkingHours.Parse(text ?? notes.Preset.Hours)
            ?? throw node.Wrong("hours", "hours such as Mon-Fri 08-18, several with commas");
    }

    private static double ReadOutside(ScenarioNode node, WorkingHours hours, ReadingNotes notes)
    {
        var share = node.Share("outsideHours", mayBeZero: true) ?? Workload.UsualOutsideHoursShare;
        notes.Assume(
            $"Within {hours.Text} every hour is as busy as the busiest; outside, {share * 100:0.##} % of that."
        );
        return share;
    }

    private static TokenLengths ReadLengths(ScenarioNode parent, string name, TokenLengths? traced, ReadingNotes notes)
    {
        var preset = notes.Preset;
        var (usualMean, usualP95) =
            name == "promptTokens"
                ? (preset.PromptTokensMean, preset.PromptTokensP95)
                : (preset.OutputTokensMean, preset.OutputTokensP95);
        if (parent.Section(name, "a mean and a p95, such as { mean: 1800, p95: 4000 }") is not { } node)
        {
            if (traced is not null)
                return traced;
            notes.Assume($"{name}: mean {usualMean:0}, p95 {usualP95:0} (preset).");
            return new TokenLengths(usualMean, usualP95);
        }
        if (traced is not null)
            throw parent.Wrong(name, "nothing, as the trace says how long they are");
        var mean = node.Number("mean", 1, MostTokens) ?? throw node.Missing("mean", "tokens");
        var p95 = node.Number("p95", 1, MostTokens * 4);
        if (p95 is null)
        {
            p95 = mean * usualP95 / usualMean;
            notes.Assume($"{name}: p95 {p95:0}, in the preset's proportion to the mean.");
        }
        node.RefuseUnknownFields();
        if (p95 < mean || p95 / mean > TokenLengths.LargestRatio)
            throw node.Wrong("p95", "between the mean and 3.86 times the mean");
        return new TokenLengths(mean, p95.Value);
    }

    private static PlanningRange ReadGrowth(ScenarioNode parent, ReadingNotes notes)
    {
        const double Least = 0.01;
        const double Most = 1000;
        if (parent.Range("growthPerYear", "times", Least, Most) is { } growth)
            return growth;
        notes.Assume("No growth is given: the load is taken to stay as it is.");
        return PlanningRange.Single(1);
    }
}
