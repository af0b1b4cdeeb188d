using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using Loadline.Quantities;

namespace Loadline.Catalog;

/// <summary>What an engine's memory fraction is a fraction of.</summary>
public enum MemoryBudget
{
    /// <summary>Of the whole device: weights, activations and cache must fit below it (vLLM, SGLang).</summary>
    FractionOfDevice,

    /// <summary>Of what weights and activations leave free, given to the cache (TensorRT-LLM).</summary>
    FractionOfFree,

    /// <summary>No pool: each sequence takes what it needs (llama.cpp, Transformers).</summary>
    None,
}

/// <summary>How an engine lays out the cache of layers that do not remember everything.</summary>
public enum CacheLayoutKind
{
    /// <summary>Whole blocks per sequence; windows hold their window.</summary>
    Blocks,

    /// <summary>Pages of one size shared by groups of layers, padded where groups differ (vLLM).</summary>
    UnifiedPages,

    /// <summary>Windows are stored in full, as if every layer saw everything.</summary>
    FullWindows,

    /// <summary>Cells for each slot; windows are padded and hold a micro-batch more (llama.cpp).</summary>
    Slots,
}

/// <summary>What one range of versions of an engine does with memory and time.</summary>
public sealed record EngineRules
{
    /// <summary>First version these rules hold for; they hold until the next entry's.</summary>
    public required string Since { get; init; }

    /// <summary>Day or month on which that version came out; null where it is not known, as for the first.</summary>
    public string? Released { get; init; }

    /// <summary>Name of the kernels these versions run, where they are not those of the engine's newest.</summary>
    public string? Kernels { get; init; }
    public required MemoryBudget MemoryBudget { get; init; }

    /// <summary>Share of <see cref="MemoryBudget"/> the engine uses by default; 1 where it has no such setting.</summary>
    public required double MemoryFraction { get; init; }

    /// <summary>Memory left outside the budget, for engines that start from what to spare instead of a share.</summary>
    public ByteSize? MemoryReserve { get; init; }

    /// <summary>True when the budget holds weights and cache alone, and activations take the rest (SGLang).</summary>
    public bool ActivationsOutsideBudget { get; init; }

    /// <summary>How windows are stored.</summary>
    public CacheLayoutKind CacheLayout { get; init; }

    /// <summary>Tokens per cache block; a sequence occupies whole blocks.</summary>
    public required int CacheBlockTokens { get; init; }

    /// <summary>Most tokens in one step, which bounds the activations.</summary>
    public required int MaximumBatchedTokens { get; init; }

    /// <summary>Longest context for which a step takes whole prompts, however long; null where prompts are cut.</summary>
    public int? WholePromptsUpTo { get; init; }

    /// <summary>
    /// Tokens of a prompt that are given out to the devices of a model split by layers before the engine waits for all of
    /// them; null where it waits after every step.
    /// </summary>
    public int? PromptBatchTokens { get; init; }

    /// <summary>Kernels a step of a prompt launches per layer with 16-bit weights; counts where stages overlap.</summary>
    public int PromptLaunchesPerLayer { get; init; }

    /// <summary>Most sequences that run together by default.</summary>
    public required int MaximumSequences { get; init; }

    /// <summary>Context when the user names none; null when the engine takes the model's own.</summary>
    public int? DefaultContext { get; init; }

    /// <summary>Defaults that depend on the device; the first that fits holds.</summary>
    public ImmutableArray<DeviceRule> Devices
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>Context, driver and library memory per device that no tensor accounts for: low, typical, high.</summary>
    public required ByteRange FixedOverhead { get; init; }

    /// <summary>Share of the device's memory lost on top of that, as page tables and fragments grow with it.</summary>
    public double DeviceOverheadShare { get; init; }

    /// <summary>Buffers per device for each doubling of the devices a replica spans.</summary>
    public ByteRange CommunicationOverhead { get; init; }

    /// <summary>Copies of the largest step's scratch memory that are held; 0 stands for one.</summary>
    public double ActivationCopies { get; init; }

    /// <summary>True when the engine's largest step samples as many sequences as may run, and so holds their logits.</summary>
    public bool ProfilesSampling { get; init; }

    /// <summary>Captured graphs per device: low, typical, high.</summary>
    public required ByteRange GraphMemory { get; init; }

    /// <summary>True when the budget leaves room for captured graphs, false when they come on top of it.</summary>
    public bool GraphsInsideBudget { get; init; }

    /// <summary>Scheduling and sampling time of every step.</summary>
    public required Duration StepOverhead { get; init; }

    /// <summary>Time every running sequence adds to a step.</summary>
    public required Duration SequenceOverhead { get; init; }

