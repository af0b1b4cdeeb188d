using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Planning;

namespace Loadline.Benchmarks;

/// <summary>A whole plan over all rental offers; the goal is 100,000 candidates per second and core.</summary>
[MemoryDiagnoser]
public class PlanBenchmark
{
    private const string Scenario = """
        {
          "task": "customer-support",
          "workload": { "people": 4000 },
          "objectives": { "ttft": { "p95": "3 s" } },
          "models": {
            "candidates": ["meta-llama/Llama-3.1-8B-Instruct", "Qwen/Qwen3-32B", "meta-llama/Llama-3.3-70B-Instruct"]
          }
        }
        """;

    private readonly Planner planner;
    private readonly Planner verifying;
    private readonly Scenario scenario;

    public PlanBenchmark()
    {
        var catalog = new CatalogReader();
        var source = new ModelSource(catalog);
        var models = new Dictionary<string, Model>();
        planner = new Planner(
            catalog,
            name => models.TryGetValue(name, out var model) ? model : models[name] = source.Read(name)
        )
        {
            Verifies = false,
            AsksWhatIf = false,
        };
        verifying = new Planner(catalog, name => models[name]) { AsksWhatIf = false };
        using var document = JsonDocument.Parse(Scenario);
        scenario = new ScenarioReader(catalog).Read("benchmark", document.RootElement);
        Candidates = planner.Plan(scenario).CandidatesConsidered;
    }

    /// <summary>Combinations one plan looks at; divide by the time for the rate.</summary>
    public int Candidates { get; }

    /// <summary>The search alone.</summary>
    [Benchmark]
    public Plan Plan() => planner.Plan(scenario);

    /// <summary>The search, and its finalists simulated.</summary>
    [Benchmark]
    public Plan PlanAndSimulate() => verifying.Plan(scenario);
}
