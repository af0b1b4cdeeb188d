using CsCheck;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

public sealed class GammaDistributionTests
{
    // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.4: half of a chi-square with n degrees of freedom is
    // gamma distributed with shape n / 2.
    [Theory]
    [InlineData(1, 0.90, 2.706)]
    [InlineData(1, 0.95, 3.841)]
    [InlineData(1, 0.999, 10.828)]
    [InlineData(2, 0.95, 5.991)]
    [InlineData(5, 0.05, 1.145)]
    [InlineData(5, 0.99, 15.086)]
    [InlineData(10, 0.01, 2.558)]
    [InlineData(10, 0.95, 18.307)]
    [InlineData(30, 0.90, 40.256)]
    [InlineData(100, 0.05, 77.929)]
    [InlineData(100, 0.975, 129.561)]
    [InlineData(100, 0.999, 149.449)]
    public void Quantiles_are_those_of_the_published_chi_square_table(int freedom, double probability, double value) =>
        (2 * new GammaDistribution(freedom / 2.0).Quantile(probability)).ShouldBe(value, 0.5e-3);

    // mpmath 1.3, bisection of gammainc(a, 0, x, regularized=True) at 30 digits.
    [Theory]
    [InlineData(0.01, 0.5, 4.46553501891035e-31)]
    [InlineData(0.01, 0.999, 1.50908414769475)]
    [InlineData(0.25, 0.1, 6.75006238563397e-5)]
    [InlineData(0.25, 0.5, 0.0436738023528734)]
    [InlineData(0.25, 0.99, 2.43388542219703)]
    [InlineData(0.5, 0.001, 7.85398574631245e-7)]
    [InlineData(2.5, 0.3, 1.49995406637995)]
    [InlineData(10, 0.999, 22.6573733090629)]
    [InlineData(100, 0.5, 99.6668649193155)]
    [InlineData(100, 1e-6, 59.4363206981229)]
    [InlineData(10_000, 0.25, 9932.37056490419)]
    public void Quantiles_are_those_of_a_program_with_more_digits(double shape, double probability, double value) =>
        new GammaDistribution(shape).Quantile(probability).ShouldBe(value, value * 1e-11);

    [Fact]
    public void Shape_1_is_the_exponential_distribution() =>
        Gen.Double[1e-9, 1 - 1e-9]
            .Sample(probability =>
            {
                var expected = -Math.Log(1 - probability);
                // The difference to 1 is known to 2e-16.
                return Math.Abs(new GammaDistribution(1).Quantile(probability) - expected) < 1e-12 * expected + 2e-16;
            });

    [Fact]
    public void A_quantile_is_the_inverse_of_the_probability() =>
        Gen.Select(Gen.Double[-3, 4], Gen.Double[1e-12, 1 - 1e-12])
            .Sample(
                (logShape, probability) =>
                {
                    var distribution = new GammaDistribution(Math.Clamp(Math.Pow(10, logShape), 1e-3, 1e4));
                    var value = distribution.Quantile(probability);
                    // Of the smallest shapes most values are too small to be written.
                    return value < 1e-300
                        ? distribution.Probability(1e-300) >= probability
                        : Math.Abs(distribution.Probability(value) - probability) < 1e-10;
                }
            );

    [Fact]
    public void The_smallest_and_largest_probabilities_have_quantiles() =>
        Gen.Double[-3, 4]
            .Sample(logShape =>
            {
                var distribution = new GammaDistribution(Math.Clamp(Math.Pow(10, logShape), 1e-3, 1e4));
                var least = distribution.Quantile(0.5 / (1L << 53));
                var most = distribution.Quantile(1 - 1.0 / (1L << 53));
                return least >= 0 && most > least && double.IsFinite(most);
            });

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1e-4, 0.5)]
    [InlineData(1e5, 0.5)]
    [InlineData(double.NaN, 0.5)]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(1, double.NaN)]
    public void What_lies_outside_is_refused(double shape, double probability) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new GammaDistribution(shape).Quantile(probability));
}
