using System.Collections.Immutable;
using System.Text.Json;
using Loadline.Catalog;
using Loadline.Quantities;
using Loadline.Simulation;

namespace Loadline.Planning;

/// <summary>
/// Turns a scenario document into a <see cref="Scenario"/>. What is missing comes from the task preset, and every
/// such default is written down in the answer; what contradicts itself is refused.
/// </summary>
public sealed class ScenarioReader(Func<string, TaskPreset> presets)
{
    /// <summary>Task that supplies defaults when a scenario names none.</summary>
    private const string DefaultTask = "customer-support";

    private const double MostPeople = 1e10;
    private const double MostTokens = 1e7;

    /// <exception cref="BadContentException">A field is wrong, unknown or missing without a default.</exception>
    public Scenario Read(string file, JsonElement document)
    {
        var root = new ScenarioNode(file, "$", document);
        var assumptions = new List<string>();
        var questions = new List<string>();
        var task = root.Text("task");
        if (task is null)
            assumptions.Add($"No task is named: defaults are those of {DefaultTask}.");
        var preset = presets(task ?? DefaultTask);

        var workload = ReadWorkload(
            root.Section("workload") ?? throw root.Missing("workload", "how many people, how often"),
            preset,
            assumptions,
            questions
        );
        var objectives = ReadObjectives(root.Section("objectives"), preset, assumptions, questions);
        var models = ReadModels(root.Section("models"), preset, assumptions);
        var (data, allow) = ReadDeployment(root.Section("deployment"), assumptions);
        var (horizon, maximum) = ReadBudget(root.Section("budget"), assumptions);
        var scenario = new Scenario
        {
            Name = root.Text("name") ?? Path.GetFileNameWithoutExtension(file),
            Task = task,
            Workload = workload,
            Objectives = objectives,
            Models = models,
            Data = data,
            Allow = allow,
            HorizonMonths = horizon,
            MaximumMonthly = maximum,
            Assumptions = [.. assumptions],
            OpenQuestions = [.. questions],
        };
        // A reference to the published schema, which editors read.
        _ = root.Has("$schema");
        root.RefuseUnknownFields();
        return scenario;
    }

    private static Workload ReadWorkload(
        ScenarioNode node,
        TaskPreset preset,
        List<string> assumptions,
        List<string> questions
    )
    {
        var people = node.WholeNumber("people", 1, (long)MostPeople);
        var rate = node.Number("requestsPerSecond", 1e-9, 1e9);
        var active = node.Share("activeAtPeak");
        var perHour = node.Number("requestsPerActiveUserPerHour", 1e-6, 1e6);
        if (people is null == (rate is null))
            throw node.Wrong("people", "either people or requestsPerSecond, not both and not neither");
        var presetHabits = people is not null && (active is null || perHour is null);
        if (presetHabits)
        {
            assumptions.Add(
                $"{preset.Name} preset: {preset.ActiveAtPeak * 100:0.#} % of the people active in the busiest hour, "
                    + $"{preset.RequestsPerActiveUserPerHour:0.##} requests each per hour, where not given."
            );
            questions.Add("How many of them use it in the busiest hour, and how often? (whoever owns the service)");
        }
        foreach (var name in (string[])["concurrency", "trace"])
        {
            if (node.Has(name))
                assumptions.Add($"workload.{name} is not honoured yet.");
        }

        var workload = new Workload
        {
            People = people,
            RequestsPerSecond = rate,
            ActiveAtPeak = active ?? preset.ActiveAtPeak,
            RequestsPerActiveUserPerHour = perHour ?? preset.RequestsPerActiveUserPerHour,
            HabitsArePreset = presetHabits,
            Hours = ReadHours(node, preset, assumptions),
            PromptTokens = ReadLengths(
                node,
                "promptTokens",
                preset.PromptTokensMean,
                preset.PromptTokensP95,
                assumptions
            ),
            OutputTokens = ReadLengths(
                node,
                "outputTokens",
                preset.OutputTokensMean,
                preset.OutputTokensP95,
                assumptions
            ),
            SharedPrefixTokens = node.Number("sharedPrefixTokens", 0, MostTokens) ?? 0,
            GrowthPerYear = ReadGrowth(node, assumptions),
        };
        if (workload.SharedPrefixTokens >= workload.PromptTokens.Mean)
            throw node.Wrong(
                "sharedPrefixTokens",
                $"less than the mean prompt of {workload.PromptTokens.Mean:0} tokens"
            );
        node.RefuseUnknownFields();
        return workload;
    }

