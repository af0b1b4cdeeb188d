using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Quantities;

public sealed class RanksTests
{
    [Theory]
    [InlineData(new[] { 1.0, 2, 3, 4 }, new[] { 10.0, 20, 300, 4000 }, 1)]
    [InlineData(new[] { 1.0, 2, 3, 4 }, new[] { 9.0, 7, 5, -1 }, -1)]
    // Ranks 1, 2.5, 2.5, 4 beside 1, 2, 3, 4: 4.5 / sqrt(4.5 x 5).
    [InlineData(new[] { 1.0, 2, 2, 3 }, new[] { 1.0, 2, 3, 4 }, 0.948683)]
    [InlineData(new[] { 5.0, 5, 5 }, new[] { 1.0, 2, 3 }, 0)]
    public void Correlation_is_that_of_the_ranks(double[] one, double[] other, double expected)
    {
        Ranks.Correlation(one, other).ShouldBe(expected, 1e-6);
        Ranks.Correlation(other, one).ShouldBe(expected, 1e-6);
    }
}
