using System.Collections.Immutable;
using Loadline.Quantities;
using Loadline.Quantization.Evaluation;

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

    /// <summary>Per token, on the text it was evaluated with; null when it was not.</summary>
    public Estimate? Perplexity => Evaluation?.Perplexity;

    /// <summary>From the original, mean over tokens, in nats; null when it was not evaluated.</summary>
    public Estimate? KlDivergence => Evaluation?.KlDivergence;

    /// <summary>Share of tokens of which the original finds the same one likeliest; null when it was not evaluated.</summary>
    public Estimate? TopAgreement => Evaluation?.TopAgreement;

    /// <summary>All that was measured on that text; null when nothing was.</summary>
    public EvaluationResult? Evaluation { get; init; }

    /// <summary>What a reader of the output should know.</summary>
    public required ImmutableArray<string> Notes { get; init; }
}

/// <summary>A file of weights in the output.</summary>
public sealed record WrittenFile(string Name, long Bytes);
