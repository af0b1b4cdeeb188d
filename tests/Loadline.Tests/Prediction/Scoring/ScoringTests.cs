using Loadline.Prediction;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

public sealed class ScoringTests
{
    [Fact]
    public void A_deployment_counts_once_by_the_median_of_its_rows()
    {
        // Deployment a: errors 10 %, 10 %, 100 %, median 10 %. Deployment b: 30 %. Median of the two: 20 %.
        var score = Scoring.Score(
            "all",
            [Case("a", 100, 110), Case("a", 100, 90), Case("a", 100, 200), Case("b", 100, 130)]
        );

        score.Count.ShouldBe(2);
        score.Rows.ShouldBe(4);
        score.MedianAbsoluteError!.Value.ShouldBe(0.2, 1e-12);
        // Signed medians: a +10 %, b +30 %.
        score.Bias!.Value.ShouldBe(0.2, 1e-12);
    }

    [Fact]
    public void Coverage_and_width_come_from_the_intervals()
    {
        // Intervals x1.5: 110 covers 100, 200 (133-300) does not.
        var score = Scoring.Score("all", [Case("a", 100, 110), Case("b", 100, 200)]);

        score.Coverage90!.Value.ShouldBe(0.5);
        score.MedianHalfWidth!.Value.ShouldBe(1.5, 1e-12);
        // ln(2.25) each, and 20 x ln(200 / 1.5 / 100) for the one outside, over two.
        score.IntervalScore!.Value.ShouldBe(Math.Log(2.25) + 10 * Math.Log(200 / 1.5 / 100), 1e-9);
    }

    [Fact]
    public void A_refused_row_is_counted_and_not_scored()
    {
        var score = Scoring.Score("all", [Case("a", 100, 110), Case("b", 100, null)]);

        score.Rows.ShouldBe(1);
        score.Refused.ShouldBe(1);
    }

    [Theory]
    [InlineData(0.5, 2.5)]
    [InlineData(0.9, 3.7)]
    [InlineData(0, 1)]
    [InlineData(1, 4)]
    public void A_quantile_lies_between_its_neighbours(double probability, double expected) =>
        Sample.Quantile([4, 1, 3, 2], probability).ShouldBe(expected, 1e-12);

    private static ScoredCase Case(string deployment, double measured, double? predicted) =>
        new()
        {
            Id = deployment,
            Metric = "m",
            Deployment = deployment,
            Slices = [],
            Measured = measured,
            Predicted = predicted is { } value ? Estimate.WithinFactor(value, 1.5, Evidence.Modelled) : null,
            Refused = predicted is null ? "no reason" : null,
        };
}
