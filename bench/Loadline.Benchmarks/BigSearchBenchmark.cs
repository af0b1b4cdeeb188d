using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using BenchmarkDotNet.Attributes;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Planning;
using Loadline.Quantities;
using Loadline.Simulation;

namespace Loadline.Benchmarks;

/// <summary>
/// The search over many models on all hardware that is much on offer, in all formats and layouts, without simulation, on
/// one thread; the goal is one second.
/// </summary>
[MemoryDiagnoser]
public class BigSearchBenchmark
{
    private const int Accelerators = 60;

    /// <summary>Runs of the console mode, of which the median counts.</summary>
    private const int Runs = 9;

    /// <summary>From 1 to 671 billion parameters, dense and with experts.</summary>
    private static readonly string[] Models =
    [
        "meta-llama/Llama-3.2-1B-Instruct",
        "Qwen/Qwen3-1.7B",
        "meta-llama/Llama-3.2-3B-Instruct",
        "Qwen/Qwen3-4B",
        "meta-llama/Llama-3.1-8B-Instruct",
        "Qwen/Qwen3-8B",
        "google/gemma-3-12b-it",
        "microsoft/phi-4",
        "Qwen/Qwen3-14B",
        "mistralai/Mistral-Small-24B-Instruct-2501",
        "google/gemma-3-27b-it",
        "Qwen/Qwen3-30B-A3B",
        "Qwen/Qwen3-32B",
        "mistralai/Mixtral-8x7B-v0.1",
        "meta-llama/Llama-3.3-70B-Instruct",
        "zai-org/GLM-4.5-Air",
        "Qwen/Qwen3-235B-A22B",
        "zai-org/GLM-4.5",
        "meta-llama/Meta-Llama-3.1-405B",
        "deepseek-ai/DeepSeek-V3",
    ];

    private readonly Planner planner;
    private readonly Scenario scenario;

    public BigSearchBenchmark()
    {
        var catalog = new CatalogReader();
        var source = new ModelSource(catalog);
        var models = Models.ToDictionary(name => name, source.Read);
        planner = new Planner(catalog, name => models[name]) { TriesBatchLimits = true };
        scenario = ScenarioOn(catalog);
        _ = Search();
    }

    /// <summary>Points evaluated and excluded, as the reports show them.</summary>
    [ParamsSource(nameof(CountsSource))]
    public string Counts { get; set; } = "";

    public static IEnumerable<string> CountsSource()
    {
        var benchmark = new BigSearchBenchmark();
        var search = benchmark.planner.Searched(benchmark.scenario).Search;
        yield return Invariant($"{search.Considered:N0} points, {search.Evaluated:N0} evaluated");
    }

    [Benchmark]
    public int Search() => planner.Searched(scenario).Search.Considered;

    /// <summary>Prints what became of every point, and how long the search took.</summary>
    public static int PrintCounts()
    {
        var benchmark = new BigSearchBenchmark();
        var times = new double[Runs];
        for (var run = 0; run < Runs; run++)
        {
            var start = Stopwatch.GetTimestamp();
            benchmark.Search();
            times[run] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        Array.Sort(times);
        var search = benchmark.planner.Searched(benchmark.scenario).Search;
        var accelerators = search.Supplies.Select(supply => supply.Accelerator).Distinct().Count();
        Console.WriteLine(
            Invariant($"{Models.Length} models x {accelerators} accelerators, {search.Supplies.Length} offers")
        );
        Line(search.Considered, "deployments times offers");
        Line(search.Evaluated, Invariant($"evaluated; {search.Options.Count:N0} plans"));
        foreach (var (bound, count) in search.ExcludedByBound)
            Line(count, $"excluded: {bound}");
        var limits = search.BatchLimits!;
        var tried = limits.NotReached + limits.CarryNoMore + limits.Evaluated;
        Line(
            search.Considered * BatchLimits.Count,
            Invariant($"more with {BatchLimits.Count} lower batch limits each")
        );
        Line(
            search.Considered * BatchLimits.Count - tried,
            "excluded: with the deployment, or it meets no load at all"
        );
        Line(limits.NotReached, "excluded: limit at or above that of engine and cache");
        Line(limits.CarryNoMore, "excluded: a lower limit carries no more");
        Line(
            limits.Evaluated,
            Invariant($"evaluated; {limits.CarryMore} carry more, by x{limits.MostGain:0.###} at most")
        );
        Console.WriteLine(
            Invariant($"median of {Runs} runs {times[Runs / 2]:0.000} s, {times[0]:0.000} to {times[^1]:0.000} s")
        );
        return 0;
    }

    /// <summary>A thousand people who chat, on the accelerators most on offer and, of the others, the dearest to buy.</summary>
    private static Scenario ScenarioOn(CatalogReader catalog)
    {
        var offers = catalog.Offers.All.CountBy(offer => offer.Accelerator).ToDictionary();
        var accelerators = catalog
            .Accelerators.All.Where(accelerator => offers.ContainsKey(accelerator.Id) || accelerator.Price is not null)
            .OrderByDescending(accelerator => offers.GetValueOrDefault(accelerator.Id))
            .ThenByDescending(accelerator => accelerator.Price?.Price.Usd ?? 0)
            .ThenBy(accelerator => accelerator.Id, StringComparer.Ordinal)
            .Take(Accelerators)
            .Select(accelerator => accelerator.Id);
        return new Scenario
        {
            Name = "big search",
            Streams =
            [
                new Workload
                {
                    People = 1000,
                    ActiveAtPeak = 0.3,
                    RequestsPerActiveUserPerHour = 12,
                    Hours = WorkingHours.Always,
                    PromptTokens = new TokenLengths(1800, 4000),
                    OutputTokens = new TokenLengths(250, 600),
                    GrowthPerYear = PlanningRange.Single(1.2),
                },
            ],
            Objectives = new Objectives
            {
                Ttft = new LatencyObjective(0.95, new Duration(2)),
                Tpot = new LatencyObjective(0.95, new Duration(0.05)),
                Confidence = 0.9,
            },
            Models = new ModelChoice
            {
                Candidates = [.. Models],
                AreNamed = true,
                WeightFormats = ["fp8", "int4", "nvfp4", "Q8_0", "Q4_K_M"],
                // No format is left out for its quality.
                MaximumQualityLoss = 1,
            },
            Deployment = new DeploymentRules
            {
                Allow = ["rent", "buy"],
                Accelerators = [.. accelerators],
                Data = catalog.DataClasses.Find("internal"),
            },
            Budget = new Budget(),
        };
    }

    private static void Line(int count, string what) => Console.WriteLine(Invariant($"{count, 12:N0} {what}"));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
