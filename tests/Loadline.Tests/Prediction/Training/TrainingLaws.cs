using CsCheck;
using Loadline.Models;
using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction.Training;

public sealed class TrainingLaws
{
    private static readonly string[] Models =
    [
        Setups.Llama3B,
        Setups.Llama8B,
        "mistralai/Mixtral-8x7B-v0.1",
        "google/gemma-2-9b-it",
        "llm-foundry/mpt-1b",
        "deepseek-ai/DeepSeek-V2-Lite",
        "tiiuae/Falcon-H1-0.5B-Instruct",
    ];

    private static readonly string[] Frameworks = ["megatron", "compiled", "transformers", "torchtune", "xla"];

    private static readonly Gen<TrainingSetup> Any =
        from model in Pick(Models)
        from framework in Pick(Frameworks)
        from method in Pick(
            TrainingMethod.Pretrain,
            TrainingMethod.Full,
            TrainingMethod.Freeze,
            TrainingMethod.Lora,
            TrainingMethod.Dora,
            TrainingMethod.QLora
        )
        from states in Pick(StatePrecision.Mixed, StatePrecision.Fp32, StatePrecision.Pure16)
        from checkpointing in Pick(Checkpointing.None, Checkpointing.Selective, Checkpointing.Full)
        from length in Gen.Long[16, 16_384]
        from batch in Gen.Int[1, 16]
        from accumulation in Gen.Int[1, 8]
        from data in Pick(1, 2, 8)
        from stage in Gen.Int[0, 3]
        from flash in Gen.Bool
        select Setups.Of(model, method, framework) with
        {
            States = states,
            Checkpointing = checkpointing,
            SequenceLength = length,
            MicroBatch = batch,
            Accumulation = accumulation,
            FlashAttention = flash,
            Parallelism = new TrainingParallelism(data) { ZeroStage = stage },
        };

    [Fact]
    public void Parts_of_memory_sum_to_the_whole() =>
        Any.Sample(setup =>
        {
            var memory = new TrainingMemory(setup);
            Math.Abs(memory.Parts.Sum(part => part.Bytes) - memory.ProcessBytes.Value).ShouldBeLessThan(1);
            memory.Parts.ShouldAllBe(part => part.Bytes >= 0);
            memory.ProcessBytes.Value.ShouldBeGreaterThanOrEqualTo(memory.AllocatedBytes.Value);
        });

    [Fact]
    public void Parts_of_a_step_sum_to_the_whole() =>
        Any.Sample(setup =>
        {
            var time = new TrainingTime(setup);
            var parts = time.Breakdown;
            var sum =
                parts.Computation + parts.Host + parts.Unpacking + parts.Communication + parts.Bubble + parts.Update;
            time.StepSeconds.Value.ShouldBe(sum, 1e-9 * sum);
            time.TokensPerSecond.Value.ShouldBe(setup.TokensPerStep / sum, 1e-6 * setup.TokensPerStep / sum);
        });

    [Fact]
    public void Checkpointing_never_raises_memory() =>
        Any.Sample(setup =>
        {
            var none = Peak(setup with { Checkpointing = Checkpointing.None });
            var selective = Peak(setup with { Checkpointing = Checkpointing.Selective });
            var full = Peak(setup with { Checkpointing = Checkpointing.Full });
            selective.ShouldBeLessThanOrEqualTo(none * (1 + 1e-12));
            full.ShouldBeLessThanOrEqualTo(none * (1 + 1e-12));
        });

    [Fact]
    public void Checkpointing_never_makes_a_step_faster() =>
        Any.Sample(setup =>
            Seconds(setup with { Checkpointing = Checkpointing.Full })
                .ShouldBeGreaterThanOrEqualTo(Seconds(setup with { Checkpointing = Checkpointing.None }))
        );

