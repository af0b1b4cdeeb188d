using Loadline.Models;
using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction.Training;

public sealed class TrainingCheckTests
{
    private static readonly TrainingSetup Lora = Setups.Of(Setups.Llama8B, TrainingMethod.Lora);

    [Fact]
    public void A_rank_above_the_narrowest_matrix_is_refused_with_that_width() =>
        // Keys of Llama-3.1-8B are 1,024 wide.
        Message(Lora with { Rank = 2000 })
            .ShouldBe("rank: 2000; expected 1 to 1024, the width of the narrowest targeted matrix");

    [Fact]
    public void Unknown_modules_are_refused_with_those_there_are() =>
        Message(Lora with { Targets = ["c_attn"] })
            .ShouldBe(
                "target modules: \"c_attn\"; expected all-linear, attention, mlp or some of q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj"
            );

    [Fact]
    public void A_batch_that_does_not_divide_is_refused_with_one_that_does() =>
        Should
            .Throw<BadContentException>(() =>
                (Lora with { MicroBatch = 4, Parallelism = new TrainingParallelism(8) }).WithGlobalBatch(100)
            )
            .Message.ShouldBe(
                "global batch: 100; expected a multiple of micro batch 4 x data parallel 8 = 32, such as 96"
            );

    [Fact]
    public void A_batch_that_divides_becomes_accumulation() =>
        (Lora with { MicroBatch = 4, Parallelism = new TrainingParallelism(8) })
            .WithGlobalBatch(128)
            .Accumulation.ShouldBe(4);

    [Fact]
    public void Quantized_weights_cannot_all_learn() =>
        Message(Setups.Of(Setups.Llama8B, TrainingMethod.Full) with { FrozenWeights = WeightFormats.Nf4 })
            .ShouldBe("method: Full of nf4 weights, which have no gradients; expected qlora, or weights of 16 bits");

    [Fact]
    public void Experts_cannot_be_spread_where_there_are_none() =>
        Message(Lora with { Parallelism = new TrainingParallelism(8, Expert: 8) })
            .ShouldBe("expert parallel: 8 of a model without experts; expected 1");

    [Fact]
    public void Query_heads_must_divide_over_tensor_ranks() =>
        Message(Lora with { Parallelism = new TrainingParallelism(Tensor: 3) })
            .ShouldBe("tensor parallel: 3; expected a divisor of 32 query heads");

    [Fact]
    public void More_stages_than_layers_are_refused() =>
        Message(Lora with { Parallelism = new TrainingParallelism(Pipeline: 64) })
            .ShouldBe("pipeline parallel: 64 x 1 stages of 32 layers; expected at most 32");

    [Fact]
    public void Unknown_software_is_refused_with_what_is_known() =>
        Should
            .Throw<UnknownNameException>(() => Setups.Constants.Framework("axolotle"))
            .Message.ShouldContain("training framework \"axolotle\" is not known");

    [Fact]
    public void What_can_be_combined_is_returned() => Lora.Checked().ShouldBe(Lora);

    private static string Message(TrainingSetup setup) =>
        Should.Throw<BadContentException>(() => setup.Checked()).Message;
}
