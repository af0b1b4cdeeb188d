using Loadline.Catalog;

namespace Loadline.Prediction;

/// <summary>Intervals of what was compared with whole runs, of the engine and kind of model of a deployment.</summary>
/// <param name="Catalog">Where they stand; null knows none.</param>
/// <param name="Engine">Engine id.</param>
/// <param name="HasExperts">Whether the model has experts.</param>
public sealed record DeploymentIntervals(CatalogReader? Catalog, string Engine, bool HasExperts)
{
    /// <summary>Fewer deployments say too little of a 90th percentile.</summary>
    private const int FewestDeployments = 10;

    /// <summary>The narrowest group with enough deployments; null when not even all engines together have them.</summary>
    public IntervalConstants? For(PredictedQuantity quantity) =>
        Enough(quantity, Engine, HasExperts) ?? Enough(quantity, Engine, null) ?? Enough(quantity, null, null);

    private IntervalConstants? Enough(PredictedQuantity quantity, string? engine, bool? experts) =>
        Catalog?.Intervals.Get(IntervalConstants.IdOf(quantity, engine, experts)) is { } found
        && found.Deployments >= FewestDeployments
            ? found
            : null;
}
