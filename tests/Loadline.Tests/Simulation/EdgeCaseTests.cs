using Loadline.Catalog;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>The smallest and the largest that can be asked.</summary>
public sealed class EdgeCaseTests
{
    public static TheoryData<SchedulingPolicy> Policies => [.. Enum.GetValues<SchedulingPolicy>()];

    [Theory]
    [MemberData(nameof(Policies))]
    public void An_answer_of_no_token_or_one_ends_with_the_prompt(SchedulingPolicy policy)
    {
        var run = Simulated.Run(Simulated.Pool(policy), [new Arrival(0, 100, 0), new Arrival(0, 100, 1)]);

        foreach (var request in run.Requests.Span)
        {
            request.IsComplete.ShouldBeTrue();
            request.LastTokenSeconds.ShouldBe(request.FirstTokenSeconds);
            double.IsNaN(request.TpotSeconds).ShouldBeTrue();
        }
        run.Gaps.Count.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void A_request_larger_than_the_cache_is_turned_away_and_the_others_are_served(SchedulingPolicy policy)
    {
        var run = Simulated.Run(
            Simulated.Pool(policy, blocks: 50),
            [new Arrival(0, 300, 20), new Arrival(0, 900, 20), new Arrival(0, 300, 20)]
        );

        run.Requests.ToArray().Select(request => request.IsRejected).ShouldBe([false, true, false]);
        run.Requests.ToArray().Count(request => request.IsComplete).ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void A_request_that_fills_the_cache_to_the_last_block_is_served(SchedulingPolicy policy)
    {
        // 785 + 15 tokens of the answer that are read: 800 = 50 x 16.
        var run = Simulated.Run(Simulated.Pool(policy, blocks: 50), [new Arrival(0, 785, 16)]);

        run.Requests.Span[0].IsComplete.ShouldBeTrue();
        run.PeakCacheUse.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void No_requests_are_a_run_without_figures(SchedulingPolicy policy)
    {
        var run = Simulated.Run(Simulated.Pool(policy), []);

        run.Requests.Length.ShouldBe(0);
        run.EndSeconds.ShouldBe(0);
        run.IsPartial.ShouldBeFalse();
        Simulated.File(run).Count(character => character == '\n').ShouldBe(1, "the heading");
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void A_hundred_at_the_same_time_are_admitted_in_their_order(SchedulingPolicy policy)
    {
        var run = Simulated.Run(
            Simulated.Pool(policy, sequences: 8, stepTokens: 1000),
            [.. Enumerable.Range(0, 100).Select(i => new Arrival(7, 100 + i, 30))]
        );

        var admitted = run.Requests.ToArray().Select(request => request.AdmittedSeconds).ToArray();
        admitted.ShouldBe(admitted.Order());
    }

    [Fact]
    public void A_thousand_replicas_for_one_request_are_fine() =>
        Simulated
            .Run(Simulated.Pool(replicas: 1000), [new Arrival(0, 100, 10)], RoutingPolicy.LeastLoaded)
            .Requests.Span[0]
            .IsComplete.ShouldBeTrue();

    [Fact]
    public void A_line_that_is_full_turns_away_whoever_comes_next()
    {
        // One place, two in line. The first is running when the others come.
        Arrival[] arrivals = [new(0, 100, 500), new(0.5, 100, 5), new(0.5, 100, 5), new(0.5, 100, 5)];

        var run = Simulator.Run(
            new Cluster { Serving = Simulated.Pool(sequences: 1), MostWaiting = 2 },
            new TraceTraffic(arrivals)
        );

        run.Requests.ToArray().Select(request => request.IsRejected).ShouldBe([false, false, false, true]);
    }

    [Fact]
    public void Users_keep_as_many_requests_in_flight_as_they_are()
    {
        Arrival[] requests = [.. Enumerable.Repeat(new Arrival(0, 200, 50), 200)];

        var run = Simulator.Run(
            new Cluster { Serving = Simulated.Pool(replicas: 2), Routing = RoutingPolicy.LeastLoaded },
            new UserTraffic(requests, users: 10)
        );

        var times = run.Requests.ToArray();
        times.ShouldAllBe(request => request.IsComplete);
        for (var i = 10; i < times.Length; i++)
        {
            // Each but the first ten comes when another ends, and finds nine others.
            var ended = times.Count(request => request.LastTokenSeconds <= times[i].ArrivalSeconds);
            var came = times.Count(request => request.ArrivalSeconds <= times[i].ArrivalSeconds);
            (came - ended).ShouldBeLessThanOrEqualTo(10);
            times.ShouldContain(request => request.LastTokenSeconds == times[i].ArrivalSeconds);
        }
    }

    [Theory]
    [InlineData(RoutingPolicy.RoundRobin)]
    [InlineData(RoutingPolicy.LeastLoaded)]
    public void A_run_that_is_cancelled_before_it_begins_has_answered_nothing(RoutingPolicy routing)
    {
        var run = Simulator.Run(
            new Cluster { Serving = Simulated.Pool(replicas: 2), Routing = routing },
            new TraceTraffic([new Arrival(0, 100, 10), new Arrival(1, 100, 10)]),
            new RunWatch { Cancellation = new CancellationToken(canceled: true) }
        );

        run.IsPartial.ShouldBeTrue();
        run.Requests.ToArray().ShouldAllBe(request => !request.IsComplete);
    }

    [Fact]
    public void A_run_that_is_cancelled_on_the_way_keeps_what_it_has()
    {
        using var source = new CancellationTokenSource();
        Arrival[] arrivals = [.. Enumerable.Range(0, 20_000).Select(i => new Arrival(0.01 * i, 100, 10))];

        var run = Simulator.Run(
            new Cluster { Serving = Simulated.Pool(), Routing = RoutingPolicy.LeastLoaded },
            new TraceTraffic(arrivals),
            new RunWatch { Cancellation = source.Token, Progress = new CancelAfter(source, 5000) }
        );

        run.IsPartial.ShouldBeTrue();
        run.Requests.Length.ShouldBeInRange(5000, 19_999);
        run.Requests.ToArray().Count(request => request.IsComplete).ShouldBeInRange(4000, 19_999);
        run.Requests.ToArray().ShouldAllBe(request => request.PromptTokens == 100);
    }

    private sealed class CancelAfter(CancellationTokenSource source, int requests) : IProgress<int>
    {
        public void Report(int value)
        {
            if (value >= requests)
                source.Cancel();
        }
    }
}
