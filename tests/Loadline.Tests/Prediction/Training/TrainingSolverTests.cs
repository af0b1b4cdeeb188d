using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction.Training;

public sealed class TrainingSolverTests
{
    private static readonly TrainingSolver Solver = new();
    private static readonly TrainingSetup Lora = Setups.Of(Setups.Llama8B, TrainingMethod.Lora);

    [Fact]
    public void The_largest_micro_batch_fits_and_one_more_does_not()
    {
        var batch = Solver.LargestMicroBatch(Lora).ShouldNotBeNull();

        batch.ShouldBeGreaterThan(1);
        Solver.Fits(Lora with { MicroBatch = batch }).ShouldBeTrue();
        Solver.Fits(Lora with { MicroBatch = batch + 1 }).ShouldBeFalse();
    }

    [Fact]
    public void The_longest_sequence_fits_and_one_token_more_does_not()
    {
        var length = Solver.LongestSequenceLength(Lora).ShouldNotBeNull();

        Solver.Fits(Lora with { SequenceLength = length }).ShouldBeTrue();
        Solver.Fits(Lora with { SequenceLength = length + 1 }).ShouldBeFalse();
    }

    [Fact]
    public void What_never_fits_has_no_batch() =>
        // 18 bytes x 8.03e9 parameters are 145 GB.
        Solver.LargestMicroBatch(Setups.Of(Setups.Llama8B, TrainingMethod.Full, "megatron")).ShouldBeNull();

    [Fact]
    public void Sharding_finds_the_fewest_devices()
    {
        var full = Setups.Of(Setups.Llama8B, TrainingMethod.Full, "compiled") with
        {
            States = StatePrecision.Fp32,
            Checkpointing = Checkpointing.Full,
            Accumulation = 8,
            Parallelism = new TrainingParallelism { ZeroStage = 3 },
        };

        // 16 bytes x 8.03e9 over 2 are 64 GB, and 8 GB or so of the rest on 80 GiB.
        var found = Solver.SmallestData(full).ShouldNotBeNull();
        found.Parallelism.Data.ShouldBe(2);
        found.GlobalBatch.ShouldBe(8);
    }

    [Fact]
    public void The_smallest_hardware_is_the_one_with_least_memory()
    {
        var candidates = new[] { "nvidia-h100-sxm-80gb", "nvidia-l40s-48gb", "nvidia-l4-24gb" }.Select(id =>
            Setups.Catalog.Accelerators.Find(id)
        );
        var setup = Lora with { Checkpointing = Checkpointing.Full, Loss = TrainingLoss.Chunked };

        // 16.1 GB of weights, about 3 GB beside them.
        Solver.SmallestHardware(setup, candidates)!.Accelerator.Id.ShouldBe("nvidia-l4-24gb");
    }

    [Fact]
    public void The_least_recomputation_that_fits_is_found()
    {
        TrainingSolver.LeastCheckpointing(Lora with { SequenceLength = 512 }).ShouldBe(Checkpointing.None);
        TrainingSolver.LeastCheckpointing(Lora with { SequenceLength = 65_536 }).ShouldBe(Checkpointing.Full);
    }
}
