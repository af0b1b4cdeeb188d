namespace Loadline.Simulation;

/// <summary>The gamma distribution of scale 1, whose mean and variance are its shape.</summary>
/// <remarks>
/// Probabilities by the two expansions of Abramowitz and Stegun (1964): the series 6.5.29 and, beyond the mean, the
/// continued fraction 6.5.31.
/// </remarks>
public sealed class GammaDistribution
{
    /// <summary>Below it less than one value in a hundred is not next to 0.</summary>
    public const double SmallestShape = 1e-3;

    /// <summary>Beyond it the values lie within a percent of each other.</summary>
    public const double LargestShape = 1e4;

    private const double Precision = 1e-16;

    private readonly double shape;
    private readonly double logGamma;

    public GammaDistribution(double shape)
    {
        if (shape is not (>= SmallestShape and <= LargestShape))
            throw new ArgumentOutOfRangeException(
                nameof(shape),
                shape,
                $"must be between {SmallestShape} and {LargestShape}"
            );
        this.shape = shape;
        logGamma = LogGamma(shape);
    }

    /// <summary>Probability of a value at or below x.</summary>
    public double Probability(double x)
    {
        if (x <= 0)
            return 0;
        return x < shape + 1 ? Power(x) * Series(x) : 1 - Power(x) * Fraction(x);
    }

    /// <summary>The value that a draw stays below with the given probability.</summary>
    /// <remarks>
    /// Both the probability of less and that of more are log-concave in the logarithm of x, so Newton's method on their
    /// logarithm, begun on the far side, comes ever nearer and never passes the solution.
    /// </remarks>
    public double Quantile(double probability)
    {
        if (probability is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "must lie between 0 and 1");
        return probability <= 0.5 ? FromBelow(probability) : FromAbove(1 - probability);
    }

    private double FromBelow(double probability)
    {
        // P(x) <= x^a / Gamma(a + 1), which for small x is all there is to it.
        var logX = (Math.Log(probability) + logGamma + Math.Log(shape)) / shape;
        const double Negligible = -100;
        if (logX < Negligible)
            return Math.Exp(logX);
        // Boucheron, Lugosi and Massart, "Concentration Inequalities" (2013), section 2.4: P(a - sqrt(2 a t)) <= exp(-t).
        var left = shape - Math.Sqrt(-2 * shape * Math.Log(probability));
        if (left > 0)
            logX = Math.Max(logX, Math.Log(left));
        return Newton(logX, Math.Log(probability), upper: false);
    }

    private double FromAbove(double probability)
    {
        // Same place: Q(a + sqrt(2 a t) + t) <= exp(-t). Up to shape 1 the tail is below that of the exponential.
        var t = -Math.Log(probability);
        var right = shape <= 1 ? t : shape + Math.Sqrt(2 * shape * t) + t;
        return Newton(Math.Log(right), -t, upper: true);
    }

    private double Newton(double logX, double logProbability, bool upper)
    {
        const int Most = 100;
        for (var i = 0; i < Most; i++)
        {
            var x = Math.Exp(logX);
            var density = Power(x);
            var below = x < shape + 1 ? density * Series(x) : 1 - density * Fraction(x);
            var above = x < shape + 1 ? 1 - below : density * Fraction(x);
            var tail = upper ? above : below;
            var step = (logProbability - Math.Log(tail)) * tail / (upper ? -density : density);
            logX += step;
            if (Math.Abs(step) < 1e-9)
                break;
        }
        return Math.Exp(logX);
    }

    /// <summary>x^a exp(-x) / Gamma(a): the density of the logarithm of x.</summary>
    private double Power(double x) => Math.Exp(shape * Math.Log(x) - x - logGamma);

    /// <summary>1 / a + x / (a (a + 1)) + x^2 / (a (a + 1) (a + 2)) + ...</summary>
    private double Series(double x)
    {
        var term = 1 / shape;
        var sum = term;
        for (var n = 1; term > sum * Precision; n++)
        {
            term *= x / (shape + n);
            sum += term;
        }
        return sum;
    }

    /// <summary>1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - 2 (2 - a) / (x + 5 - a - ...))), by Lentz's method.</summary>
    private double Fraction(double x)
    {
        var b = x + 1 - shape;
        var d = 1 / b;
        var c = double.PositiveInfinity;
        var value = d;
        for (var n = 1; ; n++)
        {
            var a = n * (shape - n);
            b += 2;
            d = 1 / (b + a * d);
            c = b + a / c;
            value *= c * d;
            if (Math.Abs(c * d - 1) < 1e-15)
                return value;
        }
    }

    /// <summary>Stirling's series, Abramowitz and Stegun 6.1.41, from 10 on, where five terms leave 1e-13.</summary>
    private static double LogGamma(double x)
    {
        var product = 1.0;
        while (x < 10)
            product *= x++;
        var square = x * x;
        var series =
            (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / square) / square) / square) / square) / x;
        return (x - 0.5) * Math.Log(x) - x + Math.Log(2 * Math.PI) / 2 + series - Math.Log(product);
    }
}
