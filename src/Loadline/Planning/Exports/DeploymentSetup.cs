using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>All that somebody needs to set a plan up: what runs where, how often, with which limits.</summary>
public sealed record DeploymentSetup
{
    /// <summary>Name of the plan, for names of files and services.</summary>
    public required string Name { get; init; }

    /// <summary>Hugging Face id, as <c>organisation/name</c>.</summary>
    public required string Model { get; init; }

    /// <summary>Name of the weight format, such as <c>bf16</c>, <c>fp8</c>, <c>int4</c>, <c>Q4_K_M</c>.</summary>
    public required string WeightFormat { get; init; }

    /// <summary>True when the published checkpoint is in that format, so that nothing is to be converted.</summary>
    public required bool WeightsAsReleased { get; init; }
    public required ByteSize WeightBytes { get; init; }

    /// <summary>Name of the cache format, such as <c>bf16</c> or <c>fp8</c>.</summary>
    public required string KvFormat { get; init; }

    /// <summary>Catalog id of the engine, such as <c>vllm</c>.</summary>
    public required string Engine { get; init; }

    /// <summary>Version of the engine's rules the plan was made with.</summary>
    public required string EngineVersion { get; init; }

    /// <summary>Catalog id of the accelerator and its vendor.</summary>
    public required string Accelerator { get; init; }
    public required string Vendor { get; init; }
    public required int DevicesPerMachine { get; init; }
    public required int Machines { get; init; }
    public required int ReplicasPerMachine { get; init; }
    public required Parallelism Parallelism { get; init; }

    /// <summary>Replicas of a machine that only compute prompts and that only decode; null where each does both.</summary>
    public PoolSplit? Pools { get; init; }

    /// <summary>Replicas among all of them that the peak does not need: kept for failures and upgrades.</summary>
    public int SpareReplicas { get; init; }

    /// <summary>Longest request, prompt and answer, in tokens.</summary>
    public required int ContextTokens { get; init; }

    /// <summary>Most sequences in one step; null leaves it to the engine.</summary>
    public int? MaximumSequences { get; init; }

    /// <summary>Most tokens in one step; null leaves it to the engine.</summary>
    public int? MaximumBatchedTokens { get; init; }

    /// <summary>Share of the memory the engine may take; null leaves it to the engine.</summary>
    public double? MemoryFraction { get; init; }
    public required bool PrefixCaching { get; init; }

    /// <summary>Rented, bought or own.</summary>
    public required Way Way { get; init; }
    public required string Provider { get; init; }
    public string? Region { get; init; }

    /// <summary>As the provider names the machine; null for one's own.</summary>
    public string? Instance { get; init; }
    public required string Terms { get; init; }

    /// <summary>Requests in flight that one replica should see at most, for scaling by load.</summary>
    public required double RequestsInFlightPerReplica { get; init; }

    /// <summary>Peak rate of all replicas together, in requests per second.</summary>
    public required double PeakRequestsPerSecond { get; init; }
    public required Estimate CostPerMonthUsd { get; init; }
    public required Estimate CapitalUsd { get; init; }
    public double? PowerKilowatts { get; init; }
    public required string PriceAsOf { get; init; }
}
