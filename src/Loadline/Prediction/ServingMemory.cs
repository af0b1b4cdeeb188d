using System.Collections.Immutable;
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

    /// <summary>Weights of adapters, draft and other models beside the model.</summary>
    public ByteSize Companions { get; init; }

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
/// Memory of one replica. "Fits" is judged at the upper end of every estimated term and on the fullest device, so that
/// a yes can be relied on.
/// </summary>
public sealed class ServingMemory
{
    /// <summary>Longer than any context, short enough for the bytes of any cache to be counted.</summary>
    private const long MostTokens = 1L << 36;

    private readonly Deployment deployment;
    private readonly ImmutableArray<StageMemory> stages;
    private readonly ActivationMemory activations;

    /// <summary>What each stage has for the cache, with the activations of one token.</summary>
    private readonly ImmutableArray<Estimate> headrooms;

    public ServingMemory(Deployment deployment)
    {
        this.deployment = deployment;
        var ranks = deployment.Parallelism.Tensor;
        stages =
        [
            .. Stage
                .All(deployment)
                .Select(stage => new StageMemory(
                    deployment.DeviceOf(stage),
                    Shards.WeightsOnRank(deployment.Architecture, deployment.Weights, deployment.Parallelism, stage),
                    new CacheLayout(
                        Shards.LayersOnRank(deployment.Architecture, ranks, stage),
                        deployment.Rules,
                        deployment.KvCache
                    )
                )),
        ];
        Overhead = OverheadOn(deployment.Accelerator);
        activations = new ActivationMemory(deployment);
        Activations = Held(activations.For(MostTokens));
        headrooms = [.. stages.Select(stage => Headroom(stage, ActivationsOf(1, 1)))];
        CachePool = Map(headrooms.MinBy(bytes => bytes.Low), bytes => Math.Max(0, bytes));
    }

    /// <summary>Bytes of weights on the device that has most of them.</summary>
    public ByteSize Weights => stages.Max(stage => stage.Weights);

    /// <summary>Scratch of the largest step the engine would run by itself.</summary>
    public Estimate Activations { get; }

    public Estimate Overhead { get; }

    /// <summary>The part of the overhead for buffers between devices, which grows with every doubling of them.</summary>
    public Estimate CommunicationBuffers =>
        Range(deployment.Rules.CommunicationOverhead) * Math.Log2(deployment.Parallelism.Devices);

    /// <summary>Bytes the engine can give to the cache on the device that has least; not below zero.</summary>
    public Estimate CachePool { get; }

    /// <summary>Cache bytes of one sequence on the device that holds most, in the whole blocks the engine hands out.</summary>
    public ByteSize CacheOf(long tokens) => stages.Max(stage => CacheOf(stage, tokens, 1));

    /// <summary>The fullest device with so many sequences of so many tokens each.</summary>
    public DeviceMemory With(long context, long concurrency) =>
        stages.Select(stage => DeviceWith(stage, context, concurrency)).MinBy(device => device.FreeBytes.Low)!;

    /// <summary>Every device of the replica with so many sequences of so many tokens each.</summary>
    public ImmutableArray<DeviceMemory> PerDevice(long context, long concurrency) =>
        [
            .. stages.SelectMany(stage =>
                Enumerable.Repeat(
                    DeviceWith(stage, context, concurrency),
                    deployment.Parallelism.Tensor * deployment.Parallelism.Data
                )
            ),
        ];

    /// <summary>Sequences of the given length that fit, up to the engine's own limit.</summary>
    public Estimate MaximumConcurrency(long context) =>
        MostThatFits(
            deployment.Rules.MaximumSequences * (long)deployment.Parallelism.Data,
            sequences => FreeBytes(context, sequences)
        );

    /// <summary>Longest context of so many equal sequences, up to what the model was configured for.</summary>
    public Estimate MaximumContext(long concurrency) =>
        MostThatFits(
            Math.Min(deployment.Architecture.MaximumContext ?? MostTokens, MostTokens / concurrency),
            tokens => FreeBytes(tokens, concurrency)
        );

    /// <summary>Tokens of one sequence that would fill the pool, whatever the model's own limit.</summary>
    public Estimate CacheTokens => MostThatFits(MostTokens, tokens => FreeBytes(tokens, 1));

    /// <summary>
    /// The cache on one device. Data-parallel ranks share the sequences out; a draft model caches what its target does.
    /// </summary>
    private ByteSize CacheOf(StageMemory stage, long context, long concurrency)
    {
        var own = (concurrency + deployment.Parallelism.Data - 1) / deployment.Parallelism.Data;
        var size = stage.Cache.SizeOf(context, own);
        foreach (var companion in deployment.Companions)
            size += companion.Cache?.SizeOf(context, own) ?? ByteSize.Zero;
        return size;
    }

