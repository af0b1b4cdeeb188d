using System.Collections.Immutable;

namespace Loadline.Quantization;

/// <summary>What is to be written where.</summary>
/// <param name="Model">A folder, an index, a <c>.safetensors</c> or a <c>.gguf</c> file.</param>
/// <param name="Format">A recipe: <c>fp8</c>, <c>int4</c>, <c>Q4_K_M</c>.</param>
/// <param name="Output">A folder, or for GGUF a file.</param>
public sealed record QuantizationRequest(string Model, string Format, string Output)
{
    /// <summary>The largest file of the Transformers library since 2025, 5 GB.</summary>
    public const long DefaultShardBytes = 5_000_000_000;

    /// <summary>Modules that stay as they are: names, wildcards, or <c>re:</c> and an expression.</summary>
    public IReadOnlyList<string> Keep { get; init; } = [];

    /// <summary>Modules with a format of their own, the first match first.</summary>
    public IReadOnlyList<LayerFormat> Layers { get; init; } = [];

    /// <summary>Bytes of tensors after which a new safetensors file begins.</summary>
    public long ShardBytes { get; init; } = DefaultShardBytes;

    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Replace what is at <see cref="Output"/>.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Go on with a run that was interrupted.</summary>
    public bool Resume { get; init; }

    /// <summary>
    /// How much each input feature of a matrix matters, by the matrix's name in the input; a matrix that is not listed is
    /// rounded to nearest.
    /// </summary>
    public IReadOnlyDictionary<string, float[]> Importance { get; init; } = ImmutableDictionary<string, float[]>.Empty;

    public const string RoundToNearest = "round-to-nearest";

    internal string Method => Importance.Count == 0 ? RoundToNearest : "importance-weighted";
}

/// <summary>A format for the modules that a pattern names.</summary>
public sealed record LayerFormat(string Pattern, string Format);

/// <summary>How far a run is, in bytes of input.</summary>
public readonly record struct QuantizationProgress(long BytesDone, long BytesTotal, long BytesSkipped);
