using Loadline.Planning;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

/// <summary>What is said of the second must hold for its figures.</summary>
public sealed class RunnerUpTests
{
    private static Candidate Of(double month, double horizon, double capital) =>
        ReportPlans.Rented with
        {
            CostPerMonthUsd = Estimate.Exact(month),
            CostOverHorizonUsd = Estimate.Exact(horizon),
            CapitalUsd = Estimate.Exact(capital),
        };

    [Theory]
    [InlineData(100, 3600, 0, 140, 5040, 0, "costs 40.0 USD a month more (40 %)")]
    [InlineData(100, 3600, 0, 95, 4000, 0, "costs 5.00 USD a month less today and more over the horizon")]
    [InlineData(100, 3600, 0, 98, 3550, 2750, "costs 2.00 USD a month less, but needs 2,750 USD at once")]
    [InlineData(
        100,
        3600,
        500,
        103,
        3550,
        2750,
        "costs 3.00 USD a month more today and less over the horizon, but needs 2,250 USD more at once"
    )]
    [InlineData(0.0175, 1.38, 0, 1540, 55440, 0, "costs 1,540 USD a month more (88,000 times as much)")]
    [InlineData(0, 0, 0, 12, 432, 0, "costs 12.0 USD a month more")]
    public void The_sentence_holds_for_the_figures(
        double month,
        double horizon,
        double capital,
        double secondMonth,
        double secondHorizon,
        double secondCapital,
        string expected
    ) =>
        Verdict
            .RunnerUp(Of(month, horizon, capital), Of(secondMonth, secondHorizon, secondCapital))
            .ShouldEndWith($", {expected}");
}
