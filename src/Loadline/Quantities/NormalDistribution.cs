namespace Loadline.Quantities;

/// <summary>The standard normal distribution: what a factor error is drawn from, in logarithms.</summary>
public static class NormalDistribution
{
    /// <summary>Quantile of 95 %, the upper end of a 90 % interval.</summary>
    public const double Z95 = 1.6448536269514722;

    /// <summary>Probability of a value at or below z.</summary>
    /// <remarks>
    /// Marsaglia, "Evaluating the Normal Distribution", Journal of Statistical Software 11(4), 2004: the Taylor series
    /// around zero, and in the tails, where it cancels, Laplace's continued fraction. Both to about 15 digits.
    /// </remarks>
    public static double Probability(double z)
    {
        var size = Math.Abs(z);
        var upper = size < SeriesEnd ? 0.5 - Density(z) * Series(size) : Density(z) / Fraction(size);
        return z >= 0 ? 1 - upper : upper;
    }

    private static double Density(double z) => Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);

    private const double SeriesEnd = 3;

    /// <summary>z + z^3 / 3 + z^5 / (3 x 5) + ..., until a term changes nothing any more.</summary>
    private static double Series(double z)
    {
        var term = z;
        var sum = z;
        for (var i = 3; sum + term > sum; i += 2)
        {
            term *= z * z / i;
            sum += term;
        }
        return sum;
    }

    /// <summary>z + 1 / (z + 2 / (z + 3 / (z + ...))), from the inside out.</summary>
    private static double Fraction(double z)
    {
        var value = z;
        for (var i = 100; i > 0; i--)
            value = z + i / value;
        return value;
    }

    /// <summary>The value that a draw stays below with the given probability.</summary>
    public static double Quantile(double probability)
    {
        if (probability is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "must lie between 0 and 1");

        var low = -9.0;
        var high = 9.0;
        for (var i = 0; i < 12; i++)
        {
            var middle = (low + high) / 2;
            if (Probability(middle) < probability)
                low = middle;
            else
                high = middle;
        }
        // From within 0.0022 every step of Newton's method at least squares the error.
        var z = (low + high) / 2;
        for (var i = 0; i < 4; i++)
        {
            z = Math.Clamp(z - (Probability(z) - probability) / Density(z), low, high);
        }
        return z;
    }
}
