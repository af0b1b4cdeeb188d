namespace Loadline.Quantities;

/// <summary>The standard normal distribution: what a factor error is drawn from, in logarithms.</summary>
public static class NormalDistribution
{
    /// <summary>Quantile of 95 %, the upper end of a 90 % interval.</summary>
    public const double Z95 = 1.6448536269514722;

    /// <summary>Probability of a value at or below z.</summary>
    /// <remarks>Abramowitz and Stegun 7.1.26, absolute error below 1.5e-7.</remarks>
    public static double Probability(double z)
    {
        var x = Math.Abs(z) / Math.Sqrt(2);
        var t = 1 / (1 + 0.3275911 * x);
        var series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
        var upper = series * Math.Exp(-x * x) / 2;
        return z >= 0 ? 1 - upper : upper;
    }

    /// <summary>The value that a draw stays below with the given probability.</summary>
    public static double Quantile(double probability)
    {
        if (probability is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "must lie between 0 and 1");

        var low = -9.0;
        var high = 9.0;
        for (var i = 0; i < 60; i++)
        {
            var middle = (low + high) / 2;
            if (Probability(middle) < probability)
                low = middle;
            else
                high = middle;
        }
        return (low + high) / 2;
    }
}
