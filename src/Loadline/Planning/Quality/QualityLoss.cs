using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What rounding costs a model: divergence, perplexity and task scores, each with its interval.</summary>
/// <remarks>
/// K = (8e9 / N)^a x (c_w 4^(4 - b_w) + c_a 4^(8 - b_a) + c_k 4^(4 - b_k)) nats per token: error powers of independent
/// roundings add. Perplexity: exp(K) - 1, exact where the text is as the model itself would write it. Task scores:
/// 1 - exp(-k K), a share of what is right is lost per nat. docs/quality.md has the evidence.
/// </remarks>
public sealed class QualityLoss(QualityConstants constants)
{
    private const double BitsOfFamilies = 4;
    private const double BitsOfActivations = 8;

    /// <summary>Error power grows fourfold with a bit less.</summary>
    private const double PowerPerBit = 4;

    /// <summary>
    /// How much further off a format may be that nobody measured. From error powers on normally distributed weights, as such
    /// formats are taken over, fp8 and nvfp4 come out within a factor of 2.1 of what was measured and mxfp4 within 1.3
    /// (docs/quality.md).
    /// </summary>
    private const double StandInFactor = 2.1;

    /// <summary>Mean over tokens, nats.</summary>
    public double DivergenceOf(RoundedModel model)
    {
        if (!model.IsRounded)
            return 0;
        var weights = Share(model.Weights, model.WeightBits) * (model.IsTuned ? constants.ImportanceFactor : 1);
        var activations =
            model.ActivationBits < RoundedModel.Unrounded
                ? constants.ActivationDivergence * Math.Pow(PowerPerBit, BitsOfActivations - model.ActivationBits)
                : 0;
        var cache = Share(model.Cache, model.CacheBits);
        return SensitivityOf(model) * (weights + activations + cache);
    }

    /// <summary>
    /// Share of a task score that a measured divergence costs. What is left uncertain is how much a nat costs: of the error of
    /// predicted losses, that of predicted divergences is taken out, in logarithms and squares.
    /// </summary>
    public Estimate TaskLossOfMeasured(Estimate divergence)
    {
        var factor = Math.Exp(
            Math.Sqrt(
                Math.Max(
                    0,
                    Square(Math.Log(constants.TaskError.Factor90))
                        - Square(Math.Log(constants.DivergenceError.Factor90))
                )
            )
        );
        return new Estimate(
            TaskLossAt(divergence.Value),
            TaskLossAt(divergence.Low) / factor,
            TaskLossAt(divergence.High) * factor,
            Evidence.Modelled
        );
    }

    private static double Square(double value) => value * value;

    public double PerplexityLossOf(RoundedModel model) => PerplexityLossAt(DivergenceOf(model));

    public double TaskLossOf(RoundedModel model) => TaskLossAt(DivergenceOf(model));

    /// <summary>The quantity that was measured.</summary>
    public Estimate Of(QualityQuantity quantity, RoundedModel model, Interval interval = Interval.Ninety) =>
        quantity switch
        {
            QualityQuantity.KlDivergence => KlDivergence(model, interval),
            QualityQuantity.PerplexityLoss => PerplexityLoss(model, interval),
            _ => TaskLoss(model, interval),
        };

    public Estimate KlDivergence(RoundedModel model, Interval interval = Interval.Ninety) =>
        Within(DivergenceOf(model), constants.DivergenceError, interval, EvidenceOf(model));

    public Estimate PerplexityLoss(RoundedModel model, Interval interval = Interval.Ninety) =>
        Within(PerplexityLossOf(model), constants.PerplexityError, interval, EvidenceOf(model));

    public Estimate TaskLoss(RoundedModel model, Interval interval = Interval.Ninety) =>
        Within(TaskLossOf(model), constants.TaskError, interval, EvidenceOf(model));

    /// <summary>
    /// How much the model diverges beside the reference model. One with experts counts as one of the geometric mean of its
    /// parameters and those a token uses: too few were measured to tell, and the total alone would promise more.
    /// </summary>
    private double SensitivityOf(RoundedModel model)
    {
        var size = Math.Sqrt((double)model.Parameters * model.ActiveParameters);
        return Math.Pow(constants.ReferenceParameters / size, constants.SizeExponent);
    }

    private double Share(string? family, double bits) =>
        family is null ? 0 : FamilyOf(family).DivergenceAtFourBits * Math.Pow(PowerPerBit, BitsOfFamilies - bits);

    /// <exception cref="BadContentException">A format of the catalog names a family that is not there.</exception>
    private QualityFamily FamilyOf(string name) =>
        constants.Families.GetValueOrDefault(name)
        ?? throw new BadContentException(
            "quality.json",
            "families",
            "no such family",
            $"\"{name}\", which a format names"
        );

    private static double PerplexityLossAt(double divergence) => Math.Exp(divergence) - 1;

    private double TaskLossAt(double divergence) => 1 - Math.Exp(-constants.TaskLossPerNat * divergence);

    /// <summary>Nothing is uncertain about what is not rounded.</summary>
    private static Estimate Within(double value, QualityError error, Interval interval, Evidence evidence)
    {
        if (value == 0)
            return Estimate.Exact(0, evidence);
        var (factor, floor) =
            interval == Interval.Eighty ? (error.Factor80, error.Floor80) : (error.Factor90, error.Floor90);
        if (evidence == Evidence.Assumed)
            factor *= StandInFactor;
        return new Estimate(value, value / factor - floor, value * factor + floor, evidence);
    }

    private Evidence EvidenceOf(RoundedModel model)
    {
        if (!model.IsRounded)
            return Evidence.Measured;
        string?[] families = [model.Weights, model.Cache];
        return families.Any(family => family is not null && FamilyOf(family).Runs == 0)
            ? Evidence.Assumed
            : Evidence.Modelled;
    }
}

/// <summary>How many of the models lie inside.</summary>
public enum Interval
{
    Eighty,
    Ninety,
}
