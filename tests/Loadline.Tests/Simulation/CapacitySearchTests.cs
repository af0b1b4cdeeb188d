using CsCheck;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

public sealed class CapacitySearchTests
{
    private const double Most = 1e9;

    [Fact]
    public void The_largest_rate_is_found_to_a_hundredth_from_any_start() =>
        Gen.Select(Gen.Double[-3, 5], Gen.Double[-3, 5])
            .Sample(
                (limitExponent, startExponent) =>
                {
                    var limit = Math.Pow(10, limitExponent);
                    var found = CapacitySearch.Largest(
                        rate => rate <= limit,
                        Math.Pow(10, startExponent),
                        1e-9,
                        Most,
                        isWhole: false
                    );
                    found.ShouldBeInRange(limit * 0.98, limit);
                }
            );

    [Fact]
    public void The_largest_number_of_users_is_a_whole_one() =>
        Gen.Select(Gen.Int[1, 90], Gen.Int[1, 500])
            .Sample(
                (limit, start) =>
                    // To a hundredth, which below a hundred is exact.
                    CapacitySearch.Largest(users => users <= limit, start, 1, Most, isWhole: true).ShouldBe(limit)
            );

    [Fact]
    public void Where_nothing_is_served_the_answer_is_none()
    {
        CapacitySearch.Largest(_ => false, 5, 5e-6, Most, isWhole: false).ShouldBe(0);
        CapacitySearch.Largest(_ => false, 100, 1, Most, isWhole: true).ShouldBe(0);
        CapacitySearch.Smallest(_ => false, 100).ShouldBeNull();
    }

    [Fact]
    public void Where_everything_is_served_the_answer_is_the_most_that_was_asked_about() =>
        CapacitySearch.Largest(_ => true, 10, 1, 1000, isWhole: true).ShouldBe(1000);

    [Fact]
    public void The_smallest_that_is_enough_is_exact() =>
        Gen.Select(Gen.Int[1, 1000], Gen.Int[1, 1000])
            .Sample(
                (needed, limit) =>
                    CapacitySearch.Smallest(count => count >= needed, limit) == (needed <= limit ? needed : null)
            );
}
