using System.Collections.Immutable;
using Loadline.Models;
using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction.Training;

public sealed class TrainingMemoryTests
{
    private const double Llama3B = 3_212_749_824;
    private const double Llama8B = 8_030_261_248;

    [Fact]
    public void Pure_16_bit_full_training_holds_eight_bytes_a_parameter()
    {
        // 2 weight + 2 gradient + 2 x 2 moments; huggingface/peft measured 26.06 GB with 0.35 GB of workspaces.
        var setup = Setups.Of(Setups.Llama3B, TrainingMethod.Full) with
        {
            States = StatePrecision.Pure16,
        };

        new TrainingMemory(setup).StateBytes.Value.ShouldBe(8 * Llama3B + 0.35e9, 1e6);
        new TrainingMemory(setup).StateBytes.Value.ShouldBe(26.06e9, 0.01e9);
    }

    [Fact]
    public void Lora_holds_the_weights_and_sixteen_bytes_an_adapter_parameter()
    {
        // Rank 32 on queries and values: 28 x 32 x (3,072 + 3,072 + 3,072 + 1,024) = 9,175,040, as huggingface/peft prints.
        var setup = Setups.Of(Setups.Llama3B, TrainingMethod.Lora) with
        {
            Rank = 32,
            Targets = ["q_proj", "v_proj"],
        };

        setup.Trainable.ShouldBe(9_175_040);
        // It measured 6.92 GB.
        new TrainingMemory(setup).StateBytes.Value.ShouldBe(2 * Llama3B + 16 * 9_175_040 + 0.35e9, 1e6);
        new TrainingMemory(setup).StateBytes.Value.ShouldBe(6.92e9, 0.02e9);
    }

    [Fact]
    public void Dora_learns_the_length_of_every_output_as_well()
    {
        // 28 x (3,072 + 1,024) more: 9,289,728, as huggingface/peft prints for DoRA of rank 32.
        var setup = Setups.Of(Setups.Llama3B, TrainingMethod.Dora) with
        {
            Rank = 32,
            Targets = ["q_proj", "v_proj"],
        };

        setup.Trainable.ShouldBe(9_289_728);
    }

    [Theory]
    // DeepSpeed's table of mixed precision with 32-bit gradients: 2 + 4 + 12 bytes, shared out step by step over 8.
    [InlineData(0, 18.0)]
    [InlineData(1, 2 + 4 + 12 / 8.0)]
    [InlineData(2, 2 + (4 + 12) / 8.0)]
    [InlineData(3, 18 / 8.0)]
    public void Zero_stages_share_out_optimizer_gradients_and_weights(int stage, double bytesPerParameter)
    {
        var setup = Setups.Of(Setups.Llama8B, TrainingMethod.Pretrain, "megatron") with
        {
            Parallelism = new TrainingParallelism(Data: 8) { ZeroStage = stage },
        };
        var memory = new TrainingMemory(setup);
        var states =
            memory.Part("weights")
            + memory.Part("gradients")
            + memory.Part("master weights")
            + memory.Part("optimizer states");

        states.ShouldBe(bytesPerParameter * Llama8B, 1e-6 * Llama8B);
    }

    [Fact]
    public void Sharded_weights_are_gathered_two_layers_at_a_time()
    {
        // A layer of Llama-3.1-8B: 2 x 4,096^2 + 2 x 1,024 x 4,096 + 3 x 14,336 x 4,096 + 2 x 4,096 = 218,112,000.
        var setup = Setups.Of(Setups.Llama8B, TrainingMethod.Pretrain, "compiled") with
        {
            Parallelism = new TrainingParallelism(Data: 64) { ZeroStage = 3 },
        };

        // Six doublings of the devices bring 0.15 GB of communicators each.
        new TrainingMemory(setup)
            .Part("buffers")
            .ShouldBe(2 * 218_112_000.0 * 2 + 6 * 0.15e9, 1);
    }

    [Fact]
    public void A_compiled_layer_keeps_what_its_gradients_need()
    {
        // Per token and layer of Llama-3.2-3B: 2 x (6 x 3,072 + 2 x 1,024 + 4 x 8,192) = 106,496 bytes, and torchtune's
        // ablation measured 22.8 GiB for 8,192 tokens in 28 layers.
        var setup = Setups.Of(Setups.Llama3B, TrainingMethod.Full, "compiled") with
        {
            States = StatePrecision.Pure16,
            SequenceLength = 4096,
            MicroBatch = 2,
        };

        new TrainingMemory(setup).Part("activations").ShouldBe(106_496.0 * 28 * 8192, 1);
    }

    [Fact]
    public void Full_checkpointing_keeps_the_inputs_of_layers_and_one_layer()
    {
        var setup = Setups.Of(Setups.Llama3B, TrainingMethod.Full, "compiled") with
        {
            Checkpointing = Checkpointing.Full,
            Accumulation = 2,
            Loss = TrainingLoss.Chunked,
        };
        var tokens = 2048.0;

        new TrainingMemory(setup).Part("activations").ShouldBe(tokens * (2 * 3072 * 28 + 106_496), 1);
        new TrainingMemory(setup).Part("logits").ShouldBe(tokens * 128_256 * setup.Framework.BytesPerLogit / 8, 1);
    }

    [Fact]
    public void Nf4_weights_take_four_and_a_half_bits_but_for_embeddings_and_norms()
    {
        var architecture = Setups.Architecture(Setups.Llama8B);
        var matrices = architecture
            .Tensors.Tensors.Where(tensor => tensor.IsQuantizable)
            .Sum(tensor => tensor.Parameters);
        var setup = Setups.Of(Setups.Llama8B, TrainingMethod.QLora) with { Rank = 8, Targets = ["q_proj"] };
        var adapters = 32 * 8 * (4096 + 4096) * 4.0;

        matrices.ShouldBe(32 * (218_112_000L - 2 * 4096));
        new TrainingMemory(setup).Part("weights").ShouldBe(matrices * 4.5 / 8 + (Llama8B - matrices) * 2 + adapters, 1);
        new TrainingMemory(setup with { DoubleQuantization = true })
            .Part("weights")
            .ShouldBe(matrices * (4 + 8.0 / 64 + 32.0 / 16_384) / 8 + (Llama8B - matrices) * 2 + adapters, 1);
    }

    [Fact]
    public void A_model_that_ran_out_of_memory_does_not_fit()
    {
        // litgpt: LoRA of Llama 2 7B with 4 x 1,304 tokens ran out of the 40 GB of an A100, and 2 x 1,304 did not.
        var setup = Setups.Of("meta-llama/Llama-2-7b-hf", TrainingMethod.Lora, "litgpt", "nvidia-a100-sxm-40gb") with
        {
            States = StatePrecision.Pure16,
            Rank = 8,
            Targets = ["q_proj", "v_proj"],
            SequenceLength = 1304,
        };

        new TrainingMemory(setup with { MicroBatch = 4 }).Fits.ShouldBeFalse();
        new TrainingMemory(setup with { MicroBatch = 2 }).Fits.ShouldBeTrue();
    }

    [Fact]
    public void Scores_that_are_written_grow_with_the_square_of_the_length()
    {
        var setup = Setups.Of(Setups.Llama8B, TrainingMethod.Lora) with
        {
            FlashAttention = false,
            Checkpointing = Checkpointing.Full,
        };
        var without = setup with { FlashAttention = true };

        // One layer at a time: 8 bytes x 32 heads x 2,048^2.
        (new TrainingMemory(setup).Part("activations") - new TrainingMemory(without).Part("activations")).ShouldBe(
            8.0 * 32 * 2048 * 2048,
            1
        );
    }
}
