using System.Collections.Immutable;
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

/// <summary>What one range of versions of an engine does with memory and time.</summary>
public sealed record EngineRules
{
    /// <summary>First version these rules hold for; they hold until the next entry's.</summary>
    public required string Since { get; init; }
    public required MemoryBudget MemoryBudget { get; init; }

    /// <summary>Share of <see cref="MemoryBudget"/> the engine uses by default; 1 where it has no such setting.</summary>
    public required double MemoryFraction { get; init; }

    /// <summary>Tokens per cache block; a sequence occupies whole blocks.</summary>
    public required int CacheBlockTokens { get; init; }

    /// <summary>Most tokens in one step, which bounds the activations.</summary>
    public required int MaximumBatchedTokens { get; init; }

    /// <summary>Most sequences that run together by default.</summary>
    public required int MaximumSequences { get; init; }

    /// <summary>Context, driver and library memory per device that no tensor accounts for: low, typical, high.</summary>
    public required ByteRange FixedOverhead { get; init; }

    /// <summary>Captured graphs per device: low, typical, high.</summary>
    public required ByteRange GraphMemory { get; init; }

    /// <summary>Scheduling and sampling time of every step.</summary>
    public required Duration StepOverhead { get; init; }

    /// <summary>Time every running sequence adds to a step.</summary>
    public required Duration SequenceOverhead { get; init; }

    /// <summary>Time per request before its first step: HTTP, tokenizing, queueing inside the engine.</summary>
    public required Duration RequestOverhead { get; init; }

    /// <summary>Factor on the fixed time of quantized kernels, below 1 where the engine fuses quantization.</summary>
    public double QuantizedKernelStartupFactor { get; init; } = 1;
    public required string Source { get; init; }
}

public readonly record struct ByteRange(ByteSize Low, ByteSize Typical, ByteSize High);

/// <summary>A serving engine and its rules by version, newest last.</summary>
public sealed record Engine
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>Kinds of accelerator it runs on.</summary>
    public required ImmutableArray<AcceleratorKind> Runs { get; init; }

    /// <summary>Vendors it supports; empty for all.</summary>
    public ImmutableArray<string> Vendors { get; init; } = [];

    /// <summary>Names of the weight formats it loads; GGUF stands for every GGUF type.</summary>
    public required ImmutableArray<string> WeightFormats { get; init; }

    /// <summary>Names of the cache formats it offers.</summary>
    public required ImmutableArray<string> KvFormats { get; init; }
    public required bool TensorParallel { get; init; }
    public required ImmutableArray<EngineRules> Rules { get; init; }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }
}
