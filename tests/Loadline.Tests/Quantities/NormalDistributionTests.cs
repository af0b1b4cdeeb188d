using CsCheck;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Quantities;

public sealed class NormalDistributionTests
{
    // NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.1 (0.5 added), five digits.
    [Theory]
    [InlineData(0, 0.50000)]
    [InlineData(0.5, 0.69146)]
    [InlineData(1, 0.84134)]
    [InlineData(1.28, 0.89973)]
    [InlineData(1.64, 0.94950)]
    [InlineData(1.65, 0.95053)]
    [InlineData(1.96, 0.97500)]
    [InlineData(2, 0.97725)]
    [InlineData(2.33, 0.99010)]
    [InlineData(3, 0.99865)]
    [InlineData(-1, 0.15866)]
    [InlineData(-2.33, 0.00990)]
    public void Probabilities_are_those_of_the_published_table(double z, double probability) =>
        NormalDistribution.Probability(z).ShouldBe(probability, 0.6e-5);

    // Upper tails: Abramowitz and Stegun, table 26.2 (1964).
    [Theory]
    [InlineData(-4, 3.16712e-5)]
    [InlineData(-5, 2.86652e-7)]
    [InlineData(-6, 9.86588e-10)]
    public void Tails_are_right_to_their_own_size(double z, double probability) =>
        NormalDistribution.Probability(z).ShouldBe(probability, probability * 1e-5);

    // Critical values of the normal distribution, NIST/SEMATECH e-Handbook 1.3.6.7.1, to six digits.
    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.9, 1.281552)]
    [InlineData(0.95, 1.644854)]
    [InlineData(0.975, 1.959964)]
    [InlineData(0.99, 2.326348)]
    [InlineData(0.999, 3.090232)]
    [InlineData(0.05, -1.644854)]
    [InlineData(0.001, -3.090232)]
    public void Quantiles_are_those_of_the_published_table(double probability, double z) =>
        NormalDistribution.Quantile(probability).ShouldBe(z, 1e-6);

    [Fact]
    public void The_upper_end_of_a_90_percent_interval_is_the_95_percent_quantile() =>
        NormalDistribution.Quantile(0.95).ShouldBe(NormalDistribution.Z95, 1e-6);

    [Fact]
    public void A_quantile_is_the_inverse_of_the_probability() =>
        Gen.Double[1e-6, 1 - 1e-6]
            .Sample(probability =>
                Math.Abs(NormalDistribution.Probability(NormalDistribution.Quantile(probability)) - probability) < 1e-9
            );

    [Fact]
    public void Both_tails_are_alike() =>
        Gen.Double[-8, 8]
            .Sample(z => Math.Abs(NormalDistribution.Probability(z) + NormalDistribution.Probability(-z) - 1) < 1e-15);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void A_probability_outside_of_0_and_1_has_no_quantile(double probability) =>
        Should.Throw<ArgumentOutOfRangeException>(() => NormalDistribution.Quantile(probability));
}
