using Loadline.Prediction;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction.Training;

public sealed class RoleTests
{
    private const double Llama8B = 8_030_261_248;

    private static readonly TrainingSetup Policy = Setups.Of(Setups.Llama8B, TrainingMethod.Full, "megatron") with
    {
        Checkpointing = Checkpointing.Full,
    };

    [Fact]
    public void Ppo_trains_two_models_and_holds_two_more_and_the_rollout_engine() =>
        AlignmentRoles
            .Of(AlignmentMethod.Ppo)
            .ShouldBe([
                TrainingRole.Policy,
                TrainingRole.Critic,
                TrainingRole.Reference,
                TrainingRole.Reward,
                TrainingRole.Rollout,
            ]);

    [Theory]
    [InlineData(AlignmentMethod.Sft, 1)]
    [InlineData(AlignmentMethod.RewardModel, 1)]
    [InlineData(AlignmentMethod.Dpo, 2)]
    [InlineData(AlignmentMethod.Kto, 2)]
    [InlineData(AlignmentMethod.Orpo, 1)]
    [InlineData(AlignmentMethod.Grpo, 3)]
    [InlineData(AlignmentMethod.Dapo, 2)]
    [InlineData(AlignmentMethod.Rloo, 3)]
    public void Every_method_has_its_models(AlignmentMethod method, int models) =>
        AlignmentRoles.Of(method).Count.ShouldBe(models);

    [Fact]
    public void The_reference_of_adapters_is_the_model_without_them() =>
        AlignmentRoles.Of(AlignmentMethod.Dpo, hasAdapters: true).ShouldBe([TrainingRole.Policy]);

    [Fact]
    public void Dpo_adds_the_weights_of_the_reference()
    {
        var alone = new RoleMemory(Policy, AlignmentRoles.Of(AlignmentMethod.Sft));
        var pairs = new RoleMemory(Policy, AlignmentRoles.Of(AlignmentMethod.Dpo));

        // 2 bytes a parameter, whole on each rank.
        (pairs.PeakBytes.Value - alone.PeakBytes.Value).ShouldBe(2 * Llama8B, 1e4);
        pairs.PeakBytes.Evidence.ShouldBe(Evidence.Modelled);
    }

    [Fact]
    public void Ppo_by_hand()
    {
        // Policy: 18 bytes (2 + 4 + 4 + 8) and its activations; critic the same without logits; two frozen copies of 2
        // bytes; the engine sleeps while the others train.
        var engine = new RolloutEngine(TensorParallel: 2, PoolBytes: 20e9);
        var memory = new RoleMemory(Policy, AlignmentRoles.Of(AlignmentMethod.Ppo), engine);
        var trained = new TrainingMemory(Policy);
        var activations = trained.Part("activations");

        memory.Roles[1].Bytes.ShouldBe(18 * Llama8B + activations, 1e4);
        memory.TrainingBytes.Value.ShouldBe(trained.ProcessBytes.Value + 18 * Llama8B + activations + 4 * Llama8B, 1e5);
        // While it generates: all of that, and 2 bytes over two ranks and the cache.
        memory.GeneratingBytes.Value.ShouldBe(memory.TrainingBytes.Value + Llama8B + 20e9, 1e5);
    }

    [Fact]
    public void What_is_offloaded_leaves_the_device_to_the_rollouts()
    {
        var offloaded = Policy with { Offload = TrainingOffload.Parameters | TrainingOffload.Optimizer };
        var engine = new RolloutEngine(TensorParallel: 1, PoolBytes: 10e9);
        var memory = new RoleMemory(offloaded, AlignmentRoles.Of(AlignmentMethod.Dapo), engine, offloadsFrozen: true);

        memory.GeneratingBytes.Value.ShouldBe(2 * Llama8B + 10e9, 1e4);
    }

    [Fact]
    public void Pairs_are_two_sequences() => AlignmentRoles.SequencesPerExample(AlignmentMethod.Dpo).ShouldBe(2);
}
