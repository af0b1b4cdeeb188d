using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What serving a model in some format costs its answers; fractions and 90 % intervals.</summary>
public sealed record QualityOutlook
{
    /// <summary>Share of the task score that is lost, 0.012 for 1.2 %.</summary>
    public required Estimate TaskLoss { get; init; }

    /// <summary>Perplexity over that of the unquantized model, less one.</summary>
    public required Estimate PerplexityLoss { get; init; }

    /// <summary>Mean Kullback-Leibler divergence from the unquantized model per token, in nats.</summary>
    public required Estimate KlDivergence { get; init; }

    /// <summary>Where the format is known to break models; an average says nothing there.</summary>
    public required ImmutableArray<string> Warnings { get; init; }

    /// <summary>What the figures rest on, in words.</summary>
    public required string Source { get; init; }

    /// <summary>A score of the unquantized model as it is expected in this format.</summary>
    public Estimate Lowered(double score) =>
        new(score * (1 - TaskLoss.Value), score * (1 - TaskLoss.High), score * (1 - TaskLoss.Low), TaskLoss.Evidence);
}
