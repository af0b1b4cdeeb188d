using CsCheck;
using Loadline.Planning;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

/// <summary>A machine is there 99.5 % of the time.</summary>
public sealed class SparesTests
{
    private static readonly Gen<double> Asked = Gen.OneOf(0.9, 0.99, 0.995, 0.999, 0.9999, 0.99999);

    [Theory]
    // Alone 99.5 %; of two one is there 1 - 0.005^2 = 99.9975 % of the time.
    [InlineData(1, 1, 0.995, 0)]
    [InlineData(1, 1, 0.999, 1)]
    [InlineData(1, 1, 0.99997, 1)]
    [InlineData(1, 1, 0.99998, 2)]
    // 0.995^10 = 95.1 %, 10 of 11 99.87 %, 10 of 12 99.998 %.
    [InlineData(10, 1, 0.95, 0)]
    [InlineData(10, 1, 0.998, 1)]
    [InlineData(10, 1, 0.999, 2)]
    // Two machines that fail together: 0.995^2 = 99.0 %; of two pairs one 1 - 0.009975^2 = 99.990 %.
    [InlineData(2, 2, 0.99, 0)]
    [InlineData(2, 2, 0.995, 2)]
    [InlineData(2, 2, 0.9999, 2)]
    [InlineData(2, 2, 0.99995, 4)]
    public void Spares_are_the_binomial_worked_out_by_hand(int machines, int perReplica, double asked, int spares) =>
        Spares.For(machines, perReplica, asked).ShouldBe(spares);

    [Fact]
    public void Nothing_is_spare_where_nothing_is_asked() => Spares.For(1000, 1, null).ShouldBe(0);

    [Fact]
    public void A_larger_fleet_never_needs_fewer_spares() =>
        Gen.Select(Gen.Int[1, 3000], Gen.Int[1, 50], Asked)
            .Sample(
                (machines, more, asked) => Spares.For(machines, 1, asked) <= Spares.For(machines + more, 1, asked),
                iter: 200
            );

    [Fact]
    public void More_availability_never_needs_fewer_spares() =>
        Gen.Select(Gen.Int[1, 3000], Gen.Int[1, 4], Asked, Asked)
            .Sample(
                (units, perReplica, one, other) =>
                    Spares.For(units * perReplica, perReplica, Math.Min(one, other))
                    <= Spares.For(units * perReplica, perReplica, Math.Max(one, other)),
                iter: 200
            );

    /// <summary>Beyond 10,000 machines by an approximation, which is within two of the sum of the binomial in logarithms.</summary>
    [Theory]
    [InlineData(9_999, 1, 0.999)]
    [InlineData(10_001, 1, 0.9)]
    [InlineData(10_001, 1, 0.999)]
    [InlineData(10_001, 1, 0.99999)]
    [InlineData(60_000, 1, 0.999)]
    [InlineData(10_240, 16, 0.999)]
    [InlineData(10_240, 64, 0.999)]
    [InlineData(320_000, 16, 0.999)]
    public void A_large_fleet_goes_on_where_a_small_one_ends(int machines, int perReplica, double asked)
    {
        var units = machines / perReplica;
        var expected = Enough(units, Math.Pow(0.995, perReplica), asked);

        (Spares.For(machines, perReplica, asked) / perReplica).ShouldBeInRange(expected - 1, expected + 1);
    }

    [Fact]
    public void Spares_do_not_fall_at_the_switch_of_formula()
    {
        foreach (var asked in (double[])[0.9, 0.99, 0.999, 0.9999])
            Spares
                .For(10_001, 1, asked)
                .ShouldBeInRange(Spares.For(10_000, 1, asked), Spares.For(10_000, 1, asked) + 1);
    }

    /// <summary>Fewest spare units, each probability by the logarithms of its factorials.</summary>
    private static int Enough(int needed, double up, double asked)
    {
        var factorials = new double[3 * needed];
        for (var i = 1; i < factorials.Length; i++)
            factorials[i] = factorials[i - 1] + Math.Log(i);
        for (var spares = 0; ; spares++)
        {
            var all = needed + spares;
            var sum = 0.0;
            for (var down = spares; down >= 0; down--)
            {
                var term = Math.Exp(
                    factorials[all]
                        - factorials[down]
                        - factorials[all - down]
                        + down * Math.Log(1 - up)
                        + (all - down) * Math.Log(up)
                );
                sum += term;
                if (term < 1e-18 * sum)
                    break;
            }
            if (sum >= asked)
                return spares;
        }
    }
}
