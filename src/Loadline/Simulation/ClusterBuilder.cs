using Loadline.Catalog;
using Loadline.Prediction;

namespace Loadline.Simulation;

/// <summary>Settings of the engine that were given instead of its defaults; null keeps a default.</summary>
public sealed record SchedulingOverrides
{
    public SchedulingPolicy? Policy { get; init; }

    /// <summary>Sequences of a rank that run together.</summary>
    public int? MaximumSequences { get; init; }

    /// <summary>Tokens of a step.</summary>
    public int? StepTokens { get; init; }

    /// <summary>Tokens the cache of a rank holds.</summary>
    public long? CacheTokens { get; init; }

    public bool? KeepsPrefixes { get; init; }
}

/// <summary>Makes replicas for the simulation of a deployment.</summary>
public static class ClusterBuilder
{
    /// <param name="deployment">One replica.</param>
    /// <param name="replicas">How many there are.</param>
    /// <param name="times">Times of its steps.</param>
    /// <param name="lengths">Lengths of requests, near which the cache is measured.</param>
    /// <param name="overrides">What is not left to the engine.</param>
    /// <param name="poolBytes">Which end of the estimated cache is taken; its middle when null.</param>
    public static ReplicaPool Pool(
        Deployment deployment,
        int replicas,
        StepTimes times,
        TypicalLengths lengths,
        SchedulingOverrides? overrides = null,
        Func<Quantities.Estimate, double>? poolBytes = null
    )
    {
        overrides ??= new SchedulingOverrides();
        var memory = new ServingMemory(deployment);
        var rules = deployment.Rules;
        var isPooled = rules.MemoryBudget != MemoryBudget.None;
        var policy = overrides.Policy ?? deployment.Engine.SchedulingPolicy;
        var longest = Math.Min(lengths.LongestSequence, deployment.Architecture.MaximumContext ?? long.MaxValue);
        var sequences = overrides.MaximumSequences ?? rules.MaximumSequences;
        if (!isPooled)
            sequences = (int)Math.Min(sequences, memory.MaximumConcurrency(longest).Value);
        var cache = isPooled
            ? PoolOf(memory, rules, lengths, poolBytes ?? (bytes => bytes.Value))
            // Engines without a pool set a context aside for each of the sequences that run together.
            : new CacheSize(sequences * longest, 1);
        if (overrides.CacheTokens is { } tokens)
            cache = cache with { Blocks = tokens / cache.BlockTokens };
        return new ReplicaPool
        {
            Replicas = replicas * times.SeparateRanks,
            Ranks = times.RanksInStep,
            Times = times,
            Policy = policy,
            Limits = new SchedulerLimits
            {
                MaximumSequences = Math.Max(1, sequences),
                StepTokens = overrides.StepTokens ?? rules.PromptBatchTokens ?? rules.MaximumBatchedTokens,
                LongestSequence =
                    deployment.MaximumModelLength ?? deployment.Architecture.MaximumContext ?? long.MaxValue,
            },
            Cache = cache,
            KeepsPrefixes = overrides.KeepsPrefixes ?? policy != SchedulingPolicy.StaticBatch,
        };
    }

    /// <summary>
    /// A pool of blocks. What a sequence takes is a straight line in its length, at least near the typical lengths: blocks of
    /// the layers that see everything, and beside them windows and states whatever the length.
    /// </summary>
    private static CacheSize PoolOf(
        ServingMemory memory,
        EngineRules rules,
        TypicalLengths lengths,
        Func<Quantities.Estimate, double> poolBytes
    )
    {
        const double StatesOnly = 1e6;
        var block = rules.CacheBlockTokens;
        var shorter = Math.Max(1, lengths.PromptTokens / block) * block;
        var longer = shorter + Math.Max(1, lengths.OutputTokens / block) * block;
        var growth = memory.CacheOf(longer).Bytes - memory.CacheOf(shorter).Bytes;
        var bytesPerBlock = (double)growth / ((longer - shorter) / block);
        var besides = memory.CacheOf(shorter).Bytes - bytesPerBlock * (shorter / block);
        // Where nothing grows, a sequence takes so many blocks that those for its tokens do not count.
        if (bytesPerBlock <= 0)
            bytesPerBlock = memory.CacheOf(shorter).Bytes / StatesOnly;
        return new CacheSize(
            (long)(poolBytes(memory.CachePool) / bytesPerBlock),
            block,
            (long)Math.Ceiling(Math.Max(0, besides / bytesPerBlock) - 1e-6)
        );
    }
}

/// <summary>How long the requests of some traffic are.</summary>
/// <param name="PromptTokens">Mean tokens of a prompt.</param>
/// <param name="OutputTokens">Mean tokens of an answer.</param>
/// <param name="LongestSequence">Tokens of the longest prompt with its answer.</param>
public readonly record struct TypicalLengths(long PromptTokens, long OutputTokens, long LongestSequence)
{
    public static TypicalLengths Of(IReadOnlyCollection<Arrival> arrivals) =>
        new(
            Math.Max(1, (long)arrivals.Average(arrival => arrival.PromptTokens)),
            Math.Max(1, (long)arrivals.Average(arrival => arrival.OutputTokens)),
            arrivals.Max(arrival => (long)arrival.PromptTokens + arrival.OutputTokens)
        );
}
