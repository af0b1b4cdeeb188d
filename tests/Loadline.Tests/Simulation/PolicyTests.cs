using Loadline.Catalog;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>Engines compose their steps as their sources do.</summary>
public sealed class PolicyTests
{
    [Fact]
    public void Vllm_fills_what_decoding_leaves_of_the_budget_with_the_prompts_in_their_order()
    {
        // One decodes from the first step on. The second needs 250 tokens of 99 a step: 99, 99 and 52, and the third gets
        // the 47 that are left of the last of them.
        var run = Simulated.Run(
            Simulated.Pool(stepTokens: 100),
            [new Arrival(0, 50, 20), new Arrival(0.001, 250, 5), new Arrival(0.001, 60, 5)]
        );

        var tokens = run.Spans.Where(item => item.Span.HasPrompts).Select(item => item.Span.Tokens);
        tokens.ShouldBe([50, 100, 100, 100, 1 + 1 + 13]);
        run.Requests.Span[1].FirstTokenSeconds.ShouldBeLessThan(run.Requests.Span[2].FirstTokenSeconds);
    }

    [Fact]
    public void Vllm_preempts_who_was_admitted_last_and_lets_it_in_again_before_others()
    {
        // 20 blocks: two prompts of 8 blocks fit and grow by 2 each; then the second has to go.
        var run = Simulated.Run(
            Simulated.Pool(blocks: 20, sequences: 2),
            [new Arrival(0, 128, 100), new Arrival(0, 128, 100), new Arrival(0, 16, 2)]
        );

        var (first, second, third) = (run.Requests.Span[0], run.Requests.Span[1], run.Requests.Span[2]);
        first.Preemptions.ShouldBe(0);
        second.Preemptions.ShouldBeGreaterThan(0);
        first.LastTokenSeconds.ShouldBeLessThan(second.LastTokenSeconds);
        third.AdmittedSeconds.ShouldBeGreaterThanOrEqualTo(first.LastTokenSeconds);
        second.FirstTokenSeconds.ShouldBe(first.FirstTokenSeconds, 1e-12, "what it has said is not taken back");
    }

    [Fact]
    public void Vllm_decodes_on_while_a_prompt_is_computed_and_sglang_does_not()
    {
        // The second prompt takes ten steps of 1,000 tokens.
        Arrival[] arrivals = [new(0, 100, 200), new(0.5, 10_000, 2)];

        LongestGap(SchedulingPolicy.ChunkedPrefill).ShouldBeLessThan(0.5 * LongestGap(SchedulingPolicy.PrefillFirst));
        foreach (var (_, span) in Play(SchedulingPolicy.PrefillFirst).Spans.Where(item => item.Span.HasPrompts))
            span.Tokens.ShouldBeGreaterThanOrEqualTo(100, "a step of prompts is one of prompts alone");
        Play(SchedulingPolicy.PrefillFirst).Spans.Count(item => item.Span.Tokens == 1000).ShouldBe(10);
        Play(SchedulingPolicy.ChunkedPrefill).Spans.Count(item => item.Span.Tokens == 1000).ShouldBe(10);

        SimulationRun Play(SchedulingPolicy policy) =>
            Simulated.Run(Simulated.Pool(policy, stepTokens: 1000), arrivals);

        // 199 gaps of the first and one of the second: the longest is beyond all but one of them.
        double LongestGap(SchedulingPolicy policy) => Play(policy).Gaps.Percentile(1);
    }

    [Fact]
    public void Sglang_keeps_room_for_answers_and_admits_later_than_it_could()
    {
        // 100 blocks hold both prompts of 48 blocks, but not what is promised of an answer of 500 tokens.
        var run = Simulated.Run(
            Simulated.Pool(SchedulingPolicy.PrefillFirst, blocks: 100),
            [new Arrival(0, 768, 500), new Arrival(0.1, 768, 10)]
        );

        run.Requests.Span[1].AdmittedSeconds.ShouldBeGreaterThan(0.2);
        run.Requests.Span[1].AdmittedSeconds.ShouldBeLessThanOrEqualTo(run.Requests.Span[0].LastTokenSeconds);
    }

