using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>One step of training on what the model generated itself.</summary>
public sealed record RolloutPlan
{
    /// <summary>
    /// How the policy learns; its tokens per step are those of all rollouts. Where rollouts have devices of their own,
    /// its parallelism is that of the others.
    /// </summary>
    public required TrainingSetup Policy { get; init; }
    public required AlignmentMethod Method { get; init; }

    /// <summary>Sequences generated per step: prompts x group.</summary>
    public required int Rollouts { get; init; }
    public required double PromptTokens { get; init; }
    public required LengthTail Lengths { get; init; }

    /// <summary>Copies of the rollout engine, each with its share of the sequences.</summary>
    public required int Replicas { get; init; }

    /// <summary>
    /// Seconds of a decode step of so many sequences on one replica, such as <see cref="StepCosts.Decode"/>.
    /// </summary>
    public required Func<double, double> StepSeconds { get; init; }

    /// <summary>Seconds one replica takes for a prompt.</summary>
    public double PromptSeconds { get; init; }

    /// <summary>Seconds of scoring by a program or a reward model elsewhere.</summary>
    public double RewardSeconds { get; init; }

    /// <summary>Optimizer steps by which rollouts may lag behind the policy; 0 on policy.</summary>
    public int Lag { get; init; }

    /// <summary>Most sequences a replica decodes together; the others wait.</summary>
    public int MostTogether { get; init; } = 1024;
}

/// <summary>Time of one step, in seconds.</summary>
/// <param name="Rollout">Until the last response is there.</param>
/// <param name="Reward">Scores.</param>
/// <param name="LogProbabilities">Forward passes of policy and reference.</param>
/// <param name="Training">Forward, backward, update.</param>
/// <param name="WeightSync">New weights on their way to the rollout engine.</param>
/// <param name="Step">The whole: their sum on policy; off policy the longer of the two sides.</param>
public sealed record RolloutStep(
    double Rollout,
    double Reward,
    double LogProbabilities,
    double Training,
    double WeightSync,
    Estimate Step
)
{
    /// <summary>
    /// Bytes per second at which weights of a model split by tensors, layers and experts are gathered and loaded: verl and
    /// NeMo-RL log 4 to 16 s for 61 GB and 24 to 59 s for 470 GB (their performance pages, 2025 and 2026).
    /// </summary>
    private const double SyncRate = 10e9;

    private const double Bytes16 = 2;

    public static RolloutStep Of(RolloutPlan plan)
    {
        var training = new TrainingTime(plan.Policy);
        var each = Math.Max(1, (double)plan.Rollouts / plan.Replicas);
        var waves = Math.Max(1, each / plan.MostTogether);
        var rollout = waves * plan.Lengths.SecondsUntilDone(each / waves, plan.StepSeconds) + each * plan.PromptSeconds;
        // Off policy a new response takes the place of one that ends, so that no step waits for the longest.
        var steady = plan.Lengths.Mean * plan.StepSeconds(each / waves) * waves + each * plan.PromptSeconds;
        if (plan.Lag > 0)
            rollout = steady + (rollout - steady) / (1 + plan.Lag);
        var scoring = AlignmentRoles.ScoringPasses(plan.Method) * training.ForwardSeconds.Value;
        var learning = training.StepSeconds.Value * (plan.Method is AlignmentMethod.Ppo ? 2 : 1);
        var sync = Bytes16 * plan.Policy.Architecture.Tensors.Parameters / SyncRate;
        var other = scoring + learning;
        // What trainers add to their phases: moving tensors and optimizer states, waking and sleeping, scoring, logging.
        var factor = plan.Policy.Constants.ReinforcementFactor;
        var step =
            sync
            + factor
                * (plan.Lag > 0 ? Math.Max(rollout + plan.RewardSeconds, other) : rollout + plan.RewardSeconds + other);
        var error = plan.Policy.Constants.Errors["rlStep"];
        return new RolloutStep(
            rollout,
            plan.RewardSeconds,
            scoring,
            learning,
            sync,
            Estimate.WithinFactor(step, error.Factor, Evidence.Modelled)
        );
    }
}
