using CsCheck;
using Loadline.Catalog;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>Nothing is lost and nothing comes out of nothing, whatever the engine, the router and the load.</summary>
public sealed class ConservationLaws
{
    /// <summary>Sums of some thousand times of double precision, in seconds.</summary>
    private const double Rounding = 1e-9;

    [Fact]
    public void Every_request_ends_once_and_is_the_one_that_came() =>
        RandomRuns.Any.Sample(random =>
        {
            var requests = random.Play().Requests.ToArray();

            requests.Length.ShouldBe(random.Arrivals.Length);
            for (var i = 0; i < requests.Length; i++)
            {
                requests[i].ArrivalSeconds.ShouldBe(random.Arrivals[i].Seconds);
                requests[i].PromptTokens.ShouldBe(random.Arrivals[i].PromptTokens);
                requests[i].OutputTokens.ShouldBe(random.Arrivals[i].OutputTokens);
                (requests[i].IsComplete ^ requests[i].IsRejected).ShouldBeTrue($"request {i}");
            }
        });

    [Fact]
    public void Only_what_is_larger_than_the_cache_is_rejected() =>
        RandomRuns.Any.Sample(random =>
        {
            var cache = random.Cluster.Serving.Cache;
            foreach (var request in random.Play().Requests.Span)
            {
                // The last token of an answer is never read, so it needs no place.
                var tokens = request.PromptTokens + Math.Max(0, request.OutputTokens - 1);
                var blocks = cache.BlocksPerSequence + (tokens + 15) / 16;
                request.IsRejected.ShouldBe(blocks > cache.Blocks);
            }
        });

    [Fact]
    public void A_request_is_admitted_after_it_came_and_answered_after_that() =>
        RandomRuns.Any.Sample(random =>
        {
            var run = random.Play();
            foreach (var request in run.Requests.Span)
            {
                if (request.IsRejected)
                    continue;
                request.AdmittedSeconds.ShouldBeGreaterThanOrEqualTo(request.ArrivalSeconds);
                request.FirstTokenSeconds.ShouldBeGreaterThan(request.AdmittedSeconds);
                request.LastTokenSeconds.ShouldBeGreaterThanOrEqualTo(request.FirstTokenSeconds);
                request.LastTokenSeconds.ShouldBeLessThanOrEqualTo(run.EndSeconds);
                if (request.OutputTokens > 1)
                    request.LastTokenSeconds.ShouldBeGreaterThan(request.FirstTokenSeconds);
            }
        });

    [Fact]
    public void Every_gap_between_tokens_is_counted_once_and_none_of_their_time_is_lost() =>
        // In a static batch the short answers wait for the longest and have gaps without tokens.
        RandomRuns
            .Any.Where(random => random.Cluster.Serving.Policy != SchedulingPolicy.StaticBatch)
            .Sample(random =>
            {
                var run = random.Play();
                var gaps = 0L;
                var seconds = 0.0;
                foreach (var request in run.Requests.Span)
                {
                    if (request.IsRejected)
                        continue;
                    gaps += Math.Max(0, request.OutputTokens - 1);
                    seconds += request.LastTokenSeconds - request.FirstTokenSeconds;
                }

                run.Gaps.Count.ShouldBe(gaps, Rounding);
                if (gaps > 0)
                    (run.Gaps.Mean * gaps).ShouldBe(seconds, Rounding * Math.Max(1, seconds));
            });

    [Fact]
    public void Computed_tokens_are_those_asked_for_and_those_of_preempted_requests_again() =>
        RandomRuns
            .Any.Where(random => random.Cluster.Serving.Policy != SchedulingPolicy.StaticBatch)
            .Sample(random =>
            {
                var run = random.Play();
                var computed = run.Spans.Sum(item => item.Span.Tokens * item.Span.Steps);
                var needed = 0.0;
                foreach (var request in run.Requests.Span)
                {
                    if (!request.IsRejected)
                        needed += request.PromptTokens - request.CachedTokens + Math.Max(0, request.OutputTokens - 1);
                }

                if (run.Preemptions == 0)
                    computed.ShouldBe(needed, 1e-6);
                else
                    computed.ShouldBeGreaterThanOrEqualTo(needed - 1e-6);
            });

    [Fact]
    public void Nothing_is_found_in_the_cache_where_no_prompts_are_alike() =>
        RandomRuns.Any.Sample(random =>
        {
            var run = (
                random with
                {
                    Arrivals = [.. random.Arrivals.Select(arrival => arrival with { Content = null })],
                }
            ).Play();
            foreach (var request in run.Requests.Span)
                request.CachedTokens.ShouldBe(0);
            RunFigures.Of(run, new RequestObjectives(), 0).CacheHitShare.ShouldBe(0);
        });

    [Fact]
    public void What_is_found_is_in_whole_blocks_and_leaves_at_least_one_token_to_compute() =>
        RandomRuns.Any.Sample(random =>
        {
            var run = random.Play();
            for (var i = 0; i < run.Requests.Length; i++)
            {
                var request = run.Requests.Span[i];
                (request.CachedTokens % 16).ShouldBe(0);
                request.CachedTokens.ShouldBeInRange(
                    0,
                    Math.Min(request.PromptTokens - 1, random.Arrivals[i].Content?.Tokens ?? 0)
                );
            }
        });

    [Fact]
    public void No_step_is_larger_and_no_more_run_than_the_engine_allows() =>
        // Prompts of a static batch are not cut; an engine that does prompts first decodes all that run.
        RandomRuns.Any.Sample(random =>
        {
            var pool = random.Cluster.Serving;
            foreach (var (_, span) in random.Play().Spans)
            {
                span.Running.ShouldBeInRange(1, pool.Limits.MaximumSequences);
                span.Waiting.ShouldBeGreaterThanOrEqualTo(0);
                span.Seconds.ShouldBeGreaterThan(0);
                if (pool.Policy != SchedulingPolicy.StaticBatch)
                    span.Tokens.ShouldBeInRange(1, pool.Limits.StepTokens);
            }
        });

    [Fact]
    public void The_cache_is_never_more_than_full() =>
        RandomRuns.Any.Sample(random =>
        {
            var run = random.Play();
            run.PeakCacheUse.ShouldBeInRange(0, 1);
            foreach (var points in run.Load)
            {
                // Means of shares, whose sums round.
                foreach (var point in points)
                    point.CacheUse.ShouldBeInRange(0, 1 + 1e-9);
            }
        });

    [Fact]
    public void Only_engines_that_let_answers_grow_preempt() =>
        RandomRuns.Any.Sample(random =>
        {
            var run = random.Play();
            if (random.Cluster.Serving.Policy is SchedulingPolicy.ChunkedPrefill or SchedulingPolicy.PrefillFirst)
                run.Preemptions.ShouldBe(run.Requests.ToArray().Sum(request => request.Preemptions));
            else
                run.Preemptions.ShouldBe(0);
        });
}
