using Loadline.Catalog;

namespace Loadline.Prediction;

/// <summary>Intervals of what was compared with whole runs, of the engine and kind of model of a deployment.</summary>
/// <param name="Catalog">Where they stand; null knows none.</param>
/// <param name="Engine">Engine id.</param>
/// <param name="HasExperts">Whether the model has experts.</param>
public sealed record DeploymentIntervals(CatalogReader? Catalog, string Engine, bool HasExperts)
{
    /// <summary>Fewer deployments say too little of a 90th percentile.</summary>
    private const int FewestDeployments = 8;

    /// <summary>Deployments of one family say nothing of another.</summary>
    private const int FewestFamilies = 2;

    /// <summary>
    /// True for hardware they hold for: constants fitted to whole runs, and the classes of processors, have intervals of
    /// their own.
    /// </summary>
    internal static bool AreOf(Accelerator accelerator, KernelRung rung) =>
        accelerator.Kind != AcceleratorKind.Cpu && rung != KernelRung.EndToEnd;

    /// <summary>The narrowest group with enough deployments; null when not even all engines together have them.</summary>
    /// <param name="quantity">What the interval is about.</param>
    /// <param name="isStated">True when the question leaves no condition open.</param>
    public IntervalConstants? For(PredictedQuantity quantity, bool isStated) =>
        Enough(quantity, Engine, HasExperts, isStated)
        ?? Enough(quantity, Engine, null, isStated)
        ?? Enough(quantity, null, null, isStated);

    private IntervalConstants? Enough(PredictedQuantity quantity, string? engine, bool? experts, bool isStated) =>
        Catalog?.Intervals.Get(IntervalConstants.IdOf(quantity, engine, experts, isStated)) is { } found
        && found.Deployments >= FewestDeployments
        && found.Families >= FewestFamilies
            ? found
            : null;
}
