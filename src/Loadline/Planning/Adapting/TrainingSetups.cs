using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;

namespace Loadline.Planning;

/// <summary>The setups a job may run with, the fastest first: what it leaves open is chosen so that it fits.</summary>
internal sealed class TrainingSetups(CatalogReader catalog)
{
    /// <summary>Sequences per step where nobody says: adapters learn worse from very large batches.</summary>
    /// <remarks>Thinking Machines, "LoRA Without Regret", 2025-09-29.</remarks>
    private const int UsualBatch = 16;

    /// <summary>Prompts per step of reinforcement learning where nobody says; with groups of 8 it is 512 rollouts.</summary>
    private const int UsualPrompts = 64;

    /// <summary>Larger micro batches gain nothing once a pass has some 16,000 tokens.</summary>
    private const int MostMicroTokens = 16_384;

    /// <summary>Packed sequences where examples are shorter.</summary>
    private const long UsualSequence = 2048;

    /// <summary>What the exported files are for.</summary>
    private const string Framework = "trl";

    public static AlignmentMethod TowardsOf(TrainingJob job) =>
        job.Method switch
        {
            "reward" => AlignmentMethod.RewardModel,
            "dpo" => AlignmentMethod.Dpo,
            "kto" => AlignmentMethod.Kto,
            "orpo" => AlignmentMethod.Orpo,
            "ppo" => AlignmentMethod.Ppo,
            "grpo" => AlignmentMethod.Grpo,
            "dapo" => AlignmentMethod.Dapo,
            "rloo" => AlignmentMethod.Rloo,
            _ => AlignmentMethod.Sft,
        };

    public static string NameOf(TrainingRole role) => role.ToString().ToLowerInvariant() + " model";

    /// <summary>From the fastest to the smallest.</summary>
    public ImmutableArray<TrainingSetup> Of(TrainingJob job)
    {
        var setup = Plain(job);
        var tried = ImmutableArray.CreateBuilder<TrainingSetup>();
        foreach (var split in SplitsOf(job, setup))
        {
            foreach (var states in StatesOf(setup))
            {
                // Recomputing activations costs a quarter of the time; a smaller micro batch hardly any.
                foreach (var checkpointing in (Checkpointing[])[Checkpointing.None, Checkpointing.Full])
                {
                    foreach (var micro in MicroBatches(job, setup))
                        tried.Add(
                            setup with
                            {
                                Parallelism = split,
                                States = states,
                                MicroBatch = micro * SequencesPerExample(job),
                                Accumulation = AccumulationOf(job, micro),
                                Checkpointing = checkpointing,
                            }
                        );
                }
            }
        }
        return tried.ToImmutable();
    }

    private TrainingSetup Plain(TrainingJob job)
    {
        var constants = catalog.Training.Get("training") ?? catalog.Training.All[0];
        var method = job.Learns switch
        {
            "lora" => TrainingMethod.Lora,
            "qlora" => TrainingMethod.QLora,
            "dora" => TrainingMethod.Dora,
            "freeze" => TrainingMethod.Freeze,
            _ => TrainingMethod.Full,
        };
        var isSft = TowardsOf(job) == AlignmentMethod.Sft;
        var sequence = SequenceOf(job);
        return new TrainingSetup
        {
            Architecture = job.Model.Architecture,
            Accelerator = job.Hardware.Accelerator,
            Constants = constants,
            Framework = constants.Framework(Framework),
            Method = method,
            SequenceLength = sequence,
            Rank = job.Rank,
            Targets = job.Targets,
            DoubleQuantization = method == TrainingMethod.QLora,
            Packing = isSft,
            MeanLength = isSft ? null : Math.Min(sequence, MeanOf(job)),
            // TRL forms the loss of supervised training in parts since 1.0; others need all log-probabilities.
            Loss = isSft ? TrainingLoss.Chunked : TrainingLoss.Whole,
        };
    }

    private static double MeanOf(TrainingJob job) =>
        job.IsReinforcement ? job.PromptTokens + job.ResponseTokens : job.TokensPerExample;

    /// <summary>As asked; otherwise the next power of two that holds an example, or the longest answer with its prompt.</summary>
    internal static long SequenceOf(TrainingJob job)
    {
        if (job.Sequence is { } asked)
            return asked;
        if (job.IsReinforcement)
            return job.PromptTokens + (long)(RolloutForecast.LongestOverMean * job.ResponseTokens);
        var sequence = UsualSequence;
        while (sequence < job.TokensPerExample)
            sequence *= 2;
        return sequence;
    }

    /// <summary>Adapters are copied to every device where they fit; all else is sharded.</summary>
    private static IEnumerable<TrainingParallelism> SplitsOf(TrainingJob job, TrainingSetup setup)
    {
        var split = TrainingParallelism.None with { Data = DataParallelOf(job) };
        if (!job.IsReinforcement)
            split = split with { Tensor = job.TensorParallel };
        if (split.Data == 1 || !setup.TrainsAll)
            yield return split;
        if (split.Data > 1)
            yield return split with
            {
                ZeroStage = 3,
            };
    }

    internal static int DataParallelOf(TrainingJob job) =>
        job.IsReinforcement ? job.Hardware.Count : job.Hardware.Count / job.TensorParallel;

    /// <summary>32-bit states where there is room, all in 16 bits where there is not.</summary>
    private static StatePrecision[] StatesOf(TrainingSetup setup) =>
        setup.TrainsAll ? [StatePrecision.Fp32, StatePrecision.Pure16] : [StatePrecision.Fp32];

    private static int SequencesPerExample(TrainingJob job) => AlignmentRoles.SequencesPerExample(TowardsOf(job));

    private static List<int> MicroBatches(TrainingJob job, TrainingSetup setup)
    {
        if (job.MicroBatch is { } asked)
            return [asked];
        var each = ExamplesPerStep(job) / DataParallelOf(job);
        var most = Math.Min(each, Math.Max(1, MostMicroTokens / setup.SequenceLength));
        var tried = new List<int>();
        for (var micro = 1; micro <= most; micro *= 2)
        {
            if (each % micro == 0)
                tried.Insert(0, micro);
        }
        return tried;
    }

    /// <summary>Sequences, pairs or rollouts of a step.</summary>
    internal static long ExamplesPerStep(TrainingJob job)
    {
        var ranks = DataParallelOf(job);
        if (job.IsReinforcement)
            return (job.GlobalBatch ?? UpTo(UsualPrompts, ranks)) * job.Group;
        var each = (long)(job.MicroBatch ?? 1) * ranks;
        return job.GlobalBatch ?? UpTo(UsualBatch, each);
    }

    private static long UpTo(long least, long multiple) => (least + multiple - 1) / multiple * multiple;

    private static int AccumulationOf(TrainingJob job, int micro)
    {
        var each = (long)micro * DataParallelOf(job);
        var batch = ExamplesPerStep(job);
        if (batch % each != 0 || batch < each)
            throw new BadContentException(
                "--global-batch",
                "",
                $"{batch}",
                $"a multiple of micro batch {micro} x data parallel {DataParallelOf(job)} = {each}, such as {UpTo(batch, each)}"
            );
        return checked((int)(batch / each));
    }
}