    private static WorkingHours ReadHours(ScenarioNode node, TaskPreset preset, List<string> assumptions)
    {
        var text = node.Text("hours");
        if (text is null)
            assumptions.Add($"Hours: {preset.Hours} ({preset.Name} preset).");
        var hours =
            WorkingHoursText.Parse(text ?? preset.Hours) ?? throw node.Wrong("hours", "hours such as Mon-Fri 08-18");
        assumptions.Add($"Within {hours.Text} every hour is as busy as the busiest; outside, 5 % of that.");
        return hours;
    }

    private static TokenLengths ReadLengths(
        ScenarioNode parent,
        string name,
        double presetMean,
        double presetP95,
        List<string> assumptions
    )
    {
        if (parent.Section(name) is not { } node)
        {
            assumptions.Add($"{name}: mean {presetMean:0}, p95 {presetP95:0} (preset).");
            return new TokenLengths(presetMean, presetP95);
        }
        var mean = node.Number("mean", 1, MostTokens) ?? throw node.Missing("mean", "tokens");
        var p95 = node.Number("p95", 1, MostTokens * 4);
        if (p95 is null)
        {
            p95 = mean * presetP95 / presetMean;
            assumptions.Add($"{name}: p95 {p95:0}, in the preset's proportion to the mean.");
        }
        node.RefuseUnknownFields();
        if (p95 < mean || p95 / mean > TokenLengths.LargestRatio)
            throw node.Wrong("p95", $"between the mean and {TokenLengths.LargestRatio:F2} times the mean");
        return new TokenLengths(mean, p95.Value);
    }

    private static PlanningRange ReadGrowth(ScenarioNode parent, List<string> assumptions)
    {
        const double Least = 0.01;
        const double Most = 1000;
        if (!parent.Has("growthPerYear"))
        {
            assumptions.Add("No growth is given: the load is taken to stay as it is.");
            return PlanningRange.Single(1);
        }
        if (parent.Section("growthPerYear") is not { } node)
            return PlanningRange.Single(1);
        var middle = node.Number("base", Least, Most) ?? throw node.Missing("base", "a factor per year such as 1.6");
        var low = node.Number("low", Least, Most) ?? middle;
        var high = node.Number("high", Least, Most) ?? middle;
        node.RefuseUnknownFields();
        return low <= middle && middle <= high
            ? new PlanningRange(low, middle, high)
            : throw node.Wrong("base", "low <= base <= high");
    }

