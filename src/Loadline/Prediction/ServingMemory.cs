using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>What one device holds while serving.</summary>
/// <remarks>The estimates are in bytes.</remarks>
public sealed record DeviceMemory
{
    public required ByteSize Capacity { get; init; }
    public required ByteSize Weights { get; init; }

    /// <summary>Cache that the asked-for context and concurrency need.</summary>
    public required ByteSize Cache { get; init; }

    /// <summary>Scratch memory of the largest step.</summary>
    public required Estimate ActivationBytes { get; init; }

    /// <summary>Context, libraries, captured graphs and what the driver keeps back.</summary>
    public required Estimate OverheadBytes { get; init; }

    /// <summary>What the engine may use and these leave over; negative when it does not fit.</summary>
    public required Estimate FreeBytes { get; init; }

    /// <summary>What the engine can give to the cache, the asked-for part included.</summary>
    public required Estimate CachePoolBytes { get; init; }
}

/// <summary>
/// Memory of one replica. "Fits" is judged at the upper end of every estimated term, so that a yes can be relied on.
/// </summary>
public sealed class ServingMemory
{
    private readonly Deployment deployment;
    private readonly CacheLayout cacheOnRank;

    public ServingMemory(Deployment deployment)
    {
        this.deployment = deployment;
        cacheOnRank = new CacheLayout(
            [
                .. deployment.Architecture.Layers.Select(layer =>
                    Shards.MixerOnRank(layer, deployment.Parallelism.Tensor)
                ),
            ],
            deployment.Rules,
            deployment.KvCache
        );
        Weights = Shards.WeightsOnRank(deployment.Architecture, deployment.Weights, deployment.Parallelism.Tensor);
        Activations = ActivationMemory.Of(deployment) * Math.Max(1, deployment.Rules.ActivationCopies);
        Overhead = Fixed(deployment) + Range(deployment.Rules.GraphMemory);
        CachePool = PoolBytes();
    }

    /// <summary>Memory of one device as its driver reports it, or as sold where that is not known.</summary>
    public ByteSize Capacity => deployment.Accelerator.UsableMemory ?? deployment.Accelerator.Memory;

    /// <summary>Bytes of weights per device.</summary>
    public ByteSize Weights { get; }

    public Estimate Activations { get; }

    public Estimate Overhead { get; }

    /// <summary>Bytes per device the engine can give to the cache; not below zero.</summary>
    public Estimate CachePool { get; }

    /// <summary>Cache bytes per device of one sequence, as the engine lays it out.</summary>
    public ByteSize CacheOf(long tokens) => cacheOnRank.SizeOf(tokens, 1);

    /// <summary>Memory with so many sequences of so many tokens each.</summary>
    public DeviceMemory With(long context, long concurrency)
    {
        var cache = cacheOnRank.SizeOf(context, concurrency);
        return new DeviceMemory
        {
            Capacity = Capacity,
            Weights = Weights,
            Cache = cache,
            ActivationBytes = Activations,
            OverheadBytes = Overhead,
            CachePoolBytes = CachePool,
            FreeBytes = FreeBytes(cache),
        };
    }

    /// <summary>Sequences of the given length that the cache pool holds, up to the engine's own limit.</summary>
    public Estimate MaximumConcurrency(long context)
    {
        var perSequence = Math.Max(1, CacheOf(context).Bytes);
        return Map(CachePool, bytes => Math.Min(deployment.Rules.MaximumSequences, Math.Floor(bytes / perSequence)));
    }

    /// <summary>Longest context of so many equal sequences, up to what the model was configured for.</summary>
    public Estimate MaximumContext(long concurrency)
    {
        var limit = deployment.Architecture.MaximumContext ?? int.MaxValue;
        return Map(CachePool, bytes => LongestContext(bytes / concurrency, limit));
    }

