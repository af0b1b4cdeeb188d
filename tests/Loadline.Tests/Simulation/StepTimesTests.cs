using Loadline.Prediction;
using Loadline.Simulation;
using Loadline.Tests.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>The table of step times says what the step itself says.</summary>
public sealed class StepTimesTests
{
    private static readonly Deployment Deployment = Deployments.Of("meta-llama/Llama-3.1-8B-Instruct");
    private static readonly Step Step = new(Deployment);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 1234.5)]
    [InlineData(7, 100)]
    [InlineData(64, 3000)]
    [InlineData(256, 20_000)]
    [InlineData(1000, 131_000)]
    public void A_decode_step_is_within_a_thousandth_of_the_exact_one(int sequences, double context)
    {
        var exact = Step.TimeOf(StepShape.Decode(sequences, context)).Seconds;

        new StepTimes(Deployment).Decode(sequences, context, sequences).ShouldBe(exact, 0.001 * exact);
    }

    [Fact]
    public void A_step_with_a_prompt_and_decoding_is_the_exact_one()
    {
        var shape = new StepShape(500, 1000, 1, 20, 800);
        var exact = Math.Max(Step.TimeOf(shape).Seconds, Step.PromptLaunchSeconds);

        new StepTimes(Deployment).WithPrompts(shape, 520).ShouldBe(exact, 1e-9 * exact);
    }

    [Fact]
    public void A_slowdown_multiplies_every_time()
    {
        var usual = new StepTimes(Deployment);
        var slow = new StepTimes(Deployment, null, 1.5);
        var prompt = StepShape.Prefill(4000);

        slow.Decode(12, 3456, 12).ShouldBe(1.5 * usual.Decode(12, 3456, 12), 1e-12);
        slow.WithPrompts(prompt, 4000).ShouldBe(1.5 * usual.WithPrompts(prompt, 4000), 1e-12);
    }

    [Fact]
    public async Task Replicas_that_run_side_by_side_may_ask_at_the_same_time()
    {
        // All want a long table at the same time, again and again: growing it must not lose what another has seen in it.
        const int Rounds = 300;
        const int Sequences = 1500;
        var expected = new StepTimes(Deployment).Decode(Sequences, 777, Sequences);
        for (var round = 0; round < Rounds; round++)
        {
            var shared = new StepTimes(Deployment);
            var asked = Enumerable.Range(0, 4).Select(_ => Task.Run(() => shared.Decode(Sequences, 777, Sequences)));
            foreach (var seconds in await Task.WhenAll(asked))
                seconds.ShouldBe(expected);
        }
    }
}