    [Fact]
    public void A_higher_zero_stage_never_holds_more_states() =>
        Any.Sample(setup =>
        {
            for (var stage = 1; stage <= 3; stage++)
                States(At(setup, stage)).ShouldBeLessThanOrEqualTo(States(At(setup, stage - 1)) * (1 + 1e-12));
        });

    [Fact]
    public void More_ranks_never_hold_more_of_what_is_sharded() =>
        Any.Sample(setup => States(Over(setup, 16)).ShouldBeLessThanOrEqualTo(States(Over(setup, 8)) * (1 + 1e-12)));

    [Fact]
    public void Adapters_take_less_memory_and_time_than_full_training() =>
        Any.Where(setup => setup.TrainsAll)
            .Sample(setup =>
            {
                var adapters = setup with { Method = TrainingMethod.Lora, Rank = 8, Targets = ["attention"] };
                States(adapters).ShouldBeLessThan(States(setup));
                new TrainingTime(adapters).Breakdown.Computation.ShouldBeLessThan(
                    new TrainingTime(setup).Breakdown.Computation
                );
            });

    [Fact]
    public void Nothing_that_learns_is_frozen_weights_alone() =>
        Any.Where(setup => setup.HasAdapters)
            .Sample(setup =>
            {
                var memory = new TrainingMemory(setup with { StatedTrainable = 0 });
                memory.Part("gradients").ShouldBe(0);
                memory.Part("optimizer states").ShouldBe(0);
                memory.Part("master weights").ShouldBe(0);
                new TrainingTime(setup with { StatedTrainable = 0 }).Breakdown.Update.ShouldBe(0);
            });

    [Fact]
    public void Memory_and_time_grow_with_tokens() =>
        Any.Sample(setup =>
        {
            var longer = setup with { SequenceLength = setup.SequenceLength * 2 };
            var more = setup with { MicroBatch = setup.MicroBatch + 1 };
            Peak(longer).ShouldBeGreaterThanOrEqualTo(Peak(setup));
            Peak(more).ShouldBeGreaterThanOrEqualTo(Peak(setup));
            Seconds(longer).ShouldBeGreaterThanOrEqualTo(Seconds(setup));
            Seconds(more).ShouldBeGreaterThanOrEqualTo(Seconds(setup));
            new TrainingTime(setup)
                .SecondsFor(2e9)
                .Value.ShouldBeGreaterThan(new TrainingTime(setup).SecondsFor(1e9).Value);
        });

    [Fact]
    public void Quantized_weights_take_less_memory_and_not_less_time() =>
        Any.Where(setup => setup.Method is TrainingMethod.Lora)
            .Sample(setup =>
            {
                var quantized = setup with { Method = TrainingMethod.QLora };
                new TrainingMemory(quantized)
                    .Part("weights")
                    .ShouldBeLessThan(new TrainingMemory(setup).Part("weights"));
                Seconds(quantized).ShouldBeGreaterThanOrEqualTo(Seconds(setup));
            });

    [Fact]
    public void A_chunked_loss_never_needs_more() =>
        Any.Sample(setup =>
            Peak(setup with { Loss = TrainingLoss.Chunked })
                .ShouldBeLessThanOrEqualTo(Peak(setup with { Loss = TrainingLoss.Whole }))
        );

    private static Gen<T> Pick<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static double Peak(TrainingSetup setup) => new TrainingMemory(setup).ProcessBytes.Value;

    private static double Seconds(TrainingSetup setup) => new TrainingTime(setup).StepSeconds.Value;

    private static double States(TrainingSetup setup) => new TrainingMemory(setup).StateBytes.Value;

    private static TrainingSetup At(TrainingSetup setup, int stage) =>
        setup with
        {
            Parallelism = setup.Parallelism with { ZeroStage = stage },
        };

    private static TrainingSetup Over(TrainingSetup setup, int ranks) =>
        setup with
        {
            Parallelism = setup.Parallelism with { Data = ranks, ZeroStage = Math.Max(1, setup.Parallelism.ZeroStage) },
        };
}
