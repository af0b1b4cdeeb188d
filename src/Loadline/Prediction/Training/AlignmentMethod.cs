namespace Loadline.Prediction;

/// <summary>What a model is trained towards, which decides the models that take part.</summary>
public enum AlignmentMethod
{
    /// <summary>Supervised: next tokens of examples.</summary>
    Sft,

    /// <summary>A scalar per sequence from pairs of a preferred and a rejected one.</summary>
    RewardModel,

    /// <summary>Rafailov et al., arXiv 2305.18290: pairs, against a frozen reference.</summary>
    Dpo,

    /// <summary>Ethayarajh et al., arXiv 2402.01306: single sequences with a verdict, against a frozen reference.</summary>
    Kto,

    /// <summary>Hong et al., arXiv 2403.07691: pairs without a reference.</summary>
    Orpo,

    /// <summary>Schulman et al., arXiv 1707.06347, as in InstructGPT: policy, critic, reference, reward, rollouts.</summary>
    Ppo,

    /// <summary>Shao et al., arXiv 2402.03300: groups of rollouts instead of a critic.</summary>
    Grpo,

    /// <summary>Yu et al., arXiv 2503.14476: GRPO without a reference.</summary>
    Dapo,

    /// <summary>Ahmadian et al., arXiv 2402.14740: each rollout against the mean of the others of its prompt.</summary>
    Rloo,
}

/// <summary>A model that takes part in training.</summary>
public enum TrainingRole
{
    Policy,

    /// <summary>Learns the value of states; of the policy's size unless said otherwise.</summary>
    Critic,

    /// <summary>The policy as it was, frozen.</summary>
    Reference,

    /// <summary>Frozen; scores sequences. Absent where a program checks answers.</summary>
    Reward,

    /// <summary>The copy of the policy in a serving engine that generates.</summary>
    Rollout,
}

public static class AlignmentRoles
{
    /// <summary>The models of a method.</summary>
    /// <param name="method">What is trained towards.</param>
    /// <param name="hasAdapters">The reference is the policy with its adapters off: no copy of its own.</param>
    /// <param name="hasRewardModel">False where rewards are verified by a program.</param>
    /// <param name="isReferencePrecomputed">Log-probabilities of the reference were stored beforehand.</param>
    public static IReadOnlyList<TrainingRole> Of(
        AlignmentMethod method,
        bool hasAdapters = false,
        bool hasRewardModel = false,
        bool isReferencePrecomputed = false
    )
    {
        var roles = new List<TrainingRole> { TrainingRole.Policy };
        if (method is AlignmentMethod.Ppo)
            roles.Add(TrainingRole.Critic);
        if (HasReference(method) && !hasAdapters && !isReferencePrecomputed)
            roles.Add(TrainingRole.Reference);
        if (method is AlignmentMethod.Ppo || IsOnline(method) && hasRewardModel)
            roles.Add(TrainingRole.Reward);
        if (IsOnline(method))
            roles.Add(TrainingRole.Rollout);
        return roles;
    }

    /// <summary>True when the model generates what it learns from.</summary>
    public static bool IsOnline(AlignmentMethod method) =>
        method is AlignmentMethod.Ppo or AlignmentMethod.Grpo or AlignmentMethod.Dapo or AlignmentMethod.Rloo;

    /// <summary>True when log-probabilities of a frozen reference are needed.</summary>
    public static bool HasReference(AlignmentMethod method) =>
        method
            is AlignmentMethod.Dpo
                or AlignmentMethod.Kto
                or AlignmentMethod.Ppo
                or AlignmentMethod.Grpo
                or AlignmentMethod.Rloo;

    /// <summary>Sequences of one example: a pair is two.</summary>
    public static int SequencesPerExample(AlignmentMethod method) =>
        method is AlignmentMethod.Dpo or AlignmentMethod.Orpo or AlignmentMethod.RewardModel ? 2 : 1;

    /// <summary>Forward passes without gradients over what is trained on: of the policy before the step, of the reference.</summary>
    public static int ScoringPasses(AlignmentMethod method) =>
        (IsOnline(method) ? 1 : 0) + (HasReference(method) ? 1 : 0);
}
