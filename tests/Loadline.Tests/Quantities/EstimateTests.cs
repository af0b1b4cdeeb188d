using CsCheck;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Quantities;

public sealed class EstimateTests
{
    private static readonly Gen<Estimate> Estimates = Gen.Select(
            Gen.Double[1e-6, 1e12],
            Gen.Double[1, 10],
            Gen.OneOf(Evidence.Measured, Evidence.Interpolated, Evidence.Modelled, Evidence.Assumed)
        )
        .Select((value, factor, evidence) => Estimate.WithinFactor(value, factor, evidence));

    [Fact]
    public void A_factor_spreads_both_ways() =>
        Estimate.WithinFactor(10, 2, Evidence.Modelled).ShouldBe(new Estimate(10, 5, 20, Evidence.Modelled));

    [Fact]
    public void A_factor_below_one_is_no_spread() =>
        Should.Throw<ArgumentOutOfRangeException>(() => Estimate.WithinFactor(10, 0.5, Evidence.Modelled));

    [Fact]
    public void A_rate_from_a_time_turns_its_bounds_around() =>
        (100 / new Estimate(10, 5, 20, Evidence.Modelled)).ShouldBe(new Estimate(10, 5, 20, Evidence.Modelled));

    [Fact]
    public void A_negative_factor_turns_the_bounds_around() =>
        (new Estimate(10, 5, 20, Evidence.Modelled) * -1).ShouldBe(new Estimate(-10, -20, -5, Evidence.Modelled));

    [Fact]
    public void A_combination_is_as_weak_as_its_weakest_part() =>
        Gen.Select(Estimates, Estimates)
            .Sample(
                (left, right) =>
                    (left + right).Evidence == (Evidence)Math.Max((int)left.Evidence, (int)right.Evidence)
                    && (left + right).Evidence == (right + left).Evidence
            );

    [Fact]
    public void The_value_stays_between_the_bounds() =>
        Gen.Select(Estimates, Estimates, Gen.Double[-10, 10])
            .Sample(
                (left, right, factor) =>
                    IsOrdered(left + right) && IsOrdered(left * factor) && IsOrdered(factor * factor / left)
            );

    private static bool IsOrdered(Estimate estimate) =>
        estimate.Low <= estimate.Value && estimate.Value <= estimate.High;
}
