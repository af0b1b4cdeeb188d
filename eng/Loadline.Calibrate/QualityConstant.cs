using Loadline.Catalog;
using Loadline.Planning;

namespace Loadline.Calibrate;

/// <summary>One number that is fitted.</summary>
/// <param name="Touches">Runs whose prediction it changes.</param>
/// <param name="Times">The constants with this one multiplied.</param>
internal sealed record QualityConstant(
    Func<QualityRun, bool> Touches,
    Func<QualityConstants, double, QualityConstants> Times
)
{
    public static readonly QualityConstant SizeExponent = new(
        _ => true,
        (constants, factor) => constants with { SizeExponent = constants.SizeExponent * factor }
    );

    public static readonly QualityConstant ActivationDivergence = new(
        run => run.Rounded!.ActivationBits < RoundedModel.Unrounded,
        (constants, factor) => constants with { ActivationDivergence = constants.ActivationDivergence * factor }
    );

    public static readonly QualityConstant TaskLossPerNat = new(
        run => run.Quantity == QualityQuantity.TaskLoss,
        (constants, factor) => constants with { TaskLossPerNat = constants.TaskLossPerNat * factor }
    );

    public static readonly QualityConstant ImportanceFactor = new(
        run => run.Rounded!.IsTuned,
        (constants, factor) => constants with { ImportanceFactor = Math.Min(1, constants.ImportanceFactor * factor) }
    );

    public static QualityConstant OfFamily(string name) =>
        new(
            run => QualityFit.FamiliesOf(run.Rounded!).Contains(name),
            (constants, factor) =>
            {
                var family = constants.Families[name];
                var changed = family with { DivergenceAtFourBits = family.DivergenceAtFourBits * factor };
                return constants with { Families = constants.Families.SetItem(name, changed) };
            }
        );
}
