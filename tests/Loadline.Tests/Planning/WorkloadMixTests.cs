using Loadline.Planning;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class WorkloadMixTests
{
    private static Workload Stream(
        double rate,
        TokenLengths prompt,
        string hours = "always",
        double outside = 0,
        double prefix = 0
    ) =>
        Scenarios.Of().Streams[0] with
        {
            People = null,
            RequestsPerSecond = rate,
            PromptTokens = prompt,
            Hours = WorkingHours.Parse(hours)!,
            OutsideHoursShare = outside,
            SharedPrefixTokens = prefix,
        };

    [Fact]
    public void The_busiest_hour_is_that_of_all_streams_together()
    {
        var lengths = new TokenLengths(100, 100);
        var mix = WorkloadMix.Of([Stream(3, lengths, "Mon-Fri 08-16", 0.1), Stream(2, lengths, "Mon-Fri 12-20", 0.5)]);

        // 12 to 16 has both; outside the other stream is at its share.
        mix.PeakRate.ShouldBe(5, 1e-12);
        // 8-12: 3 + 1, 12-16: 5, both over half of 5; 16-20: 0.3 + 2 and all others 0.3 + 1 are not.
        mix.Hours.HoursPerWeek.ShouldBe(5 * 8);
        var rest = (20 * 2.3 + (168 - 60) * 1.3) / (168 - 40);
        mix.OutsideHoursShare.ShouldBe(rest / 5, 1e-12);
    }

    [Fact]
    public void Lengths_are_those_of_many_drawn_requests()
    {
        var one = new TokenLengths(500, 1500);
        var other = new TokenLengths(6000, 9000);
        var mix = WorkloadMix.Of([Stream(3, one, prefix: 100), Stream(1, other, prefix: 900)]);
        var random = new Random(7);
        var drawn = new double[400_000];
        for (var i = 0; i < drawn.Length; i++)
        {
            var lengths = random.NextDouble() < 0.75 ? one : other;
            var normal =
                Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            drawn[i] = lengths.Mean * Math.Exp(lengths.Sigma * normal - lengths.Sigma * lengths.Sigma / 2);
        }
        Array.Sort(drawn);

        mix.PromptTokens.Mean.ShouldBe(0.75 * 500 + 0.25 * 6000, 1e-9);
        mix.PromptTokens.Mean.ShouldBe(drawn.Average(), 0.01 * drawn.Average());
        mix.PromptTokens.P95.ShouldBe(drawn[(int)(0.95 * drawn.Length)], 0.01 * mix.PromptTokens.P95);
        mix.SharedPrefixTokens.ShouldBe(0.75 * 100 + 0.25 * 900, 1e-9);
    }

    [Fact]
    public void Rare_long_prompts_stay_within_what_a_log_normal_can_be()
    {
        // A twentieth and a little more of them are a hundred times as long: p95 over the mean is far above 3.86.
        var mix = WorkloadMix.Of([Stream(94, new TokenLengths(10, 10)), Stream(6, new TokenLengths(100_000, 100_000))]);

        mix.PromptTokens.Mean.ShouldBe(0.94 * 10 + 0.06 * 100_000, 1e-6);
        (mix.PromptTokens.P95 / mix.PromptTokens.Mean).ShouldBe(TokenLengths.LargestRatio, 1e-3);
    }

    /// <summary>Working hours of 60 in 168 and 10 % outside: what is above half of the peak is half of the busy hours' load.</summary>
    [Fact]
    public void The_overflow_of_a_base_is_what_the_week_has_above_it()
    {
        var usual = Fleets.Scenario(hours: "Mon-Fri 08-20", outside: 0.1);
        var week = 60 + 108 * 0.1;

        Hybrids.OverflowShare(usual, 0.5).ShouldBe(60 * 0.5 / week, 1e-12);
        Hybrids.OverflowShare(usual, 0.05).ShouldBe((60 * 0.95 + 108 * 0.05) / week, 1e-12);
        Hybrids.OverflowShare(usual, 1).ShouldBe(0);
        Hybrids.OverflowShare(usual, 0).ShouldBe(1, 1e-12);
    }

    [Fact]
    public void The_busiest_hour_of_a_trace_may_begin_at_any_second()
    {
        // At 0, 1000, 3000, 3600 and 4599 s: the hour from 1000 s has four of them, that from 0 s only three.
        var day = TraceSummaryOfDay.Of(Trace([0, 1000, 3000, 3600, 4599, 90_000]));

        day.PeakRate.ShouldBe(4 / 3600.0, 1e-15);
        day.Requests.ShouldBe(6);
        day.Hours.ShouldBe(25, 1e-9);
        day.PeakSpan.ShouldBe("hour");
    }

    [Fact]
    public void Requests_an_hour_apart_are_not_in_one_hour() =>
        TraceSummaryOfDay.Of(Trace([0, 3600, 7200])).PeakRate.ShouldBe(1 / 3600.0, 1e-15);

    [Fact]
    public void Lengths_of_a_trace_are_its_mean_and_its_95th_percentile()
    {
        var day = TraceSummaryOfDay.Of(Trace(Enumerable.Range(0, 100).Select(i => 100.0 * i)));

        day.Prompt.Mean.ShouldBe(1000, 1e-9);
        day.Prompt.P95.ShouldBe(1000, 1e-9);
        day.Output.Mean.ShouldBe(200, 1e-9);
    }

    private static Trace Trace(IEnumerable<double> seconds) =>
        new("test", [.. seconds.Select(second => new Arrival(second, 1000, 200))]);
}
