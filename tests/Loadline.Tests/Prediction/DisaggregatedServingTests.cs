using CsCheck;
using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

/// <summary>Prefill and decode on devices of their own.</summary>
public sealed class DisaggregatedServingTests
{
    private static readonly Deployment Deployment = Deployments.Of(
        "meta-llama/Llama-3.1-8B-Instruct",
        "nvidia-h100-sxm-80gb"
    );

    private static readonly Gen<(RequestShape Request, int Prefill, int Decode, double InFlight)> Case = Gen.Select(
        Gen.Select(Gen.Double[64, 20_000], Gen.Double[2, 2000])
            .Select((prompt, output) => new RequestShape(prompt, output)),
        Gen.Int[1, 6],
        Gen.Int[1, 6],
        Gen.Double[1, 600]
    );

    [Fact]
    public void Little_s_law_holds() =>
        Case.Sample(one =>
        {
            var point = Serving(one.Request, one.Prefill, one.Decode).AtConcurrency(one.InFlight);
            var inSystem = point.TtftSeconds + (one.Request.OutputTokens - 1) * point.TpotSeconds;
            return Math.Abs(point.RequestsPerSecond * inSystem / one.InFlight - 1) < 0.02;
        });

    [Fact]
    public void Neither_pool_does_more_than_it_can() =>
        Case.Sample(one =>
        {
            var serving = Serving(one.Request, one.Prefill, one.Decode);
            return serving.AtConcurrency(one.InFlight).RequestsPerSecond <= serving.PrefillCapacity;
        });

    [Fact]
    public void More_prefill_replicas_never_finish_fewer_requests() =>
        Case.Sample(one =>
            Serving(one.Request, one.Prefill + 1, one.Decode).AtConcurrency(one.InFlight).RequestsPerSecond
            >= Serving(one.Request, one.Prefill, one.Decode).AtConcurrency(one.InFlight).RequestsPerSecond * (1 - 1e-9)
        );

    [Fact]
    public void Prompts_do_not_lengthen_the_steps_between_tokens()
    {
        // Equal contexts, so that only the prompts' own work could make a difference.
        var shortPrompts = new RequestShape(500, 200) { MeanContext = 2000 };
        var longPrompts = new RequestShape(1900, 200) { MeanContext = 2000 };
        var calm = Serving(shortPrompts, 4, 1).AtRate(1)!.Value;
        var busy = Serving(longPrompts, 4, 1).AtRate(1)!.Value;
        busy.TpotSeconds.ShouldBe(calm.TpotSeconds, 1e-6);
        busy.TtftSeconds.ShouldBeGreaterThan(calm.TtftSeconds);
    }

    [Fact]
    public void A_rate_beyond_the_prefill_pool_has_no_steady_state()
    {
        var serving = Serving(new RequestShape(8000, 10), 1, 8);
        serving.AtRate(serving.PrefillCapacity * 1.01).ShouldBeNull();
    }

    [Fact]
    public void A_request_alone_waits_for_nobody()
    {
        var serving = Serving(new RequestShape(4000, 200), 1, 1);
        var costs = new StepCosts(new Step(Deployment), Deployment.Rules.MaximumBatchedTokens, new(4000, 200));
        serving.AtConcurrency(1).QueueSeconds.ShouldBe(0, costs.Prefill(0) * 0.01);
    }

    [Fact]
    public void In_a_closed_loop_a_prompt_meets_a_tenth_of_the_others()
    {
        const double InFlight = 200;
        var serving = Serving(new RequestShape(4000, 2000), 4, 4);
        serving
            .AtConcurrency(InFlight)
            .QueueSeconds.ShouldBeGreaterThanOrEqualTo(0.1 * (InFlight - 1) / serving.PrefillCapacity);
    }

    private static DisaggregatedServing Serving(RequestShape request, int prefill, int decode)
    {
        var costs = new StepCosts(new Step(Deployment), Deployment.Rules.MaximumBatchedTokens, request);
        var room = new ServingMemory(Deployment).MaximumConcurrency((long)request.MeanContext).Value;
        return new DisaggregatedServing(
            new ServingPool(costs, prefill, room),
            new ServingPool(costs, decode, room),
            0.01,
            CacheTransfer.SecondsOf(Deployment, Deployment, request.PromptTokens)
        );
    }
}
