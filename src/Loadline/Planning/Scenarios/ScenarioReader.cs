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
/// <param name="catalog">Presets, classes of data, names of hardware, engines and providers.</param>
/// <param name="traces">Opens a request trace; null where none can be.</param>
public sealed class ScenarioReader(CatalogReader catalog, Func<string, Trace>? traces = null)
{
    /// <summary>Task that supplies defaults when a scenario names none.</summary>
    private const string DefaultTask = "customer-support";

    private const string LengthsExpected = "a p95 between the mean and 3.86 times the mean, which is at least 1 token";

    /// <exception cref="BadContentException">A field is wrong, unknown or missing without a default.</exception>
    public Scenario Read(string file, JsonElement document)
    {
        var root = new ScenarioNode(file, "$", document);
        var task = root.Text("task");
        var notes = new ReadingNotes(catalog, PresetOf(root, task ?? DefaultTask), traces);
        if (task is null)
            notes.Assume($"No task is named: defaults are those of {DefaultTask}.");
        var name = root.Text("name");
        var workload = root.Section("workload");
        var workloads = root.Items("workloads", "workloads with names, such as { name: chat, people: 400 }");
        var objectivesNode = root.Section("objectives");
        var modelsNode = root.Section("models");
        var deploymentNode = root.Section("deployment");
        var budgetNode = root.Section("budget");
        var adaptationNode = root.Section("adaptation");
        // A reference to the published schema, which editors read.
        _ = root.Has("$schema");
        // Before what is missing: a misspelt section is the likelier reason.
        root.RefuseUnknownFields();

        if (workload is not null && workloads.Count > 0)
            throw root.Wrong("workloads", "either workload or workloads, not both");
        if (workload is null && workloads.Count == 0)
            throw root.Missing("workload", "how many people, how often");
        var objectives = ObjectivesReader.Read(objectivesNode, notes);
        ImmutableArray<Workload> streams = workload is not null
            ? [WorkloadReader.Read(workload, objectives, notes, isNamed: false)]
            : [.. workloads.Select(node => WorkloadReader.Read(node, objectives, notes, isNamed: true))];
        if (streams.Select(stream => stream.Name).Distinct(StringComparer.Ordinal).Count() < streams.Length)
            throw root.Wrong("workloads", "a name of its own for each workload");
        if (streams.Length > 1)
            notes.Assume(
                "Several workloads share one fleet and one model: in their busiest hour they are one stream of mixed lengths, and the objectives hold for all of them."
            );
        var budget = BudgetReader.Read(budgetNode, notes);
        for (var i = 0; i < streams.Length; i++)
            RefuseBoundless(streams[i], budget.HorizonMonths, workload ?? workloads[i]);
        return new Scenario
        {
            Name = name ?? Path.GetFileNameWithoutExtension(file),
            Task = task,
            Streams = streams,
            Objectives = objectives,
            Models = ModelsReader.Read(modelsNode, notes),
            Deployment = DeploymentReader.Read(deploymentNode, notes),
            Budget = budget,
            Adaptation = AdaptationReader.Read(adaptationNode, WorkloadMix.Of(streams), catalog),
            Assumptions = [.. notes.Assumptions.Distinct(StringComparer.Ordinal)],
            OpenQuestions = [.. notes.Questions.Distinct(StringComparer.Ordinal)],
            Document = document.Clone(),
        };
    }

    /// <summary>
    /// No load grows a million times (a norm of ours): what a high growth makes of a long horizon are sums that nobody can
    /// read, not a range.
    /// </summary>
    private static void RefuseBoundless(Workload stream, int months, ScenarioNode node)
    {
        const double MostGrowth = 1e6;
        // The root of a million, so that a growth at the limit is not refused for its last digit.
        if (stream.GrowthPerYear.High > Math.Pow(MostGrowth, CostFactors.MonthsPerYear / months) * 1.0001)
            throw node.Wrong(
                "growthPerYear",
                $"growth that multiplies the load by a million at most over {months} months"
            );
    }

    private TaskPreset PresetOf(ScenarioNode root, string task)
    {
        try
        {
            return Checked(catalog.Tasks.Find(task));
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
        Require(WorkingHours.Parse(preset.Hours) is not null, "hours", "hours such as Mon-Fri 08-18");
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
            mean is >= 1 and <= WorkloadReader.MostTokens && p95 >= mean && p95 <= mean * TokenLengths.LargestRatio;

        static bool IsLimit(string text) => Duration.TryParse(text, out var limit) && limit.Seconds is > 0 and < 1e9;
    }
}
