using CsCheck;
using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Simulation;
using Loadline.Tests.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>Attention spread over ranks around the same experts: every step ends with the slowest of them.</summary>
public sealed class AttentionRanksTests
{
    private static readonly Deployment Spread = Deployments.Of(
        "deepseek-ai/DeepSeek-V3",
        "nvidia-h200-sxm-141gb",
        "sglang",
        parallelism: new Parallelism(Expert: 8, Data: 8)
    );

    private static readonly StepTimes Times = new(Spread);

    private static ReplicaPool Pool => Simulated.Pool(times: Times) with { Ranks = Times.RanksInStep };

    [Fact]
    public void Experts_make_ranks_wait_for_each_other_and_nothing_else_does()
    {
        (Times.RanksInStep, Times.SeparateRanks).ShouldBe((8, 1));
        var dense = new StepTimes(
            Deployments.Of("meta-llama/Llama-3.1-8B-Instruct", parallelism: new Parallelism(Data: 4))
        );
        (dense.RanksInStep, dense.SeparateRanks).ShouldBe((1, 4));
    }

    [Fact]
    public void A_prompt_on_one_rank_holds_up_the_tokens_of_another()
    {
        var alone = Simulated.Run(Pool, [new Arrival(0, 100, 100)]).Requests.Span[0];
        var beside = Simulated.Run(Pool, [new Arrival(0, 100, 100), new Arrival(1, 8000, 2)]);
        var prompt = beside.Spans.Single(item => item.Span.HasPrompts && item.Span.Start > 0.5).Span;

        beside.Requests.Span[0].EndToEndSeconds.ShouldBeGreaterThan(alone.EndToEndSeconds + 0.8 * prompt.Seconds);
    }

    [Fact]
    public void Requests_go_to_the_rank_with_the_fewest()
    {
        // Eight ranks with room for one sequence each take eight requests at once.
        var pool = Pool with
        {
            Limits = Pool.Limits with { MaximumSequences = 1 },
        };

        var run = Simulated.Run(pool, [.. Enumerable.Repeat(new Arrival(0, 100, 10), 9)]);

        run.Requests.ToArray().Count(request => request.AdmittedSeconds == 0).ShouldBe(8);
    }

    [Fact]
    public void Laws_of_conservation_hold_for_ranks_too() =>
        RandomRuns.Any.Sample(
            random =>
            {
                var serving = random.Cluster.Serving with { Times = Times, Ranks = 3 };
                var run = (random with { Cluster = random.Cluster with { Serving = serving } }).Play();
                var gaps = 0L;
                var seconds = 0.0;
                foreach (var request in run.Requests.Span)
                {
                    (request.IsComplete ^ request.IsRejected).ShouldBeTrue();
                    if (request.IsRejected)
                        continue;
                    gaps += Math.Max(0, request.OutputTokens - 1);
                    seconds += request.LastTokenSeconds - request.FirstTokenSeconds;
                }
                if (serving.Policy == SchedulingPolicy.StaticBatch)
                    return;
                run.Gaps.Count.ShouldBe(gaps, 1e-9);
                if (gaps > 0)
                    (run.Gaps.Mean * gaps).ShouldBe(seconds, 1e-9 * Math.Max(1, seconds));
            },
            iter: 100
        );
}
