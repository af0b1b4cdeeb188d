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

    public double PerplexityLossOf(RoundedModel model) => PerplexityLossAt(DivergenceOf(model));

    public double TaskLossOf(RoundedModel model) => TaskLossAt(DivergenceOf(model));

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

    private static double Share(QualityFamily? family, double bits) =>
        family is null ? 0 : family.DivergenceAtFourBits * Math.Pow(PowerPerBit, BitsOfFamilies - bits);

    private static double PerplexityLossAt(double divergence) => Math.Exp(divergence) - 1;

    private double TaskLossAt(double divergence) => 1 - Math.Exp(-constants.TaskLossPerNat * divergence);

    /// <summary>Nothing is uncertain about what is not rounded.</summary>
    private static Estimate Within(double value, QualityError error, Interval interval, Evidence evidence)
    {
        if (value == 0)
            return Estimate.Exact(0, evidence);
        var (factor, floor) =
            interval == Interval.Eighty ? (error.Factor80, error.Floor80) : (error.Factor90, error.Floor90);
        return new Estimate(value, value / factor - floor, value * factor + floor, evidence);
    }

    private static Evidence EvidenceOf(RoundedModel model) =>
        !model.IsRounded ? Evidence.Measured
        : model.Weights is { Runs: 0 } || model.Cache is { Runs: 0 } ? Evidence.Assumed
        : Evidence.Modelled;
}

/// <summary>How many of the models lie inside.</summary>
public enum Interval
{
    Eighty,
    Ninety,
}
