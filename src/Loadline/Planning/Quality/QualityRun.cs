using Loadline.Prediction;

namespace Loadline.Planning;

/// <summary>What was measured of a quantized model.</summary>
public enum QualityQuantity
{
    /// <summary>Mean over tokens, nats.</summary>
    KlDivergence,

    /// <summary>Perplexity over that of the unquantized model, less one.</summary>
    PerplexityLoss,

    /// <summary>One less the score over that of the unquantized model.</summary>
    TaskLoss,
}

/// <summary>One quantity of one quantized model: the mean over its single tasks.</summary>
public sealed record QualityRun
{
    public required string Id { get; init; }
    public required string Source { get; init; }
    public required string Model { get; init; }

    /// <summary>The model without what it was tuned to: runs of one are left out together.</summary>
    public required string BaseModel { get; init; }

    /// <summary>As the file names it.</summary>
    public required string Metric { get; init; }

    /// <summary>Null for what is not predicted.</summary>
    public QualityQuantity? Quantity { get; init; }
    public required string Format { get; init; }

    /// <summary>As the file groups formats.</summary>
    public required string FormatFamily { get; init; }

    /// <summary>Null when the format or the size of the model is not known.</summary>
    public RoundedModel? Rounded { get; init; }

    /// <summary>Why it is not known.</summary>
    public string? Refused { get; init; }
    public required double Loss { get; init; }

    /// <summary>Of the loss; null where a row has none.</summary>
    public double? StandardError { get; init; }

    /// <summary>
    /// How far what was measured may be from the loss itself. Printed digits: a uniform distribution ends the square root of
    /// three standard errors from its middle. Task scores: one standard error of independent runs; both models answer the same
    /// questions, and where their answers are correlated by 0.6 that is 1.6 standard errors of the difference.
    /// </summary>
    public double Noise => (Quantity == QualityQuantity.TaskLoss ? 1 : Math.Sqrt(3)) * (StandardError ?? 0);

    /// <summary>Rows behind it.</summary>
    public required int Rows { get; init; }

    /// <summary>True when it was found broken, so that its loss says nothing.</summary>
    public bool IsCollapsed { get; init; }
}

/// <summary>The runs of a file and what was left out.</summary>
internal sealed record QualityRuns(IReadOnlyList<QualityRun> Runs, IReadOnlyList<Exclusion> Excluded);