    private static Objectives ReadObjectives(
        ScenarioNode? node,
        TaskPreset preset,
        List<string> assumptions,
        List<string> questions
    )
    {
        var ttft = ReadObjective(node, "ttft");
        var tpot = ReadObjective(node, "tpot");
        var endToEnd = ReadObjective(node, "endToEnd");
        var availability = node?.Share("availability");
        var confidence = node?.Share("confidence");
        if (ttft is null && tpot is null && endToEnd is null)
        {
            ttft = Preset(preset.TtftP95);
            tpot = Preset(preset.TpotP95);
            questions.Add("How long may people wait for the answer to begin? (whoever owns the service)");
        }
        if (ttft is not null && tpot is null && endToEnd is null)
            tpot = Preset(preset.TpotP95);
        if (tpot is not null && node?.Has("tpot") != true)
            assumptions.Add($"Time per output token p95 at most {preset.TpotP95} ({preset.Name} preset).");
        if (ttft is not null && node?.Has("ttft") != true)
            assumptions.Add($"Time to first token p95 at most {preset.TtftP95} ({preset.Name} preset).");
        if (availability is not null)
            assumptions.Add("objectives.availability is not honoured yet: no spare machine is planned.");
        if (confidence is >= 1)
            throw node!.Wrong("confidence", "a share below 100 %: no prediction is certain");
        assumptions.Add(
            "Confidence covers the error of the latency prediction; traffic, growth and price are not drawn yet."
        );
        node?.RefuseUnknownFields();
        return new Objectives
        {
            Ttft = ttft,
            Tpot = tpot,
            EndToEnd = endToEnd,
            Availability = availability,
            Confidence = confidence ?? 0.9,
        };

        static LatencyObjective Preset(string text) =>
            new(0.95, Duration.TryParse(text, out var limit) ? limit : throw new FormatException(text));
    }

    private static LatencyObjective? ReadObjective(ScenarioNode? parent, string name)
    {
        if (parent?.Section(name) is not { } node)
            return null;
        foreach (
            var (field, probability) in ((string, double)[])[("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)]
        )
        {
            if (node.Duration(field) is { } limit)
            {
                node.RefuseUnknownFields();
                return new LatencyObjective(probability, limit);
            }
        }
        throw parent.Wrong(name, "a percentile with a limit, such as p95: 1.5 s");
    }

    private static ImmutableArray<string> ReadModels(ScenarioNode? node, TaskPreset preset, List<string> assumptions)
    {
        var candidates = node?.Texts("candidates");
        if (node?.Has("minimumCapability") == true)
            assumptions.Add("models.minimumCapability is not honoured yet: capability unknown for every candidate.");
        if (node?.Has("maximumQualityLoss") == true)
            assumptions.Add(
                "models.maximumQualityLoss is not honoured yet: the stored format and 8-bit are considered."
            );
        node?.RefuseUnknownFields();
        if (candidates is { Count: 0 })
            throw node!.Wrong("candidates", "at least one model");
        if (candidates is null)
            assumptions.Add($"Candidate models: {string.Join(", ", preset.Models)} ({preset.Name} preset).");
        return [.. candidates ?? preset.Models];
    }

    private static (string? Data, ImmutableArray<string> Allow) ReadDeployment(
        ScenarioNode? node,
        List<string> assumptions
    )
    {
        var allow = node?.Texts("allow") ?? ["rent"];
        var data = node?.Text("data");
        foreach (var way in allow)
        {
            if (way is not ("api" or "rent" or "buy"))
                throw node!.Wrong("allow", "api, rent or buy");
        }
        if (allow.Contains("api") || allow.Contains("buy"))
            assumptions.Add("Hosted APIs and purchase are not compared yet: only rented machines are planned.");
        if (node?.Has("current") == true)
            assumptions.Add("deployment.current is not honoured yet: the plan starts from nothing.");
        if (data is not null && !DataRules.IsKnown(data))
            throw node!.Wrong("data", $"one of {string.Join(", ", DataRules.Known)}");
        node?.RefuseUnknownFields();
        return (data, [.. allow]);
    }

    private static (int HorizonMonths, Money? Maximum) ReadBudget(ScenarioNode? node, List<string> assumptions)
    {
        var maximum = node?.Money("maximumMonthly");
        foreach (var name in (string[])["electricity", "quotes"])
        {
            if (node?.Has(name) == true)
                assumptions.Add($"budget.{name} is not honoured yet.");
        }
        var months = 36;
        if (node?.Text("horizon") is { } horizon)
        {
            var words = horizon.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (
                words is not [var count, "months" or "month"]
                || !int.TryParse(count, out months)
                || months is < 1 or > 240
            )
                throw node.Wrong("horizon", "1 to 240 months, such as 36 months");
        }
        node?.RefuseUnknownFields();
        return (months, maximum);
    }
}
