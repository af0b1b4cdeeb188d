namespace Loadline.Planning;

/// <summary>A published score of a model.</summary>
public sealed record CapabilityScore
{
    /// <summary>Benchmark by its id, such as <c>gpqa</c>.</summary>
    public required string Benchmark { get; init; }

    /// <summary>How the model was asked to answer; null for its only way.</summary>
    public string? Variant { get; init; }

    /// <summary>Percent, or points of an index.</summary>
    public required double Score { get; init; }

    /// <summary>
    /// In the same unit, of the questions that happened to be asked; null where their number is not known.
    /// </summary>
    public double? StandardError { get; init; }

    /// <summary>The name it was evaluated under.</summary>
    public required string EvaluatedAs { get; init; }
    public required string Source { get; init; }

    /// <summary>Day of the figure.</summary>
    public required string Retrieved { get; init; }
}
