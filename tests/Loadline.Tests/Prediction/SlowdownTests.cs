using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

/// <summary>What whole runs add to the kernels of a class.</summary>
public sealed class SlowdownTests
{
    private const string Llama8B = "meta-llama/Meta-Llama-3-8B";

    [Fact]
    public void Time_per_layer_is_added_to_every_step_once_for_every_layer()
    {
        var deployment = Deployments.Of(Llama8B, "a100-sxm-40gb", "llama.cpp", "Q4_K_M");

        var (plain, slowed) = (Decode(deployment), Decode(With(deployment, 100e-6, 0)));

        // Llama-3-8B has 32 layers.
        (slowed - plain).ShouldBe(32 * 100e-6, 1e-9);
    }

    [Fact]
    public void Time_per_transfer_is_added_between_devices_only()
    {
        var one = Deployments.Of(Llama8B, "a100-sxm-40gb", "llama.cpp", "Q4_K_M");
        var four = Deployments.Of(Llama8B, "a100-sxm-40gb", "llama.cpp", "Q4_K_M", devices: 4);

        (Decode(With(one, 0, 0.1)) - Decode(one)).ShouldBe(0, 1e-9);
        (Decode(With(four, 0, 0.1)) - Decode(four)).ShouldBe(3 * 0.1, 1e-9);
    }

    // Total tokens per second, batch of equal prompts and answers: argonne-lcf/LLM-Inference-Bench 4211f5d (2024-10).
    // Batch 1, 512 + 512 tokens: 1,024 tokens in 512 x 16.4 ms on MI250, in 512 x 55.8 ms on MI300X.
    [Theory]
    [InlineData("mi250", "meta-llama/Meta-Llama-3-8B", 0.0164)]
    [InlineData("mi300x", "meta-llama/Llama-2-70b-hf", 0.0558)]
    public void Runs_of_one_sequence_are_within_the_interval(string accelerator, string model, double seconds)
    {
        var deployment = Deployments.Of(model, accelerator, "vllm@0.6.1", "fp16");

        var factor = PredictionError.Of(deployment).Factor;
        Decode(deployment).ShouldBeInRange(seconds / factor, seconds * factor);
    }

    private static double Decode(Deployment deployment) =>
        new Step(deployment).TimeOf(StepShape.Decode(1, 512)).Seconds;

    private static Deployment With(Deployment deployment, double perLayer, double perTransfer) =>
        deployment with
        {
            Kernels = deployment.Kernels with
            {
                Slowdown = Slowdown.None with
                {
                    PerLayer = new Duration(perLayer),
                    PerTransfer = new Duration(perTransfer),
                },
            },
        };
}
