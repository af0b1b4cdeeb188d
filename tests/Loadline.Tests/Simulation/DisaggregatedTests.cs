using CsCheck;
using Loadline.Catalog;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>Prompts on replicas of their own.</summary>
public sealed class DisaggregatedTests
{
    private const double SecondsPerToken = 1e-5;

    private static readonly Gen<RandomRun> Any = Gen.Select(
        RandomRuns.Any,
        RandomRuns.Pool,
        (random, prefill) =>
            random with
            {
                Cluster = random.Cluster with
                {
                    Prefill = prefill with { Limits = prefill.Limits with { OnlyPrompts = true } },
                    TransferSecondsPerToken = SecondsPerToken,
                },
            }
    );

    [Fact]
    public void Every_request_ends_once_after_its_copy() =>
        Any.Sample(
            random =>
            {
                var run = random.Play();
                run.Requests.Length.ShouldBe(random.Arrivals.Length);
                foreach (var request in run.Requests.Span)
                {
                    (request.IsComplete ^ request.IsRejected).ShouldBeTrue();
                    if (request.IsRejected || request.OutputTokens <= 1)
                        continue;
                    var copy = SecondsPerToken * request.PromptTokens;
                    request.LastTokenSeconds.ShouldBeGreaterThan(request.FirstTokenSeconds + copy);
                }
            },
            iter: 500
        );

    [Fact]
    public void The_copy_is_felt_between_the_first_token_and_the_second() =>
        // In a static batch the short answers wait for the longest and have gaps without tokens.
        Any.Where(random => random.Cluster.Serving.Policy != SchedulingPolicy.StaticBatch)
            .Sample(
                random =>
                {
                    var run = random.Play();
                    var seconds = 0.0;
                    var gaps = 0L;
                    foreach (var request in run.Requests.Span)
                    {
                        if (request.IsRejected)
                            continue;
                        gaps += Math.Max(0, request.OutputTokens - 1);
                        seconds += request.LastTokenSeconds - request.FirstTokenSeconds;
                    }
                    run.Gaps.Count.ShouldBe(gaps, 1e-9);
                    if (gaps > 0)
                        (run.Gaps.Mean * gaps).ShouldBe(seconds, 1e-9 * Math.Max(1, seconds));
                },
                iter: 300
            );

    [Fact]
    public void Prompts_and_answers_are_computed_where_they_belong()
    {
        var run = Play(Crowd(40), prefill: 2, decode: 2);

        foreach (var (replica, span) in run.Spans)
            span.HasPrompts.ShouldBe(replica < 2, "the replicas that compute prompts come first");
    }

    [Fact]
    public void The_wait_for_the_first_token_does_not_depend_on_what_decodes()
    {
        var calm = Play([.. Crowd(40).Select(arrival => arrival with { OutputTokens = 2 })], 1, 1);
        var busy = Play([.. Crowd(40).Select(arrival => arrival with { OutputTokens = 900 })], 1, 1);

        for (var i = 0; i < 40; i++)
            busy.Requests.Span[i].TtftSeconds.ShouldBe(calm.Requests.Span[i].TtftSeconds, 1e-12);
    }

    [Fact]
    public void The_copy_takes_its_time_once()
    {
        var with = Play([new Arrival(0, 3000, 100)], 1, 1, SecondsPerToken).Requests.Span[0];
        var without = Play([new Arrival(0, 3000, 100)], 1, 1, 0).Requests.Span[0];

        with.TtftSeconds.ShouldBe(without.TtftSeconds, 1e-12);
        with.EndToEndSeconds.ShouldBe(without.EndToEndSeconds + 3000 * SecondsPerToken, 1e-9);
    }

    [Theory]
    [InlineData(SchedulingPolicy.ChunkedPrefill)]
    [InlineData(SchedulingPolicy.PrefillFirst)]
    [InlineData(SchedulingPolicy.ReservedWholePrompts)]
    [InlineData(SchedulingPolicy.Slots)]
    [InlineData(SchedulingPolicy.StaticBatch)]
    public void A_request_that_just_fits_into_the_cache_is_served(SchedulingPolicy policy)
    {
        // 300 tokens and 20 of which the last is never read: 319 are 20 blocks.
        var pool = Simulated.Pool(policy, blocks: 20);
        var run = Simulator.Run(
            new Cluster { Serving = pool, Prefill = pool with { Limits = pool.Limits with { OnlyPrompts = true } } },
            new TraceTraffic([new Arrival(0, 300, 21), new Arrival(0, 300, 22)])
        );

        run.Requests.Span[0].IsComplete.ShouldBeTrue();
        run.Requests.Span[1].IsRejected.ShouldBeTrue();
    }

    [Fact]
    public void A_replica_that_only_computes_prompts_needs_no_room_for_answers()
    {
        var pool = Simulated.Pool(blocks: 20);
        var run = Simulator.Run(
            new Cluster
            {
                Serving = Simulated.Pool(blocks: 100),
                Prefill = pool with { Limits = pool.Limits with { OnlyPrompts = true } },
            },
            new TraceTraffic([new Arrival(0, 300, 500)])
        );

        run.Requests.Span[0].IsComplete.ShouldBeTrue();
    }

    private static Arrival[] Crowd(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new Arrival(0.05 * i, 1000 + 10 * i, 200))];

    private static SimulationRun Play(Arrival[] arrivals, int prefill, int decode, double copy = SecondsPerToken)
    {
        var pool = Simulated.Pool(replicas: prefill);
        return Simulator.Run(
            new Cluster
            {
                Serving = Simulated.Pool(replicas: decode),
                Prefill = pool with { Limits = pool.Limits with { OnlyPrompts = true } },
                TransferSecondsPerToken = copy,
            },
            new TraceTraffic(arrivals),
            new RunWatch { KeepsSpans = true }
        );
    }
}
