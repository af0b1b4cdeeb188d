using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Simulation;

/// <summary>Plays measured runs again and scores every statistic of them.</summary>
public sealed class ReplayScoring(CatalogReader catalog, ModelSource models)
{
    private readonly DeploymentBuilder builder = new(catalog);

    public ValidationAnswer Score(string file, IReadOnlyList<MeasuredRun> runs, bool withCases) =>
        Scoring.Answer(file, "runs played again", [.. runs.SelectMany(CasesOf)], [], withCases);

    private IEnumerable<ScoredCase> CasesOf(MeasuredRun run)
    {
        var (deployment, refused) = DeploymentOf(run);
        var played = deployment is null ? [] : Play(run, deployment);
        var evidence = deployment is null ? Evidence.Assumed : PredictionError.Of(deployment).Evidence;
        foreach (var window in run.Windows)
        {
            foreach (var time in window.Times)
            {
                var predicted = played.IsEmpty ? null : Between(time, window, played, evidence);
                yield return new ScoredCase
                {
                    Id = window.Name.Length == 0 ? run.Id : $"{run.Id}, {window.Name}",
                    Metric = time.Name,
                    Deployment = $"{run.Id}|{window.Name}",
                    Slices = [$"model {run.Model}", $"accelerator {run.Accelerator}"],
                    Measured = time.Seconds,
                    Predicted = predicted,
                    Refused = refused ?? (predicted is null ? "no request could be served" : null),
                };
            }
        }
    }

    private static Estimate? Between(
        MeasuredTime time,
        MeasuredWindow window,
        ImmutableArray<SimulationRun> played,
        Evidence evidence
    )
    {
        var values = played.Select(run => time.Of(Within(run, window))).ToList();
        return values.Exists(double.IsNaN) ? null : new Estimate(values[0], values.Min(), values.Max(), evidence);
    }

    private static ReadOnlySpan<RequestRecord> Within(SimulationRun run, MeasuredWindow window)
    {
        var requests = run.Requests.Span;
        var from = 0;
        while (from < requests.Length && requests[from].ArrivalSeconds < window.FromSeconds)
            from++;
        var to = from;
        while (to < requests.Length && requests[to].ArrivalSeconds < window.ToSeconds)
            to++;
        return requests[from..to];
    }

    /// <summary>Once as predicted, once slower and once faster by what the prediction may be off.</summary>
    private static ImmutableArray<SimulationRun> Play(MeasuredRun run, Deployment deployment)
    {
        var error = PredictionError.Of(deployment).Factor;
        var lengths = TypicalLengths.Of(run.Arrivals);
        return [.. ((double[])[1, error, 1 / error]).Select(Once)];

        SimulationRun Once(double slowdown) =>
            Simulator.Run(
                new Cluster
                {
                    Serving = ClusterBuilder.Pool(
                        deployment,
                        1,
                        new StepTimes(deployment, null, slowdown),
                        lengths,
                        run.Scheduling
                    ),
                    FrontDoor = FrontDoor.Usual.Times(slowdown),
                },
                new TraceTraffic(run.Arrivals)
            );
    }

    private (Deployment? Deployment, string? Refused) DeploymentOf(MeasuredRun run)
    {
        try
        {
            var model = models.Read(run.Model);
            var accelerator = AcceleratorNames.Resolve(run.Accelerator);
            var id =
                AcceleratorNames.IdOf(accelerator, catalog)
                ?? throw new UnknownNameException("accelerator", run.Accelerator, [], ambiguous: false);
            var weights = run.Precision is null
                ? null
                : MeasuredFormats.RecipeOf(run.Precision.ToLowerInvariant(), model.Architecture);
            var built = builder.TryBuild(
                new DeploymentRequest
                {
                    Model = model,
                    Accelerator = catalog.Accelerators.Find(id),
                    Weights = weights,
                    Engine = run.Engine,
                    Parallelism = run.Parallelism,
                    Context = run.LongestSequence,
                },
                out var reason
            );
            return (built?.Deployment, reason);
        }
        catch (Exception exception) when (exception is UnknownNameException or BadContentException)
        {
            return (null, exception.Message);
        }
    }
}
