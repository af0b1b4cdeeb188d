using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Reinforcement learning on one set of devices that take turns generating and training.</summary>
internal sealed class RolloutForecast(CatalogReader catalog)
{
    /// <summary>Longest answer that is allowed, over the mean one: the tail every step waits for. A norm of ours.</summary>
    public const double LongestOverMean = 4;

    /// <summary>Share of the memory the engine takes while it generates: verl's default.</summary>
    public const double EngineShare = 0.5;

    /// <summary>Scoring by a program, per step. A norm of ours.</summary>
    private const double RewardSeconds = 2;

    private const double Bytes16 = 2;
    private const double SecondsPerHour = 3600;

    private readonly DeploymentBuilder builder = new(catalog);

    public bool Fits(TrainingJob job, ImmutableArray<TrainingSetup> tried) =>
        EngineOf(job) is { } engine && tried.Any(setup => MemoryOf(job, setup.Checked(), engine).Free.Value >= 0);

    public TrainingOutlook Of(TrainingJob job, ImmutableArray<TrainingSetup> tried)
    {
        if (EngineOf(job) is not { } engine)
            return new TrainingOutlook
            {
                Fits = false,
                Reason =
                    $"the rollout engine has {EngineShare * 100:0} % of each of {job.Hardware}, and the weights of {job.Model.Id} over {job.TensorParallel} of them leave no cache; a higher --tensor-parallel or more memory would",
            };
        var chosen = tried.FirstOrDefault(setup => MemoryOf(job, setup, engine).Free.Low >= 0);
        chosen ??= tried[^1];
        var memory = MemoryOf(job, chosen, engine);
        var fits = memory.Free.Value >= 0;
        var steps = job.Steps ?? StepsOf(job);
        var devices = TrainingForecast.Devices(
            job,
            chosen,
            new TrainingMemory(chosen).StateBytes,
            memory.Peak,
            [
                .. memory.Roles.Select(role => new TrainingShare(
                    $"{TrainingSetups.NameOf(role.Role)}{(role.Role == TrainingRole.Rollout ? ", while generating" : ", while training")}",
                    role.Bytes
                )),
            ]
        );
        if (!fits)
            return new TrainingOutlook
            {
                Fits = false,
                PerDevice = devices,
                Trainable = chosen.Trainable,
                Reason =
                    $"{job.Method} of {job.Model.Id} takes {new ByteSize((long)memory.Peak.Value)} on each of {job.Hardware}, {new ByteSize((long)-memory.Free.Value)} more than there is"
                    + (new TrainingForecast(catalog).NearestOf(job) is { } nearest ? $"; {nearest} fits" : ""),
            };
        var step = StepOf(job, chosen, engine);
        return new TrainingOutlook
        {
            Fits = true,
            FitsSurely = memory.Free.Low >= 0,
            PerDevice = devices,
            Hours = step.Step * (steps / SecondsPerHour),
            Trainable = chosen.Trainable,
            Run = TrainingForecast.RunOf(job, chosen, steps),
            Assumptions =
            [
                .. TrainingForecast.AssumptionsOf(chosen, steps, memory.Free),
                $"A step generates {Figures.Exact(chosen.GlobalBatch)} answers of {Figures.Exact(job.ResponseTokens)} tokens on average, at most {LongestOverMean} times that: {Significant.Three(step.Rollout)} s generating, {Significant.Three(step.LogProbabilities)} s scoring, {Significant.Three(step.Training)} s training, {Significant.Three(step.WeightSync)} s copying weights.",
                $"Engine and training take turns on the same devices; policy and states wait in host memory while answers are generated. The engine has {EngineShare * 100:0} % of the memory; a program scores in {RewardSeconds} s a step.",
            ],
        };
    }

    private static long StepsOf(TrainingJob job) =>
        Math.Max(
            1,
            (long)Math.Ceiling(job.Examples * job.Epochs * job.Group / TrainingSetups.ExamplesPerStep(job) - 1e-9)
        );

    /// <summary>Null where the weights leave no room for a cache.</summary>
    private static RolloutEngine? EngineOf(TrainingJob job)
    {
        double capacity = job.Hardware.Accelerator.MemoryOnOffer.Bytes;
        var weights = Bytes16 * job.Model.Architecture.Tensors.Parameters / job.TensorParallel;
        var pool = EngineShare * capacity - weights;
        return pool > 0 ? new RolloutEngine(job.TensorParallel, pool) : null;
    }

    /// <summary>
    /// The larger of two moments: training with everything back on the device, and generating with policy and states in
    /// host memory.
    /// </summary>
    private static (Estimate Peak, Estimate Free, ImmutableArray<RoleBytes> Roles) MemoryOf(
        TrainingJob job,
        TrainingSetup setup,
        RolloutEngine engine
    )
    {
        var roles = AlignmentRoles.Of(TrainingSetups.TowardsOf(job), setup.HasAdapters);
        var training = new RoleMemory(setup, roles, engine);
        var generating = new RoleMemory(
            setup with
            {
                Offload = TrainingOffload.Parameters | TrainingOffload.Optimizer,
            },
            roles,
            engine,
            offloadsFrozen: true
        ).GeneratingBytes;
        var peak = training.TrainingBytes.Value >= generating.Value ? training.TrainingBytes : generating;
        return (peak, TrainingForecast.FreeOf(setup, peak), training.Roles);
    }

    private RolloutStep StepOf(TrainingJob job, TrainingSetup setup, RolloutEngine engine)
    {
        var deployment = builder
            .Build(
                new DeploymentRequest
                {
                    Model = job.Model,
                    Accelerator = job.Hardware.Accelerator,
                    Engine = "vllm",
                    Devices = job.TensorParallel,
                    TensorParallel = job.TensorParallel,
                }
            )
            .Deployment;
        var request = new RequestShape(job.PromptTokens, job.ResponseTokens);
        var costs = new StepCosts(new Step(deployment), (int)deployment.MaximumStepTokens, request);
        var cache = job.Model.Architecture.Cache.At((long)request.MeanContext, deployment.KvCache).Bytes;
        var together = Math.Max(1, (int)(engine.PoolBytes * job.TensorParallel / Math.Max(1, cache)));
        return RolloutStep.Of(
            new RolloutPlan
            {
                Policy = setup,
                Method = TrainingSetups.TowardsOf(job),
                Rollouts = (int)setup.GlobalBatch,
                PromptTokens = job.PromptTokens,
                Lengths = new LengthTail(job.ResponseTokens, LongestOverMean * job.ResponseTokens),
                Replicas = job.Hardware.Count / job.TensorParallel,
                StepSeconds = costs.Decode,
                PromptSeconds = costs.Marginal(0),
                RewardSeconds = RewardSeconds,
                MostTogether = Math.Min(together, deployment.Rules.MaximumSequences),
            }
        );
    }
}