    /// <summary>Tokens of one sequence that would fill the pool, whatever the model's own limit.</summary>
    public Estimate CacheTokens => Map(CachePool, bytes => LongestContext(bytes, 1L << 40));

    private Estimate FreeBytes(ByteSize cache)
    {
        return CacheHeadroom() + Estimate.Exact(-cache.Bytes);
    }

    private Estimate PoolBytes() => Map(CacheHeadroom(), bytes => Math.Max(0, bytes));

    /// <summary>What weights, activations and overhead leave of the engine's share of the device.</summary>
    private Estimate CacheHeadroom()
    {
        var rules = deployment.Rules;
        double device = Capacity.Bytes;
        var graphs = Range(rules.GraphMemory);
        var outside = Estimate.Exact(0);
        var inside = Estimate.Exact(Weights.Bytes) + Fixed(deployment);
        Place(graphs, rules.GraphsInsideBudget);
        Place(Activations, !rules.ActivationsOutsideBudget);

        return rules.MemoryBudget == MemoryBudget.FractionOfFree
            ? Less(device, inside + outside) * rules.MemoryFraction
            : Less(device * rules.MemoryFraction, inside + Beyond(outside, device * (1 - rules.MemoryFraction)));

        void Place(Estimate bytes, bool isInside)
        {
            if (isInside)
                inside += bytes;
            else
                outside += bytes;
        }
    }

    /// <summary>What lies outside the budget and still does not fit into the rest of the device.</summary>
    private static Estimate Beyond(Estimate bytes, double room) => Map(bytes, value => Math.Max(0, value - room));

    private static Estimate Less(double amount, Estimate used) =>
        new(amount - used.Value, amount - used.High, amount - used.Low, used.Evidence);

    /// <summary>What is taken whatever runs: context, libraries, buffers between devices, the driver's reserve.</summary>
    private static Estimate Fixed(Deployment deployment)
    {
        var rules = deployment.Rules;
        var share = deployment.Accelerator.Memory.Bytes * rules.DeviceOverheadShare;
        return Range(rules.FixedOverhead)
            + Estimate.Exact(share, Evidence.Modelled)
            + Range(rules.CommunicationOverhead) * Math.Log2(deployment.Parallelism.Devices)
            + DriverReserve(deployment.Accelerator);
    }

    private static Estimate Range(ByteRange range) =>
        new(range.Typical.Bytes, range.Low.Bytes, range.High.Bytes, Evidence.Modelled);

    /// <summary>
    /// Memory that is on the board but not on offer, where the driver's own figure is not known: between nothing and
    /// the 7 % that cards with inline ECC give up. Machines with shared memory keep a quarter to a third for the
    /// system by default (macOS).
    /// </summary>
    private static Estimate DriverReserve(Accelerator accelerator)
    {
        var memory = accelerator.Memory.Bytes;
        if (accelerator.UsableMemory is not null)
            return Estimate.Exact(0);
        return accelerator.Kind switch
        {
            AcceleratorKind.UnifiedMemory => new(0.25 * memory, 0, 0.34 * memory, Evidence.Assumed),
            AcceleratorKind.Cpu => new(0.03 * memory, 0, 0.1 * memory, Evidence.Assumed),
            _ => new(0.02 * memory, 0, 0.07 * memory, Evidence.Assumed),
        };
    }

    private double LongestContext(double bytes, long limit)
    {
        if (CacheOf(1).Bytes > bytes)
            return 0;
        if (CacheOf(limit).Bytes <= bytes)
            return limit;
        long fits = 1;
        var exceeds = limit;
        while (exceeds - fits > 1)
        {
            var middle = fits + (exceeds - fits) / 2;
            if (CacheOf(middle).Bytes <= bytes)
                fits = middle;
            else
                exceeds = middle;
        }
        return fits;
    }

    private static Estimate Map(Estimate estimate, Func<double, double> increasing) =>
        new(increasing(estimate.Value), increasing(estimate.Low), increasing(estimate.High), estimate.Evidence);
}
