using Loadline.Catalog;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>Many steps of decoding taken at once are what they are one by one.</summary>
public sealed class StretchTests
{
    /// <summary>Requests no cache has room for: they are turned away, but every one of them ends a stretch.</summary>
    private const int TooLong = 100_000_000;

    [Theory]
    [InlineData(SchedulingPolicy.ChunkedPrefill, 100_000)]
    [InlineData(SchedulingPolicy.PrefillFirst, 100_000)]
    [InlineData(SchedulingPolicy.ReservedWholePrompts, 100_000)]
    [InlineData(SchedulingPolicy.Slots, 100_000)]
    [InlineData(SchedulingPolicy.StaticBatch, 100_000)]
    [InlineData(SchedulingPolicy.ChunkedPrefill, 400)]
    [InlineData(SchedulingPolicy.ChunkedPrefill, 400, 64)]
    [InlineData(SchedulingPolicy.ChunkedPrefill, 200, 100, 2)]
    [InlineData(SchedulingPolicy.PrefillFirst, 400)]
    [InlineData(SchedulingPolicy.PrefillFirst, 600, 8192, 4)]
    [InlineData(SchedulingPolicy.ReservedWholePrompts, 400)]
    public void Steps_that_are_interrupted_every_millisecond_end_at_the_same_time(
        SchedulingPolicy policy,
        long blocks,
        int stepTokens = 8192,
        int lengthOfAnswers = 1
    )
    {
        Arrival[] requests =
        [
            .. Enumerable
                .Range(0, 30)
                .Select(i => new Arrival(0.2 * i, 300 + 211 * i % 1700, lengthOfAnswers * (20 + 97 * i % 500))),
        ];
        var pool = Simulated.Pool(policy, blocks: blocks, stepTokens: stepTokens);
        var interruptions = Enumerable.Range(0, 150_000).Select(i => new Arrival(0.001 * i, TooLong, 1));
        Arrival[] both = [.. requests.Concat(interruptions).OrderBy(arrival => arrival.Seconds)];

        // Whichever router is not blind plays event by event.
        var whole = Simulated.Run(pool, requests, RoutingPolicy.LeastLoaded);
        var single = Simulated.Run(pool, both, RoutingPolicy.LeastLoaded);

        single.Spans.Max(item => item.Span.Steps).ShouldBe(1);
        whole.Spans.Max(item => item.Span.Steps).ShouldBeGreaterThan(10);
        if (policy == SchedulingPolicy.ChunkedPrefill && blocks <= 400)
            whole.Preemptions.ShouldBeGreaterThan(0, "the small cache is there to be too small");
        var one = whole.Requests.ToArray();
        var other = single.Requests.ToArray().Where(request => !request.IsRejected).ToArray();
        one.Length.ShouldBe(other.Length);
        for (var i = 0; i < one.Length; i++)
        {
            other[i].FirstTokenSeconds.ShouldBe(one[i].FirstTokenSeconds, 0.001 * one[i].EndToEndSeconds);
            other[i].LastTokenSeconds.ShouldBe(one[i].LastTokenSeconds, 0.001 * one[i].EndToEndSeconds);
            other[i].Preemptions.ShouldBe(one[i].Preemptions);
        }
    }
}
