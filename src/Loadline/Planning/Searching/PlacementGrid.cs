using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>One point of the grid, without the devices.</summary>
/// <param name="Weights">Name of the format, or <c>as-stored</c>.</param>
/// <param name="KvCache">Name of the format; null for the model's own.</param>
/// <param name="Engine">Name, with or without version; null for the default of the hardware.</param>
/// <param name="Outlook">What the two formats cost in quality.</param>
internal sealed record Placement(string Weights, string? KvCache, string? Engine, QualityOutlook Outlook);

/// <summary>Formats of weights and cache and engines that a search tries for a model.</summary>
internal sealed class PlacementGrid(CatalogReader catalog, Scenario scenario)
{
    public const string AsStored = "as-stored";

    /// <summary>Loss of a task score beyond which a format is left out where the scenario sets no limit; a norm of ours.</summary>
    public const double UsualMaximumLoss = 0.03;

    private static readonly string[] NarrowWeights = ["fp8", "int4", "nvfp4", "Q8_0", "Q4_K_M"];
    private static readonly string?[] Caches = [null, "fp8"];

    /// <summary>Engines that serve many at once; llama.cpp comes in by itself where the format or hardware is its own.</summary>
    private static readonly string[] UsualEngines = ["vllm", "sglang", "tensorrt-llm"];

    private readonly QualityPredictor quality = new(catalog);

    private double MaximumLoss => scenario.Models.MaximumQualityLoss ?? UsualMaximumLoss;

    public ImmutableArray<Placement> Of(Model model, Action<Rejection> reject)
    {
        var placements = new List<Placement>();
        foreach (var weights in WeightsOf(model))
        {
            foreach (var cache in Caches)
            {
                var outlook = OutlookOf(model, weights, cache);
                if (outlook.TaskLoss.High > MaximumLoss)
                {
                    if (cache is null)
                        reject(TooLossy(model, weights, outlook));
                    continue;
                }
                placements.AddRange(
                    EnginesOf(weights)
                        .Where(engine => cache is null || Offers(engine, cache))
                        .Select(engine => new Placement(weights, cache, engine, outlook))
                );
            }
        }
        return [.. placements];
    }

    /// <summary>What a format costs this model.</summary>
    public QualityOutlook OutlookOf(Model model, string weights, string? cache)
    {
        var architecture = model.Architecture;
        var released =
            weights == AsStored || weights.Equals(model.StoredWeights.Name, StringComparison.OrdinalIgnoreCase);
        var name = weights == AsStored ? model.StoredWeights.Name : weights;
        return quality.Of(
            model.Id,
            name,
            released,
            cache,
            architecture.Tensors.Parameters,
            architecture.Tensors.ActiveParameters
        );
    }

    private IEnumerable<string> WeightsOf(Model model)
    {
        var asked = scenario.Models.WeightFormats;
        yield return AsStored;
        // What was published in a narrow format is served in it.
        if (model.Architecture.StoredFormat is not null)
            yield break;
        foreach (var format in asked.IsEmpty ? NarrowWeights : [.. asked])
        {
            if (!format.Equals(model.StoredWeights.Name, StringComparison.OrdinalIgnoreCase) && format != AsStored)
                yield return format;
        }
    }

    private ImmutableArray<string?> EnginesOf(string weights)
    {
        var named = scenario.Deployment.Engines;
        if (!named.IsEmpty)
            return [.. named];
        return IsGguf(weights) ? ["llama.cpp"] : [.. UsualEngines, "llama.cpp"];
    }

    private bool Offers(string? engine, string cache) =>
        engine is null
        || catalog.Engines.Find(engine.Split('@')[0]).KvFormats.Contains(cache, StringComparer.OrdinalIgnoreCase);

    /// <summary>By the names that formats of llama.cpp have.</summary>
    public static bool IsGguf(string weights) =>
        weights.StartsWith('Q') || weights.StartsWith("IQ", StringComparison.Ordinal);

    private Rejection TooLossy(Model model, string weights, QualityOutlook outlook) =>
        new(
            $"{model.Id} {weights}",
            RejectionKind.Quality,
            string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"may cost {outlook.TaskLoss.High * 100:0.#} % of a task score, and {MaximumLoss * 100:0.##} % is the limit{(scenario.Models.MaximumQualityLoss is null ? " where none is given" : "")}"
            )
        );
}
