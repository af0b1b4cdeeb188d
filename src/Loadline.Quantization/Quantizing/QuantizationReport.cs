using System.Collections.Immutable;

namespace Loadline.Quantization;

/// <summary>The answer of <c>quantize</c>.</summary>
public sealed record QuantizationReport
{
    public required string Model { get; init; }

    /// <summary>The recipe, as it was asked for.</summary>
    public required string Format { get; init; }

    /// <summary><c>round-to-nearest</c>, or <c>importance-weighted</c> where activations were measured.</summary>
    public required string Method { get; init; }

    /// <summary>The folder or the file that was written.</summary>
    public required string Output { get; init; }

    /// <summary>False for a dry run, which says what would be written.</summary>
    public required bool Written { get; init; }

    /// <summary>Bytes of all tensors of the input.</summary>
    public required long BytesIn { get; init; }

    /// <summary>Bytes of all tensors of the output, scales included.</summary>
    public required long BytesOut { get; init; }

    public required ImmutableArray<WrittenFile> Files { get; init; }

    public required ImmutableArray<TensorReport> Tensors { get; init; }

    /// <summary>What a reader of the output should know.</summary>
    public required ImmutableArray<string> Notes { get; init; }
}

/// <summary>A file of weights in the output.</summary>
public sealed record WrittenFile(string Name, long Bytes);
