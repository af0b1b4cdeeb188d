using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction.Training;

public sealed class TrainingTimeTests
{
    [Fact]
    public void Computation_of_llama_8b_is_the_one_worked_out_by_hand()
    {
        var setup = Setups.Of(Setups.Llama8B, TrainingMethod.Pretrain, "compiled") with { SequenceLength = 8192 };
        var hardware = Setups.Constants.Hardware["Hopper"];
        const double Peak = 989.4e12;
        // 32 layers of 2 x 4,096^2 + 2 x 1,024 x 4,096 + 3 x 14,336 x 4,096 weights; forward and two gradients.
        var matrices = 6.0 * 32 * 218_103_808 / (Peak * hardware.Matrices["bf16"]);
        var head = 6.0 * 128_256 * 4_096 / (Peak * hardware.Matrices["bf16"]);
        // A token attends to (8,192 + 1) / 2 on average, or half of the length in the limit: 4 x 4,096 per pair; backward
        // is 2.5 times forward.
        var attention = 3.5 * 32 * 4 * 4096 * 4096 / (Peak * hardware.Attention["flash2"]);
        // 2 x (6 x 4,096 + 2 x 1,024 + 4 x 14,336) bytes kept per token and layer, written and read in three passes.
        var kept = 32 * 2.0 * (6 * 4096 + 2 * 1024 + 4 * 14_336);
        var elementwise = 3 * 2 * kept * setup.Framework.ElementwisePasses / (3.35e12 * Setups.Constants.MemoryShare);

        var predicted = new TrainingTime(setup).Breakdown.Computation;

        predicted.ShouldBe(8192 * (matrices + head + attention + elementwise), 1e-3 * predicted);
    }

    [Fact]
    public void Short_batches_wait_for_the_host()
    {
        // Qwen-1.8B's LoRA takes a second for eight micro batches of 256 and of 512 tokens alike (QwenLM/Qwen README).
        var setup = Setups.Of("Qwen/Qwen2.5-1.5B", TrainingMethod.Lora) with
        {
            Checkpointing = Checkpointing.Full,
        };

        var at256 = new TrainingTime(setup with { SequenceLength = 256 });
        var at512 = new TrainingTime(setup with { SequenceLength = 512 });

        at512.StepSeconds.Value.ShouldBe(at256.StepSeconds.Value, 0.01 * at256.StepSeconds.Value);
        at256.Breakdown.Host.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_pipeline_of_four_with_eight_micro_batches_waits_three_eighths()
    {
        var setup = Setups.Of(Setups.Llama8B, TrainingMethod.Pretrain, "megatron") with
        {
            Accumulation = 8,
            Parallelism = new TrainingParallelism(Pipeline: 4),
        };
        var parts = new TrainingTime(setup).Breakdown;

        parts.Bubble.ShouldBe(3.0 / 8 * (parts.Computation + parts.Host + parts.Communication), 1e-9);
        var interleaved = setup with { Parallelism = setup.Parallelism with { VirtualStages = 2 } };
        new TrainingTime(interleaved).Breakdown.Bubble.ShouldBe(parts.Bubble / 2, 1e-9);
    }

    [Fact]
    public void Hardware_that_nobody_measured_says_so()
    {
        var setup = Setups.Of(Setups.Llama8B, TrainingMethod.Full, "transformers", "nvidia-v100-sxm2-32gb");

        new TrainingTime(setup).StepSeconds.Evidence.ShouldBe(Loadline.Quantities.Evidence.Assumed);
    }

    [Fact]
    public void Lora_does_two_thirds_of_the_operations_of_full_training()
    {
        var full = Setups.Of(Setups.Llama8B, TrainingMethod.Full, "megatron") with { SequenceLength = 128 };
        var adapters = full with { Method = TrainingMethod.Lora, Rank = 1, Targets = ["q_proj"] };

        // Without weight gradients 4 N remain of 6 N; what is elementwise or attention does not shrink.
        var share = new TrainingTime(adapters).Breakdown.Computation / new TrainingTime(full).Breakdown.Computation;
        share.ShouldBeInRange(2.0 / 3, 0.75);
    }
}
