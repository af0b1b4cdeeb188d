using System.Collections.Immutable;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>What a model that takes part in training adds to a device.</summary>
/// <param name="Role">Which.</param>
/// <param name="Bytes">At its own peak.</param>
/// <param name="IsHeldWhileGenerating">False for what is dropped or moved to the host while rollouts run.</param>
public sealed record RoleBytes(TrainingRole Role, double Bytes, bool IsHeldWhileGenerating);

/// <summary>The rollout engine's share of a device.</summary>
/// <param name="TensorParallel">Ranks of one replica.</param>
/// <param name="PoolBytes">Cache of keys and values per device.</param>
/// <param name="BytesPerWeight">2 for 16 bits, 1 for fp8.</param>
/// <param name="SleepsWhileTraining">The engine gives its weights and cache back while the policy trains.</param>
public sealed record RolloutEngine(
    int TensorParallel,
    double PoolBytes,
    double BytesPerWeight = 2,
    bool SleepsWhileTraining = true
);

/// <summary>Memory of a device that several models of one training share.</summary>
/// <remarks>
/// No published measurement states enough to score this (see docs/training.md), so every figure is
/// <see cref="Evidence.Modelled"/>. Bytes.
/// </remarks>
public sealed class RoleMemory
{
    private const double Bytes16 = 2;

    /// <summary>Modelled and not compared: twice the half-width, in logarithms, of what was.</summary>
    private const double UncheckedExponent = 2;

    private readonly TrainingSetup policy;

    /// <param name="policy">How the policy learns; a micro batch counts sequences.</param>
    /// <param name="roles">From <see cref="AlignmentRoles.Of"/>.</param>
    /// <param name="engine">Where rollouts run on the same devices; null where they run elsewhere or there are none.</param>
    /// <param name="offloadsFrozen">Reference and reward wait in host memory until they score.</param>
    /// <param name="reward">A reward model of another size; null for the policy's.</param>
    public RoleMemory(
        TrainingSetup policy,
        IReadOnlyList<TrainingRole> roles,
        RolloutEngine? engine = null,
        bool offloadsFrozen = false,
        Architecture? reward = null
    )
    {
        this.policy = policy;
        var trained = new TrainingMemory(policy);
        Roles = [.. roles.Select(role => BytesOf(role, trained, engine, offloadsFrozen, reward))];
        var training = Roles
            .Where(role => role.Role != TrainingRole.Rollout || engine is { SleepsWhileTraining: false })
            .Sum(role => role.Bytes);
        var generating = Roles.Where(role => role.IsHeldWhileGenerating).Sum(role => role.Bytes);
        TrainingBytes = Within(training);
        GeneratingBytes = Within(generating);
    }

    public ImmutableArray<RoleBytes> Roles { get; }

    /// <summary>While the policy trains.</summary>
    public Estimate TrainingBytes { get; }

    /// <summary>While rollouts are generated.</summary>
    public Estimate GeneratingBytes { get; }

    /// <summary>The larger of the two.</summary>
    public Estimate PeakBytes => TrainingBytes.Value >= GeneratingBytes.Value ? TrainingBytes : GeneratingBytes;

    private RoleBytes BytesOf(
        TrainingRole role,
        TrainingMemory trained,
        RolloutEngine? engine,
        bool offloadsFrozen,
        Architecture? reward
    )
    {
        var isOffloaded = policy.Offload.HasFlag(TrainingOffload.Parameters | TrainingOffload.Optimizer);
        switch (role)
        {
            case TrainingRole.Policy:
                return new(role, trained.ProcessBytes.Value, !isOffloaded);
            case TrainingRole.Critic:
                // A scalar head instead of the vocabulary: no logits. The process and its buffers are there already.
                var critic = trained
                    .Parts.Where(part => part.Name is not ("logits" or "overhead" or "buffers"))
                    .Sum(part => part.Bytes);
                return new(role, critic, !isOffloaded);
            case TrainingRole.Reference:
            case TrainingRole.Reward:
                var model = role is TrainingRole.Reward && reward is not null ? reward : policy.Architecture;
                return new(role, offloadsFrozen ? 0 : Frozen(model), !offloadsFrozen);
            default:
                var weights = engine is null
                    ? 0
                    : engine.BytesPerWeight * policy.Architecture.Tensors.Parameters / engine.TensorParallel;
                return new(role, engine is null ? 0 : weights + engine.PoolBytes, true);
        }
    }

    /// <summary>16-bit weights, shared out as the policy's are.</summary>
    private double Frozen(Architecture model)
    {
        var split = policy.Parallelism;
        var shards = split.ZeroStage >= 3 ? split.ShardRanks : 1;
        return Bytes16 * model.Tensors.Parameters / split.Tensor / split.Pipeline / shards;
    }

    private Estimate Within(double bytes) =>
        Estimate.WithinFactor(
            bytes,
            Math.Pow(policy.Constants.Errors["memory"].Factor, UncheckedExponent),
            Evidence.Modelled
        );
}
