using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Quantization.Evaluation;

/// <summary>What rounding its weights did to a model, measured on a text. Intervals hold 90 %, by the text that was used.</summary>
public sealed record EvaluationResult
{
    /// <summary>Tokens that were predicted.</summary>
    public required int Tokens { get; init; }

    /// <summary>Per token, of the model under test.</summary>
    public required Estimate Perplexity { get; init; }

    /// <summary>Per token, of the original.</summary>
    public required Estimate OriginalPerplexity { get; init; }

    /// <summary>Perplexity over the original's: both were asked about the same tokens, so it is known better than either.</summary>
    public required Estimate PerplexityRatio { get; init; }

    /// <summary>Mean over tokens of the Kullback-Leibler divergence from the original, in nats.</summary>
    public required Estimate KlDivergence { get; init; }

    /// <summary>Of one token in a hundred it is larger than this.</summary>
    public required double KlDivergence99 { get; init; }
    public required double KlDivergenceMaximum { get; init; }

    /// <summary>Share of tokens of which both find the same one likeliest.</summary>
    public required Estimate TopAgreement { get; init; }

    /// <summary>Tokens of the text that the model under test read per second, on this machine.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Bytes of its weights in memory.</summary>
    public required long WeightBytes { get; init; }

    public required ImmutableArray<LayerError> Layers { get; init; }
}
