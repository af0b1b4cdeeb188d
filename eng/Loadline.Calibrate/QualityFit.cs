using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Planning;

namespace Loadline.Calibrate;

/// <summary>
/// Fits what rounding costs to published losses: the least sum of absolute logarithms, one constant after the other in ever
/// smaller steps. Runs of one base model in one family share a vote.
/// </summary>
/// <remarks>
/// A residual is ln((measured + floor) / (predicted + floor)): a factor where the loss is large, a difference where it is
/// lost in the noise of benchmarks.
/// </remarks>
internal sealed class QualityFit
{
    /// <summary>First and last step, as logarithms.</summary>
    private static readonly double[] Steps = [0.8, 0.4, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01];

    private const int StepsAside = 6;
    private const double Start = 0.1;

    private readonly QualityConstants begin;
    private readonly List<(QualityRun Run, double Weight)> runs;

    public QualityFit(QualityConstants constants, IEnumerable<QualityRun> known)
    {
        var votes = known
            .Where(run => run is { Rounded: not null, Quantity: not null, IsCollapsed: false })
            .GroupBy(run => (run.BaseModel, run.Rounded!.Weights, run.Rounded.Cache, run.Quantity))
            .ToList();
        runs = [.. votes.SelectMany(group => group.Select(run => (run, 1 / Math.Sqrt(group.Count()))))];
        // Nothing of an earlier fit may help: it has seen the models that are left out.
        begin = constants with
        {
            SizeExponent = 0.4,
            ActivationDivergence = 0.0006,
            ImportanceFactor = 0.85,
            TaskLossPerNat = 0.3,
            Families = runs.SelectMany(vote => FamiliesOf(vote.Run.Rounded!))
                .Distinct()
                .ToImmutableDictionary(name => name, FamilyOf),
        };
    }

    public QualityConstants Constants()
    {
        var fitted = begin;
        List<QualityConstant> constants =
        [
            QualityConstant.SizeExponent,
            QualityConstant.ActivationDivergence,
            QualityConstant.TaskLossPerNat,
            .. begin.Families.Keys.Order(StringComparer.Ordinal).Select(QualityConstant.OfFamily),
            QualityConstant.ImportanceFactor,
        ];
        foreach (var step in Steps)
        {
            foreach (var constant in constants)
                fitted = Improve(fitted, constant, step);
        }
        return fitted;
    }

    /// <summary>Of a measurement so small, only the noise is seen.</summary>
    public static double FloorOf(QualityQuantity quantity) =>
        quantity switch
        {
            QualityQuantity.KlDivergence => 0.0005,
            QualityQuantity.PerplexityLoss => 0.004,
            _ => 0.01,
        };

    public static IEnumerable<string> FamiliesOf(RoundedModel model)
    {
        if (model.Weights is { } weights)
            yield return weights;
        if (model.Cache is { } cache)
            yield return cache;
    }

    private QualityFamily FamilyOf(string name)
    {
        var behind = runs.Where(vote => FamiliesOf(vote.Run.Rounded!).Contains(name)).Select(vote => vote.Run).ToList();
        return new QualityFamily
        {
            DivergenceAtFourBits = Start,
            Runs = behind.Select(run => (run.Source, run.Id)).Distinct().Count(),
            Models = behind.Select(run => run.BaseModel).Distinct().Count(),
        };
    }

    private QualityConstants Improve(QualityConstants from, QualityConstant constant, double step)
    {
        var touched = runs.Where(vote => constant.Touches(vote.Run)).ToList();
        var (best, least) = (from, double.PositiveInfinity);
        for (var aside = -StepsAside; aside <= StepsAside; aside++)
        {
            var tried = constant.Times(from, Math.Exp(2 * aside * step / StepsAside));
            var sum = Sum(tried, touched);
            if (sum < least - 1e-12)
                (best, least) = (tried, sum);
        }
        return best;
    }

    private static double Sum(QualityConstants constants, List<(QualityRun Run, double Weight)> votes)
    {
        var loss = new QualityLoss(constants);
        return votes.Sum(vote => vote.Weight * Residual(loss, vote.Run));
    }

    private static double Residual(QualityLoss loss, QualityRun run)
    {
        var quantity = run.Quantity!.Value;
        var floor = FloorOf(quantity);
        var measured = Math.Max(run.Loss, -floor / 2);
        return Math.Abs(Math.Log((measured + floor) / (loss.Of(quantity, run.Rounded!).Value + floor)));
    }
}
