using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization.Inference;

/// <summary>A matrix with the name that observers know it by, and what is added to its results.</summary>
internal sealed record Projection(string Name, int Layer, int Expert, WeightMatrix Matrix, float[]? Bias);

/// <summary>One layer of a decoder, ready to run.</summary>
internal sealed record DecoderLayer
{
    public required Mixer.Attention Attention { get; init; }

    public required Norm AttentionNorm { get; init; }

    public required Norm? AttentionOutputNorm { get; init; }

    public required ImmutableArray<Projection> Qkv { get; init; }

    public required Norm? QueryNorm { get; init; }

    public required Norm? KeyNorm { get; init; }

    public required Projection Output { get; init; }

    public required Norm MlpNorm { get; init; }

    public required Norm? MlpOutputNorm { get; init; }

    /// <summary>The MLP of every token; null where experts take its place.</summary>
    public required Mlp? Mlp { get; init; }

    public required ExpertMlp? Experts { get; init; }
}

/// <summary>Matrices of an MLP.</summary>
/// <param name="Up">Gate and up, or up alone; one matrix or two.</param>
/// <param name="Down">Back to the residual stream.</param>
internal sealed record Mlp(ImmutableArray<Projection> Up, Projection Down);

/// <summary>Experts of a layer.</summary>
/// <param name="Router">Scores every expert.</param>
/// <param name="Active">How many a token is sent to.</param>
/// <param name="Experts">All of them.</param>
internal sealed record ExpertMlp(Projection Router, int Active, ImmutableArray<Mlp> Experts);

/// <summary>A norm with its weights.</summary>
internal sealed class Norm(NormKind kind, double epsilon, float[] weight, float[]? bias)
{
    public int Width => weight.Length;

    /// <summary>Normalizes one row; both may be the same.</summary>
    public void Apply(ReadOnlySpan<float> row, Span<float> result)
    {
        var mean = 0.0;
        if (kind == NormKind.Layer)
        {
            foreach (var number in row)
                mean += number;
            mean /= row.Length;
        }
        var squares = 0.0;
        foreach (var number in row)
            squares += (number - mean) * (number - mean);
        var scale = 1 / Math.Sqrt(squares / row.Length + epsilon);
        var plus = kind == NormKind.RootMeanSquarePlusOne ? 1.0f : 0.0f;
        for (var i = 0; i < row.Length; i++)
            result[i] = (float)((row[i] - mean) * scale) * (plus + weight[i]) + (bias is null ? 0 : bias[i]);
    }
}
