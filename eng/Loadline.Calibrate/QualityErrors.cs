using Loadline.Catalog;
using Loadline.Planning;
using Loadline.Quantities;

namespace Loadline.Calibrate;

/// <summary>A loss that was predicted without its base model.</summary>
internal sealed record LeftOut(QualityRun Run, double Predicted);

/// <summary>
/// How wide intervals have to be: conformal quantiles of the errors on base models that were left out, every base model
/// counting once.
/// </summary>
internal static class QualityErrors
{
    /// <summary>
    /// Which part is a factor and which an amount is chosen so that intervals that hold nine of ten models are narrowest.
    /// </summary>
    private static readonly double[] Spreads = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.4, 2, 3, 5];

    public static QualityError Of(QualityQuantity quantity, IEnumerable<LeftOut> leftOut)
    {
        var runs = leftOut.Where(one => one.Run.Quantity == quantity).ToList();
        var floor = QualityFit.FloorOf(quantity);
        return Spreads.Select(spread => Errors(runs, floor, spread)).MinBy(error => WidthOf(quantity, runs, error))!;
    }

    private static QualityError Errors(List<LeftOut> runs, double floor, double spread)
    {
        var scores = runs.Select(one => (one.Run.BaseModel, Score: ScoreOf(one, floor, spread))).ToList();
        var eighty = Quantile(scores, 0.8);
        var ninety = Quantile(scores, 0.9);
        return new QualityError
        {
            Factor80 = Rounded(Math.Exp(spread * eighty)),
            Floor80 = Rounded(floor * eighty),
            Factor90 = Rounded(Math.Exp(spread * ninety)),
            Floor90 = Rounded(floor * ninety),
            Models = scores.Select(one => one.BaseModel).Distinct().Count(),
        };
    }

    /// <summary>Mean over base models of the width of what is left of an interval above no loss, as a logarithm.</summary>
    private static double WidthOf(QualityQuantity quantity, List<LeftOut> runs, QualityError error)
    {
        var least = QualityFit.FloorOf(quantity);
        return runs.GroupBy(one => one.Run.BaseModel)
            .Average(group =>
                group.Average(one =>
                    Math.Log(
                        (one.Predicted * error.Factor90 + error.Floor90 + least)
                            / (Math.Max(0, one.Predicted / error.Factor90 - error.Floor90) + least)
                    )
                )
            );
    }

    public static double Rounded(double value) =>
        double.Parse(
            value.ToString("G3", System.Globalization.CultureInfo.InvariantCulture),
            System.Globalization.CultureInfo.InvariantCulture
        );

    /// <summary>The least multiple of the shape with which the interval holds the loss.</summary>
    private static double ScoreOf(LeftOut one, double floor, double spread)
    {
        const double Most = 100;
        var (low, high) = (0.0, Most);
        for (var i = 0; i < 60; i++)
        {
            var middle = (low + high) / 2;
            var factor = Math.Exp(spread * middle);
            var isInside =
                one.Predicted / factor - floor * middle <= one.Run.Loss + one.Run.Noise
                && one.Run.Loss - one.Run.Noise <= one.Predicted * factor + floor * middle;
            (low, high) = isInside ? (low, middle) : (middle, high);
        }
        return high;
    }

    private static double Quantile(List<(string BaseModel, double Score)> scores, double coverage)
    {
        var models = scores.GroupBy(one => one.BaseModel).ToList();
        var votes = models
            .SelectMany(group => group.Select(one => (one.Score, Weight: 1.0 / group.Count())))
            .OrderBy(vote => vote.Score)
            .ToList();
        // The finite-sample correction of split conformal prediction: (n + 1) / n of the coverage.
        var wanted = Math.Min(1, coverage * (models.Count + 1) / models.Count) * models.Count;
        var sum = 0.0;
        foreach (var (score, weight) in votes)
        {
            sum += weight;
            if (sum >= wanted - 1e-9)
                return score;
        }
        return votes[^1].Score;
    }
}
