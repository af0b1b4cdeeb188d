using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;

namespace Loadline.Planning;

/// <summary>A training run that is asked about; null fields are chosen so that it fits.</summary>
public sealed record TrainingJob
{
    public required Model Model { get; init; }

    /// <summary>Id of an entry of the catalog's adaptation, such as <c>lora</c> or <c>dpo</c>.</summary>
    public required string Method { get; init; }

    /// <summary>lora, qlora or dora where a method such as DPO trains adapters and not all parameters.</summary>
    public string? Adapter { get; init; }
    public required HardwareSpec Hardware { get; init; }

    /// <summary>Examples, pairs or prompts.</summary>
    public long Examples { get; init; } = UsualExamples;

    /// <summary>Enough for a form or a manner, and a number that people have. A norm of ours.</summary>
    public const long UsualExamples = 1000;

    /// <summary>Prompt and answer together.</summary>
    public double TokensPerExample { get; init; } = UsualTokens;
    public const double UsualTokens = 1024;
    public double Epochs { get; init; } = AdaptationWish.UsualEpochs;

    /// <summary>Optimizer steps in place of examples and epochs.</summary>
    public long? Steps { get; init; }
    public int Rank { get; init; } = 16;
    public ImmutableArray<string> Targets { get; init; } = ["all-linear"];

    /// <summary>Sequences per device and pass; null for the most that fits, up to what the global batch asks.</summary>
    public int? MicroBatch { get; init; }

    /// <summary>Sequences, pairs or prompts per optimizer step.</summary>
    public long? GlobalBatch { get; init; }

    /// <summary>Longest sequence in tokens; null for the next power of two above the examples.</summary>
    public long? Sequence { get; init; }
    public int TensorParallel { get; init; } = 1;

    /// <summary>Answers sampled per prompt, in reinforcement learning.</summary>
    public int Group { get; init; } = 8;

    /// <summary>Prompt in reinforcement learning, in tokens.</summary>
    public long PromptTokens { get; init; } = 512;

    /// <summary>Mean answer in reinforcement learning, in tokens.</summary>
    public long ResponseTokens { get; init; } = 1024;

    /// <summary>Which parameters learn: an adapter, the last layers, or all.</summary>
    public string Learns =>
        Adapter
        ?? Method switch
        {
            "lora" or "qlora" or "dora" or "freeze" => Method,
            _ => "full",
        };

    public bool IsReinforcement => Method is "grpo" or "dapo" or "rloo" or "ppo";

    public bool IsPreference => Method is "dpo" or "orpo" or "reward";
}

/// <summary>A run with everything chosen, as its files are written.</summary>
public sealed record TrainingRun
{
    public required TrainingJob Job { get; init; }
    public required int MicroBatch { get; init; }
    public required int Accumulation { get; init; }
    public required int DataParallel { get; init; }

    /// <summary>Weights, gradients and states are shared out over the data-parallel devices.</summary>
    public required bool IsSharded { get; init; }
    public required bool Checkpointing { get; init; }

    /// <summary>Parameters that learn are kept in 32 bits; false for 16.</summary>
    public bool KeepsStatesIn32Bits { get; init; }
    public required long Sequence { get; init; }
    public required long Steps { get; init; }

    /// <summary>Who rents out the machines of the cheapest offer; null where none is known.</summary>
    public string? Provider { get; init; }

    public long GlobalBatch => (long)MicroBatch * Accumulation * DataParallel;

    /// <summary>Devices in one machine, of those that are trained on.</summary>
    public int DevicesPerNode => Math.Min(Job.Hardware.Count, MostPerNode);

    public int Nodes => (Job.Hardware.Count + MostPerNode - 1) / MostPerNode;

    /// <summary>Machines that are rented for training hold eight accelerators (HGX, MI300X platforms).</summary>
    private const int MostPerNode = 8;
}
