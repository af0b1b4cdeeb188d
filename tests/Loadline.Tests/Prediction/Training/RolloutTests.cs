using CsCheck;
using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction.Training;

public sealed class RolloutTests
{
    [Fact]
    public void The_mean_of_lengths_that_are_cut_off_is_the_one_asked_for() =>
        Gen.Select(Gen.Double[10, 4000], Gen.Double[1.1, 20], Gen.Double[0.1, 2])
            .Sample(
                (mean, times, variation) =>
                    new LengthTail(mean, mean * times, variation).Mean.ShouldBe(mean, 0.02 * mean)
            );

    [Fact]
    public void The_longest_of_many_is_between_the_mean_and_the_cut() =>
        Gen.Select(Gen.Double[10, 4000], Gen.Double[1.1, 20], Gen.Double[1, 1000])
            .Sample(
                (mean, times, responses) =>
                {
                    var tail = new LengthTail(mean, mean * times);
                    var longest = tail.ExpectedLongest(responses);
                    longest.ShouldBeInRange(0.98 * mean, mean * times * 1.0001);
                    tail.ExpectedLongest(2 * responses).ShouldBeGreaterThanOrEqualTo(longest);
                }
            );

    [Fact]
    public void One_response_takes_its_mean_length_in_steps() =>
        // Steps of a constant 10 ms: 1,000 tokens on average are 10 s.
        new LengthTail(1000, 8000)
            .SecondsUntilDone(1, _ => 0.01)
            .ShouldBe(10, 0.2);

    [Fact]
    public void Many_responses_wait_for_the_longest()
    {
        var tail = new LengthTail(1000, 8000);

        tail.SecondsUntilDone(64, _ => 0.01).ShouldBe(0.01 * tail.ExpectedLongest(64), 1e-6);
    }

    [Fact]
    public void On_policy_phases_follow_each_other_and_off_policy_the_longer_decides()
    {
        var onPolicy = RolloutStep.Of(Plan(0));
        var offPolicy = RolloutStep.Of(Plan(1));
        var factor = Setups.Constants.ReinforcementFactor;

        // New weights: 2 bytes x 8,030,261,248 at 10 GB/s.
        onPolicy.WeightSync.ShouldBe(2 * 8_030_261_248.0 / 10e9, 1e-9);
        onPolicy.Step.Value.ShouldBe(
            factor * (onPolicy.Rollout + onPolicy.LogProbabilities + onPolicy.Training) + onPolicy.WeightSync,
            1e-9
        );
        offPolicy.Step.Value.ShouldBe(
            factor * Math.Max(offPolicy.Rollout, offPolicy.LogProbabilities + offPolicy.Training)
                + offPolicy.WeightSync,
            1e-9
        );
        offPolicy.Rollout.ShouldBeLessThan(onPolicy.Rollout);
    }

    [Fact]
    public void A_forward_pass_is_about_a_third_of_a_step()
    {
        var time = new TrainingTime(
            Setups.Of(Setups.Llama8B, TrainingMethod.Full, "megatron") with
            {
                Accumulation = 32,
            }
        );

        (time.ForwardSeconds.Value / time.StepSeconds.Value).ShouldBeInRange(0.25, 0.36);
    }

    private static RolloutPlan Plan(int lag) =>
        new()
        {
            Policy = Setups.Of(Setups.Llama8B, TrainingMethod.Full, "megatron") with { Accumulation = 64 },
            Method = AlignmentMethod.Grpo,
            Rollouts = 64,
            PromptTokens = 200,
            Lengths = new LengthTail(1000, 4000),
            Replicas = 1,
            StepSeconds = _ => 0.01,
            Lag = lag,
        };
}
