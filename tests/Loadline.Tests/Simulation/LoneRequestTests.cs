using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Simulation;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>A request that nobody is in the way of takes the sum of its steps.</summary>
public sealed class LoneRequestTests
{
    [Theory]
    [InlineData(SchedulingPolicy.ChunkedPrefill)]
    [InlineData(SchedulingPolicy.PrefillFirst)]
    [InlineData(SchedulingPolicy.ReservedWholePrompts)]
    [InlineData(SchedulingPolicy.Slots)]
    [InlineData(SchedulingPolicy.StaticBatch)]
    public void Its_times_are_those_of_its_steps_one_by_one(SchedulingPolicy policy)
    {
        const double Arrives = 2.5;
        var door = new FrontDoor(0.002, 1e-6, 0.003);

        var request = Simulated
            .Run(Simulated.Pool(policy), [new Arrival(Arrives, 1000, 400)], door: door)
            .Requests.Span[0];

        var prompt = Seconds(StepShape.Prefill(1000));
        var decode = Enumerable.Range(0, 399).Sum(token => Seconds(StepShape.Decode(1, 1000 + token)));
        request.TtftSeconds.ShouldBe(0.002 + 1000 * 1e-6 + 0.003 + prompt, 1e-9);
        // The table of decode steps is a straight line between contexts a quarter of an octave apart.
        (request.LastTokenSeconds - request.FirstTokenSeconds).ShouldBe(decode, 0.001 * decode);
    }

    [Theory]
    [InlineData(SchedulingPolicy.ChunkedPrefill)]
    [InlineData(SchedulingPolicy.PrefillFirst)]
    [InlineData(SchedulingPolicy.ReservedWholePrompts)]
    [InlineData(SchedulingPolicy.Slots)]
    public void A_prompt_longer_than_a_step_takes_several(SchedulingPolicy policy)
    {
        // 5,000 tokens in steps of 2,048: 2,048, 2,048 and 904.
        var request = Simulated.Run(Simulated.Pool(policy, stepTokens: 2048), [new Arrival(0, 5000, 1)]).Requests.Span[
            0
        ];

        var expected =
            Seconds(StepShape.Prefill(2048))
            + Seconds(StepShape.Prefill(2048, 2048))
            + Seconds(StepShape.Prefill(904, 4096));
        request.TtftSeconds.ShouldBe(expected, 1e-9);
        request.LastTokenSeconds.ShouldBe(request.FirstTokenSeconds);
    }

    [Fact]
    public void Tokens_of_two_that_start_together_come_in_the_steps_of_two()
    {
        var run = Simulated.Run(Simulated.Pool(), [new Arrival(0, 600, 200), new Arrival(0, 600, 200)]);

        var prompts = Seconds(new StepShape(1200, 0, 2, 0, 0));
        var decode = Enumerable.Range(0, 199).Sum(token => Seconds(StepShape.Decode(2, 600 + token)));
        foreach (var request in run.Requests.Span)
        {
            request.FirstTokenSeconds.ShouldBe(prompts, 1e-9);
            (request.LastTokenSeconds - request.FirstTokenSeconds).ShouldBe(decode, 0.001 * decode);
        }
    }

    [Fact]
    public void A_step_of_prompts_takes_at_least_what_the_host_needs_to_launch_it()
    {
        var request = Simulated.Run(Simulated.Pool(), [new Arrival(0, 1, 1)]).Requests.Span[0];

        Simulated.Step.PromptLaunchSeconds.ShouldBeGreaterThan(0);
        request.TtftSeconds.ShouldBeGreaterThanOrEqualTo(Simulated.Step.PromptLaunchSeconds);
    }

    private static double Seconds(StepShape shape)
    {
        var seconds = Simulated.Step.TimeOf(shape).Seconds;
        return shape.PrefillTokens > 0 ? Math.Max(seconds, Simulated.Step.PromptLaunchSeconds) : seconds;
    }
}
