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
    private static readonly string LengthsExpected =
        $"a p95 between the mean and {TokenLengths.LargestRatio:F2} times the mean, which is at least 1 token";

    private const double LeastRate = 1e-9;
    private const double MostRate = 1e9;
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
        var preset = PresetOf(root, task ?? DefaultTask);
        var name = root.Text("name");
        var workloadNode = root.Section("workload");
        var objectivesNode = root.Section("objectives");
        var modelsNode = root.Section("models");
        var deploymentNode = root.Section("deployment");
        var budgetNode = root.Section("budget");
        // A reference to the published schema, which editors read.
        _ = root.Has("$schema");
        // Before what is missing: a misspelt section is the likelier reason.
        root.RefuseUnknownFields();

        var workload = ReadWorkload(
            workloadNode ?? throw root.Missing("workload", "how many people, how often"),
            preset,
            assumptions,
            questions
        );
        var objectives = ObjectivesReader.Read(objectivesNode, preset, assumptions, questions);
        var models = ReadModels(modelsNode, preset, assumptions);
        var (data, allow) = ReadDeployment(deploymentNode, assumptions, questions);
        var (horizon, maximum) = ReadBudget(budgetNode, assumptions);
        var scenario = new Scenario
        {
            Name = name ?? Path.GetFileNameWithoutExtension(file),
            Task = task,
            Workload = workload,
            Objectives = objectives,
            Models = models,
            MaximumQualityLoss = modelsNode?.Share("maximumQualityLoss", mayBeZero: true),
            Data = data,
            Allow = allow,
            HorizonMonths = horizon,
            MaximumMonthly = maximum,
            Assumptions = [.. assumptions],
            OpenQuestions = [.. questions],
        };
        return scenario;
    }

    private TaskPreset PresetOf(ScenarioNode root, string task)
    {
        try
        {
            return Checked(presets(task));
        }
        catch (UnknownNameException exception)
        {
            throw root.Wrong("task", $"a task such as {string.Join(", ", exception.Candidates)}");
        }
    }

    /// <summary>A preset may be the user's own; what it says must be possible before it fills in anything.</summary>
    private static TaskPreset Checked(TaskPreset preset)
    {
        Require(preset.ActiveAtPeak is > 0 and <= 1, "activeAtPeak", "a share above 0 and up to 1");
        Require(
            preset.RequestsPerActiveUserPerHour is >= 1e-6 and <= 1e6,
            "requestsPerActiveUserPerHour",
            "a number from 0.000001 to 1,000,000"
        );
        Require(AreLengths(preset.PromptTokensMean, preset.PromptTokensP95), "promptTokensP95", LengthsExpected);
        Require(AreLengths(preset.OutputTokensMean, preset.OutputTokensP95), "outputTokensP95", LengthsExpected);
        Require(WorkingHoursText.Parse(preset.Hours) is not null, "hours", "hours such as Mon-Fri 08-18");
        Require(IsLimit(preset.TtftP95), "ttftP95", "a time such as 1.5 s");
        Require(IsLimit(preset.TpotP95), "tpotP95", "a time such as 50 ms");
        Require(preset.Models.Count > 0, "models", "at least one model");
        return preset;

        void Require(bool holds, string field, string expected)
        {
            if (!holds)
                throw new BadContentException($"task {preset.Id}", field, "what cannot be", expected);
        }

        static bool AreLengths(double mean, double p95) =>
            mean is >= 1 and <= MostTokens && p95 >= mean && p95 <= mean * TokenLengths.LargestRatio;

        static bool IsLimit(string text) => Duration.TryParse(text, out var limit) && limit.Seconds is > 0 and < 1e9;
    }

    private static Workload ReadWorkload(
        ScenarioNode node,
        TaskPreset preset,
        List<string> assumptions,
        List<string> questions
    )
    {
        var people = node.WholeNumber("people", 1, (long)MostPeople);
        var rate = node.Number("requestsPerSecond", LeastRate, MostRate);
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
        if (node.Number("concurrency", 1, MostRate) is not null)
            assumptions.Add("workload.concurrency is not honoured yet.");
        if (node.Text("trace") is not null)
            assumptions.Add("workload.trace is not honoured yet.");

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
        if (people is not null && Demand.PeakRate(workload) is < LeastRate or > MostRate)
            throw node.Wrong("people", "people and habits that make between 1e-9 and 1e9 requests per second");
        if (workload.SharedPrefixTokens > 0)
            assumptions.Add("sharedPrefixTokens are found in the cache by every request; a cold cache is not planned.");
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
        if (parent.Section(name, "a mean and a p95, such as { mean: 1800, p95: 4000 }") is not { } node)
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
        if (parent.Section("growthPerYear", "factors such as { low: 1.2, base: 1.6, high: 2.5 }") is not { } node)
            return PlanningRange.Single(1);
        var middle = node.Number("base", Least, Most) ?? throw node.Missing("base", "a factor per year such as 1.6");
        var low = node.Number("low", Least, Most) ?? middle;
        var high = node.Number("high", Least, Most) ?? middle;
        node.RefuseUnknownFields();
        return low <= middle && middle <= high
            ? new PlanningRange(low, middle, high)
            : throw node.Wrong("base", "low <= base <= high");
    }

    private static ImmutableArray<string> ReadModels(ScenarioNode? node, TaskPreset preset, List<string> assumptions)
    {
        var candidates = node?.Texts("candidates");
        if (node?.Section("minimumCapability", "scores such as { ifbench: 40 }") is not null)
            assumptions.Add("models.minimumCapability is not honoured yet: capability unknown for every candidate.");
        _ = node?.Share("maximumQualityLoss", mayBeZero: true);
        node?.RefuseUnknownFields();
        if (candidates is { Count: 0 })
            throw node!.Wrong("candidates", "at least one model");
        if (candidates is null)
            assumptions.Add($"Candidate models: {string.Join(", ", preset.Models)} ({preset.Name} preset).");
        return [.. (candidates ?? preset.Models).Distinct(StringComparer.Ordinal)];
    }

    private static (string? Data, ImmutableArray<string> Allow) ReadDeployment(
        ScenarioNode? node,
        List<string> assumptions,
        List<string> questions
    )
    {
        var allow = node?.Texts("allow");
        if (allow is { Count: 0 })
            throw node!.Wrong("allow", "at least one of api, rent, buy");
        if (allow is null)
            assumptions.Add("No way of deploying is named: machines are rented.");
        allow ??= ["rent"];
        var data = node?.Text("data");
        if (data is null)
        {
            assumptions.Add("No class of data is named: any provider in any country may hold it.");
            questions.Add("What class of data is it, and where may it be? (whoever answers for data protection)");
        }
        foreach (var way in allow)
        {
            if (way is not ("api" or "rent" or "buy"))
                throw node!.Wrong("allow", "api, rent or buy");
        }
        if (allow.Contains("api") || allow.Contains("buy"))
            assumptions.Add("Hosted APIs and purchase are not compared yet: only rented machines are planned.");
        if (node?.Section("current", "hardware and engine, such as { hardware: 2x rtx-4090 }") is not null)
            assumptions.Add("deployment.current is not honoured yet: the plan starts from nothing.");
        if (data is not null && !DataRules.IsKnown(data))
            throw node!.Wrong("data", $"one of {string.Join(", ", DataRules.Known)}");
        node?.RefuseUnknownFields();
        return (data, [.. allow]);
    }

    private static (int HorizonMonths, Money? Maximum) ReadBudget(ScenarioNode? node, List<string> assumptions)
    {
        var maximum = node?.Money("maximumMonthly");
        if (node?.Text("electricity") is not null)
            assumptions.Add("budget.electricity is not honoured yet: nothing is bought.");
        node?.RequireList("quotes", "a list of quotes");
        if (node?.Has("quotes") == true)
            assumptions.Add("budget.quotes is not honoured yet.");
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
        else
            assumptions.Add($"Horizon: {months} months, as none is given.");
        node?.RefuseUnknownFields();
        return (months, maximum);
    }
}