    [Fact]
    public void Tensorrt_llm_waits_until_the_longest_answer_fits()
    {
        // Together 128 + 99 and 128 + 99 tokens are 15 blocks each: 29 are one too few, 30 are enough.
        Arrival[] arrivals = [new(0, 128, 100), new(0, 128, 100)];

        var tight = Simulated.Run(Simulated.Pool(SchedulingPolicy.ReservedWholePrompts, blocks: 29), arrivals);
        var wide = Simulated.Run(Simulated.Pool(SchedulingPolicy.ReservedWholePrompts, blocks: 30), arrivals);

        tight.Requests.Span[1].AdmittedSeconds.ShouldBe(tight.Requests.Span[0].LastTokenSeconds, 1e-12);
        wide.Requests.Span[1].AdmittedSeconds.ShouldBe(0);
        wide.PeakCacheUse.ShouldBe(1);
        tight.Preemptions.ShouldBe(0);
    }

    [Fact]
    public void Tensorrt_llm_takes_a_prompt_whole_or_not_at_all()
    {
        // 600 + 600 tokens are more than a step of 1,000: the second waits for a step of its own. llama.cpp cuts it.
        Arrival[] arrivals = [new(0, 600, 2), new(0, 600, 2)];

        Prompts(SchedulingPolicy.ReservedWholePrompts).ShouldBe([600, 600 + 1]);
        Prompts(SchedulingPolicy.Slots).ShouldBe([1000, 200 + 1]);

        IEnumerable<double> Prompts(SchedulingPolicy policy) =>
            Simulated
                .Run(Simulated.Pool(policy, stepTokens: 1000), arrivals)
                .Spans.Where(item => item.Span.HasPrompts)
                .Select(item => item.Span.Tokens);
    }

    [Fact]
    public void Tensorrt_llm_cuts_a_prompt_that_is_longer_than_any_step()
    {
        var run = Simulated.Run(
            Simulated.Pool(SchedulingPolicy.ReservedWholePrompts, stepTokens: 1000),
            [new Arrival(0, 2500, 2)]
        );

        run.Spans.Where(item => item.Span.HasPrompts).Select(item => item.Span.Tokens).ShouldBe([1000, 1000, 500]);
    }

    [Fact]
    public void A_static_batch_ends_together_and_the_next_begins_after_it()
    {
        var run = Simulated.Run(
            Simulated.Pool(SchedulingPolicy.StaticBatch, sequences: 3),
            [new Arrival(0, 100, 10), new Arrival(0, 300, 200), new Arrival(0, 50, 60), new Arrival(0, 50, 5)]
        );

        var requests = run.Requests.ToArray();
        requests[0].LastTokenSeconds.ShouldBe(requests[1].LastTokenSeconds);
        requests[2].LastTokenSeconds.ShouldBe(requests[1].LastTokenSeconds);
        requests[3].AdmittedSeconds.ShouldBe(requests[1].LastTokenSeconds);
        // One step for all prompts, then 199 for the longest answer.
        run.Spans.Where(item => item.Span.Start < requests[1].LastTokenSeconds)
            .Sum(item => item.Span.Steps)
            .ShouldBe(200);
    }

    [Theory]
    [InlineData(SchedulingPolicy.ChunkedPrefill)]
    [InlineData(SchedulingPolicy.PrefillFirst)]
    [InlineData(SchedulingPolicy.ReservedWholePrompts)]
    [InlineData(SchedulingPolicy.Slots)]
    public void No_more_run_than_there_are_places_and_the_next_gets_the_first_that_is_free(SchedulingPolicy policy)
    {
        var run = Simulated.Run(
            Simulated.Pool(policy, sequences: 2),
            [new Arrival(0, 100, 50), new Arrival(0, 100, 80), new Arrival(0, 100, 10)]
        );

        run.Spans.Max(item => item.Span.Running).ShouldBe(2);
        run.Requests.Span[2].AdmittedSeconds.ShouldBe(run.Requests.Span[0].LastTokenSeconds, 1e-12);
    }
}
