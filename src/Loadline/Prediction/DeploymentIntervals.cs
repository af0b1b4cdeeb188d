using Loadline.Catalog;

namespace Loadline.Prediction;

/// <summary>Intervals of what was compared with whole runs, of the engine and kind of model of a deployment.</summary>
/// <param name="Catalog">Where they stand; null knows none.</param>
/// <param name="Engine">Engine id.</param>
/// <param name="HasExperts">Whether the model has experts.</param>
public sealed record DeploymentIntervals(CatalogReader? Catalog, string Engine, bool HasExperts)
{
    /// <summary>Name under which prefill and decode on devices of their own are compared, whatever the engine.</summary>
    public const string Disaggregated = "disaggregated";

    /// <summary>Fewer deployments say too little of a 90th percentile.</summary>
    private const int FewestDeployments = 8;

    /// <summary>Deployments of one model say nothing of another.</summary>
    private const int FewestModels = 2;

    /// <summary>
    /// True for hardware they hold for: constants fitted to whole runs, and the classes of processors, have intervals of
    /// their own.
    /// </summary>
    internal static bool AreOf(Accelerator accelerator, KernelRung rung) =>
        accelerator.Kind != AcceleratorKind.Cpu && rung != KernelRung.EndToEnd;

    /// <summary>
    /// The narrowest group with enough deployments; null when not even all engines together have them. Fewer deployments
    /// of an engine that are further off widen that of all engines, which counts as much as enough of them.
    /// </summary>
    /// <param name="quantity">What the interval is about.</param>
    /// <param name="isStated">True when the question leaves no condition open.</param>
    public IntervalConstants? For(PredictedQuantity quantity, bool isStated)
    {
        if ((Enough(quantity, Engine, HasExperts, isStated) ?? Enough(quantity, Engine, null, isStated)) is { } own)
            return own;
        var all = Enough(quantity, null, null, isStated);
        return
            Group(quantity, Engine, null, isStated) is { Deployments: < FewestDeployments } few
            && few.Factor > all?.Factor
            ? all with
            {
                Factor =
                    all.Factor
                    * Math.Pow(
                        few.Factor / all.Factor,
                        few.Deployments / (double)(few.Deployments + FewestDeployments)
                    ),
            }
            : all;
    }

    private IntervalConstants? Enough(PredictedQuantity quantity, string? engine, bool? experts, bool isStated) =>
        Group(quantity, engine, experts, isStated) is { } found
        && found.Deployments >= FewestDeployments
        && found.Models >= FewestModels
            ? found
            : null;

    private IntervalConstants? Group(PredictedQuantity quantity, string? engine, bool? experts, bool isStated) =>
        Catalog?.Intervals.Get(IntervalConstants.IdOf(quantity, engine, experts, isStated));
}