    private ByteSize CompanionWeights =>
        deployment.Companions.Aggregate(ByteSize.Zero, (sum, companion) => sum + companion.Weights);

    private DeviceMemory DeviceWith(StageMemory stage, long context, long concurrency)
    {
        var cache = CacheOf(stage, context, concurrency);
        var scratch = ActivationsOf(context, concurrency);
        var headroom = Headroom(stage, scratch);
        return new DeviceMemory
        {
            Capacity = stage.Device.MemoryOnOffer,
            Weights = stage.Weights,
            Cache = cache,
            ActivationBytes = scratch,
            OverheadBytes = OverheadOn(stage.Device),
            Companions = CompanionWeights,
            CachePoolBytes = Map(headroom, bytes => Math.Max(0, bytes)),
            FreeBytes = headroom + Estimate.Exact(-cache.Bytes),
        };
    }

    private Estimate FreeBytes(long context, long concurrency)
    {
        var fullest = Estimate.Exact(0);
        for (var i = 0; i < stages.Length; i++)
        {
            var headroom = IsPooled ? headrooms[i] : Headroom(stages[i], ActivationsOf(context, concurrency));
            var free = headroom + Estimate.Exact(-CacheOf(stages[i], context, concurrency).Bytes);
            if (i == 0 || free.Low < fullest.Low)
                fullest = free;
        }
        return fullest;
    }

    /// <summary>True for engines that set the cache aside for the largest step they may ever run.</summary>
    private bool IsPooled => deployment.Rules.MemoryBudget != MemoryBudget.None;

    /// <summary>
    /// Engines with a pool size it for the largest step they may ever run; the others take what the prompt needs.
    /// </summary>
    private Estimate ActivationsOf(long context, long concurrency) =>
        IsPooled ? Activations : Held(activations.For(context * concurrency));

    private Estimate Held(Estimate scratch) => scratch * Math.Max(1, deployment.Rules.ActivationCopies);

    /// <summary>What weights, activations and overhead leave of the engine's share of the device.</summary>
    private Estimate Headroom(StageMemory stage, Estimate activations)
    {
        var rules = deployment.Rules;
        double device = stage.Device.MemoryOnOffer.Bytes;
        var outside = Estimate.Exact(0);
        var inside = Estimate.Exact(stage.Weights.Bytes + CompanionWeights.Bytes) + Fixed(stage.Device);
        Place(Range(rules.GraphMemory), rules.GraphsInsideBudget);
        Place(activations, !rules.ActivationsOutsideBudget);

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

    private Estimate OverheadOn(Accelerator device) => Fixed(device) + Range(deployment.Rules.GraphMemory);

    /// <summary>What is taken whatever runs: context, libraries, buffers between devices, the driver's reserve.</summary>
    private Estimate Fixed(Accelerator device)
    {
        var rules = deployment.Rules;
        var share = device.Memory.Bytes * rules.DeviceOverheadShare;
        return Range(rules.FixedOverhead)
            + Estimate.Exact(share, Evidence.Modelled)
            + CommunicationBuffers
            + DriverReserve(device);
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

    /// <summary>The largest count, up to a limit, that leaves nothing missing; 0 when not even one fits.</summary>
    private static Estimate MostThatFits(long limit, Func<long, Estimate> free)
    {
        return new Estimate(
            Most(bytes => bytes.Value),
            Most(bytes => bytes.Low),
            Most(bytes => bytes.High),
            free(1).Evidence
        );

        double Most(Func<Estimate, double> bound)
        {
            var (fits, left) = (1L, bound(free(1)));
            if (left < 0)
                return 0;
            var (exceeds, missing) = (limit, bound(free(limit)));
            if (missing >= 0)
                return limit;
            // Memory is nearly a straight line in what is counted, so the next guess is where the line through both
            // ends crosses zero; every other guess is the middle, so that a bend cannot make it slow.
            for (var guess = 0; exceeds - fits > 1; guess++)
            {
                var share = guess % 2 == 0 ? left / (left - missing) : 0.5;
                var middle = Math.Clamp(fits + (long)((exceeds - fits) * share), fits + 1, exceeds - 1);
                var bytes = bound(free(middle));
                if (bytes >= 0)
                    (fits, left) = (middle, bytes);
                else
                    (exceeds, missing) = (middle, bytes);
            }
            return fits;
        }
    }

    private static Estimate Map(Estimate estimate, Func<double, double> increasing) =>
        new(increasing(estimate.Value), increasing(estimate.Low), increasing(estimate.High), estimate.Evidence);

    /// <summary>What the layers of one stage leave on each of its devices.</summary>
    private readonly record struct StageMemory(Accelerator Device, ByteSize Weights, CacheLayout Cache);
}
