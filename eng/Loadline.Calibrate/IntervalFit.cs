using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Calibrate;

/// <summary>
/// Measures how far off predictions were, by quantity, engine and kind of model. The half-width is the conformal 90 %
/// quantile of the absolute logarithm of measured over predicted, where every deployment has one vote that its rows
/// share. Accelerators with intervals of their own do not teach it.
/// </summary>
internal sealed class IntervalFit(CsvTable table)
{
    private const double Coverage = 0.9;

    private readonly CatalogReader catalog = new();

    public JsonObject Document()
    {
        var residuals = Residuals().ToList();
        var entries = residuals
            .SelectMany(Groups)
            .GroupBy(pair => pair.Group, pair => pair.Residual)
            .OrderBy(group =>
                IntervalConstants.IdOf(group.Key.Quantity, group.Key.Engine, group.Key.Experts, group.Key.Stated)
            )
            .Select(group => Entry(group.Key, [.. group]));
        return new JsonObject
        {
            ["$schema"] = "schemas/intervals.schema.json",
            ["intervals"] = new JsonArray([.. entries]),
        };
    }

    private IEnumerable<Residual> Residuals()
    {
        var models = new ModelSource(catalog);
        var cases = Validation.Of(table, catalog, models, withCases: true).Cases!.Value.ToDictionary(one => one.Id);
        var scoring = new InferenceScoring(catalog, models);
        foreach (var conditions in InferenceScoring.Runs(table).Select(run => run.Conditions))
        {
            if (
                !cases.TryGetValue(conditions.Stated.Id, out var scored)
                || scored.Predicted is not { } predicted
                || QuantityOf(conditions) is not { } quantity
                || scoring.AcceleratorOf(conditions) is not { } accelerator
                || scoring.ModelOf(conditions).Model is not { } model
            )
                continue;
            var name = conditions.Engine.Split('@');
            var engine = catalog.Engines.Find(name[0]);
            var rules = engine.RulesFor(name.Length > 1 ? name[1] : null);
            var isDisaggregated = DisaggregatedLayout.IsMeant(conditions, model.Architecture);
            var hardware = catalog.Accelerators.Find(accelerator);
            var rung = catalog.Kernels.For(hardware, engine, rules).Rung;
            // Hardware that no class was fitted on has a factor of its own and says nothing of the others.
            var isTransferred = rung >= KernelRung.EngineClass && PredictionError.IsOtherVendor(hardware);
            if (isTransferred || !DeploymentIntervals.AreOf(hardware, rung))
                continue;
            yield return new Residual(
                quantity,
                isDisaggregated ? DeploymentIntervals.Disaggregated : rules.Kernels ?? engine.Id,
                model.Id,
                model.Architecture,
                isDisaggregated || conditions.IsFullyStated,
                scored.Deployment,
                Math.Abs(Math.Log(scored.Measured / predicted.Value))
            );
        }
    }

    /// <summary>Null for what the intervals do not tell apart, such as whole requests.</summary>
    private static PredictedQuantity? QuantityOf(InferenceConditions conditions) =>
        conditions.Metric switch
        {
            "tpot_ms_mean_or_median" or "tpot_ms_mean" or "tpot_ms_median" or "decode_tok_s_per_seq" =>
                PredictedQuantity.TimePerToken,
            "prefill_tok_s" => PredictedQuantity.FirstTokenAlone,
            "ttft_ms_mean_or_median" or "ttft_ms_mean" or "ttft_ms_median" => conditions
                is { Scenario: "server" or "server-disagg" }
                    and not { Concurrency: 1 }
                ? PredictedQuantity.FirstTokenUnderLoad
                : PredictedQuantity.FirstTokenAlone,
            "output_tok_s_total" or "total_tok_s" or "requests_s" when conditions.Rate is null =>
                PredictedQuantity.Throughput,
            _ => null,
        };

    private static IEnumerable<(Group Group, Residual Residual)> Groups(Residual residual)
    {
        var stated = residual.IsStated;
        yield return (
            new Group(residual.Quantity, residual.Engine, residual.Architecture.HasExperts, stated),
            residual
        );
        yield return (new Group(residual.Quantity, residual.Engine, null, stated), residual);
        if (residual.Engine != DeploymentIntervals.Disaggregated)
            yield return (new Group(residual.Quantity, null, null, stated), residual);
    }

    private static JsonObject Entry(Group group, IReadOnlyList<Residual> residuals)
    {
        var votes = residuals
            .GroupBy(residual => residual.Deployment)
            .SelectMany(rows => rows.Select(row => (row.Size, Weight: 1.0 / rows.Count())))
            .OrderBy(vote => vote.Size)
            .ToList();
        var deployments = residuals.Select(residual => residual.Deployment).Distinct().Count();
        // The finite-sample correction of split conformal prediction: (n + 1) / n of the coverage.
        var wanted = Math.Min(1, Coverage * (deployments + 1) / deployments) * deployments;
        var sum = 0.0;
        var size = votes[^1].Size;
        foreach (var vote in votes)
        {
            sum += vote.Weight;
            if (sum < wanted)
                continue;
            size = vote.Size;
            break;
        }
        var entry = new JsonObject { ["quantity"] = JsonNamingPolicy.CamelCase.ConvertName($"{group.Quantity}") };
        if (group.Engine is { } engine)
            entry["engine"] = engine;
        if (group.Experts is { } experts)
            entry["experts"] = experts;
        entry["stated"] = group.Stated;
        entry["factor"] = Math.Round(Math.Exp(size), 2);
        entry["deployments"] = deployments;
        entry["models"] = residuals.Select(residual => residual.Model).Distinct(StringComparer.Ordinal).Count();
        entry["layers"] = new JsonArray([
            .. residuals
                .SelectMany(residual => LayerKinds.Of(residual.Architecture))
                .Distinct()
                .Order(StringComparer.Ordinal)
                .Select(kind => JsonValue.Create(kind)),
        ]);
        entry["source"] = "published runs compared with predictions";
        entry["retrieved"] = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return entry;
    }

    private sealed record Group(PredictedQuantity Quantity, string? Engine, bool? Experts, bool Stated);

    private sealed record Residual(
        PredictedQuantity Quantity,
        string Engine,
        string Model,
        Architecture Architecture,
        bool IsStated,
        string Deployment,
        double Size
    );
}