    /// <summary>Time per request before its first step: HTTP, tokenizing, queueing inside the engine.</summary>
    public required Duration RequestOverhead { get; init; }

    /// <summary>Factor on the fixed time of quantized kernels, below 1 where the engine fuses quantization.</summary>
    [JsonRequired]
    public double QuantizedKernelStartupFactor { get; init; } = 1;
    public required string Source { get; init; }

    /// <summary>These rules with the defaults the engine picks on this accelerator.</summary>
    public EngineRules On(Accelerator accelerator)
    {
        var memory = accelerator.MemoryOnOffer;
        var rule = Devices.FirstOrDefault(rule => rule.Fits(accelerator, memory));
        var reserve = rule?.MemoryReserve ?? MemoryReserve;
        return this with
        {
            // A device smaller than the reserve has no budget at all; the caller finds that nothing fits.
            MemoryFraction = reserve is { } spare
                ? Math.Max(0, 1 - (double)spare.Bytes / memory.Bytes)
                : MemoryFraction,
            MaximumBatchedTokens = rule?.MaximumBatchedTokens ?? MaximumBatchedTokens,
            MaximumSequences = rule?.MaximumSequences ?? MaximumSequences,
            DefaultContext = rule?.DefaultContext ?? DefaultContext,
        };
    }
}

/// <summary>Defaults an engine picks by the device it finds.</summary>
public sealed record DeviceRule
{
    /// <summary>Fits devices with less usable memory than this; null for any.</summary>
    public ByteSize? Below { get; init; }

    /// <summary>Fits devices with this in their name; null for any.</summary>
    public string? NameContains { get; init; }
    public ByteSize? MemoryReserve { get; init; }
    public int? MaximumBatchedTokens { get; init; }
    public int? MaximumSequences { get; init; }
    public int? DefaultContext { get; init; }

    internal bool Fits(Accelerator accelerator, ByteSize memory) =>
        (Below is not { } limit || memory < limit)
        && (NameContains is null || accelerator.Name.Contains(NameContains, StringComparison.OrdinalIgnoreCase));
}

public readonly record struct ByteRange(ByteSize Low, ByteSize Typical, ByteSize High);

/// <summary>A serving engine and its rules by version, newest last.</summary>
public sealed record Engine
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public ImmutableArray<string> Aliases
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>Engine whose kernels it runs; null when they are its own.</summary>
    public string? KernelsOf { get; init; }

    /// <summary>Kinds of accelerator it runs on.</summary>
    public required ImmutableArray<AcceleratorKind> Runs { get; init; }

    /// <summary>Vendors it supports; empty for all.</summary>
    public ImmutableArray<string> Vendors
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>Names of the weight formats it loads; GGUF stands for every GGUF type.</summary>
    public required ImmutableArray<string> WeightFormats { get; init; }

    /// <summary>
    /// Weight formats whose usual checkpoints for this engine ask for an fp8 cache, which it then keeps unless told
    /// otherwise.
    /// </summary>
    public ImmutableArray<string> Fp8CacheWith
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>Names of the cache formats it offers.</summary>
    public required ImmutableArray<string> KvFormats { get; init; }
    public required bool TensorParallel { get; init; }
    public required ImmutableArray<EngineRules> Rules { get; init; }

    /// <summary>What it puts into a step, for the simulation of every one of them.</summary>
    public SchedulingPolicy SchedulingPolicy { get; init; }
    public EngineScheduling Scheduling
    {
        get => field ?? EngineScheduling.Usual;
        init;
    }

    /// <summary>How it is started; null when nobody entered it.</summary>
    public EngineLaunch? Launch { get; init; }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }

    /// <summary>
    /// The newest rules that hold for a version such as "0.22" or "b6077", or for the newest version of a month or day
    /// such as "2024-10"; null is the newest version of all.
    /// </summary>
    public EngineRules RulesFor(string? version)
    {
        if (version is null)
            return Rules[^1];
        if (IsDate(version))
            return Rules.Last(rules => rules == Rules[0] || IsOutBy(rules, version));

        var wanted = EngineVersion.Parse(Id, version);
        var found = Rules[0];
        foreach (var rules in Rules)
        {
            if (EngineVersion.Parse(Id, rules.Since).CompareTo(wanted) <= 0)
                found = rules;
        }
        return found;
    }

    private static bool IsDate(string version) =>
        DateOnly.TryParseExact(version, ["yyyy-MM", "yyyy-MM-dd"], CultureInfo.InvariantCulture, default, out _);

    /// <summary>What came out on some day of a month is out by the end of that month.</summary>
    private static bool IsOutBy(EngineRules rules, string date) =>
        rules.Released is { } released
        && string.CompareOrdinal(released[..Math.Min(released.Length, date.Length)], date) <= 0;
}
