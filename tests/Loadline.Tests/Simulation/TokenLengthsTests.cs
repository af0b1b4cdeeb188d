using CsCheck;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

public sealed class TokenLengthsTests
{
    private static readonly Gen<TokenLengths> Lengths = Gen.Select(Gen.Double[1, 100_000], Gen.Double[1, 3.8])
        .Select((mean, ratio) => new TokenLengths(mean, mean * ratio));

    [Fact]
    public void The_95th_percentile_is_the_one_given() =>
        Lengths.Sample(lengths => Math.Abs(lengths.Percentile(0.95) / lengths.P95 - 1) < 1e-5);

    [Fact]
    public void The_mean_of_all_percentiles_is_the_one_given() =>
        // Midpoints of 5,000 slices of probability. The last slice of a log-normal this wide holds 1.9 % of the mean, of
        // which its midpoint finds 1.6 %.
        Lengths.Sample(
            lengths =>
            {
                const int slices = 5_000;
                var sum = 0.0;
                for (var i = 0; i < slices; i++)
                    sum += lengths.Percentile((i + 0.5) / slices);
                return Math.Abs(sum / slices / lengths.Mean - 1) < 0.01;
            },
            iter: 10
        );

    [Fact]
    public void A_higher_percentile_is_not_shorter() =>
        Gen.Select(Lengths, Gen.Double[0.001, 0.999], Gen.Double[0.001, 0.999])
            .Sample(
                (lengths, one, other) =>
                    lengths.Percentile(Math.Min(one, other)) <= lengths.Percentile(Math.Max(one, other))
            );

    [Fact]
    public void Lengths_without_spread_are_constant()
    {
        var lengths = new TokenLengths(500, 500);

        lengths.Percentile(0.01).ShouldBe(500);
        lengths.Percentile(0.99).ShouldBe(500);
        lengths.SecondMomentRatio.ShouldBe(1);
    }

    [Fact]
    public void A_log_normal_has_the_median_worked_out_by_hand()
    {
        // mean 1,155 and p95 3,500: ln(3,500 / 1,155) = 1.108663; sigma = 1.644854 - sqrt(1.644854^2 - 2.217325) =
        // 0.94613; median = 1,155 x exp(-0.94613^2 / 2) = 738.2; second moment over squared mean exp(0.89516) = 2.448.
        var lengths = new TokenLengths(1155, 3500);

        lengths.Sigma.ShouldBe(0.94613, 0.00001);
        lengths.Percentile(0.5).ShouldBe(738.2, 0.1);
        lengths.SecondMomentRatio.ShouldBe(2.448, 0.001);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(100, 99)]
    [InlineData(100, 390)]
    [InlineData(double.NaN, 100)]
    [InlineData(100, double.NaN)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    public void Lengths_no_log_normal_has_are_refused(double mean, double p95) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new TokenLengths(mean, p95));
}
