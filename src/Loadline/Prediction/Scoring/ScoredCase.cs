using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>A measurement beside what we predict for its conditions.</summary>
public sealed record ScoredCase
{
    public required string Id { get; init; }

    /// <summary>What was measured, with its unit.</summary>
    public required string Metric { get; init; }

    /// <summary>Rows with the same key describe one deployment, or one configuration measured again.</summary>
    public required string Deployment { get; init; }

    /// <summary>Names of the slices it belongs to, such as "engine vllm".</summary>
    public required ImmutableArray<string> Slices { get; init; }
    public required double Measured { get; init; }

    /// <summary>Null when nothing is predicted.</summary>
    public Estimate? Predicted { get; init; }

    /// <summary>Why nothing is predicted.</summary>
    public string? Refused { get; init; }

    /// <summary>
    /// What its error is a share of; null for the measured value. A loss is a share of the whole already, and its interval is
    /// as wide as that of the whole less it.
    /// </summary>
    [JsonIgnore]
    public double? Whole { get; init; }

    /// <summary>|predicted - measured| / measured, or of the whole.</summary>
    public double? AbsoluteError => Error is { } error ? Math.Abs(error) : null;

    /// <summary>Positive when too much is predicted.</summary>
    [JsonIgnore]
    public double? Error => Predicted is { } estimate ? (estimate.Value - Measured) / (Whole ?? Measured) : null;
}

/// <summary>A row left out of the score by a rule that looks at its conditions, never at its error.</summary>
public sealed record Exclusion(string Rule, int Count);

/// <summary>A share that no slice has a column for.</summary>
/// <param name="Name">What of what.</param>
/// <param name="Share">Null when there is nothing to count.</param>
/// <param name="Count">Of what it is a share.</param>
public sealed record ScoreFigure(string Name, double? Share, int Count);

/// <summary>How close a slice is; errors are fractions of the measured value.</summary>
public sealed record SliceScore
{
    public required string Name { get; init; }

    /// <summary>Deployments scored.</summary>
    public required int Count { get; init; }

    /// <summary>Rows behind them.</summary>
    public required int Rows { get; init; }
    public required int Refused { get; init; }
    public required double? MedianAbsoluteError { get; init; }
    public required double? P90AbsoluteError { get; init; }

    /// <summary>Median signed error: positive when too much is predicted.</summary>
    public required double? Bias { get; init; }

    /// <summary>Mean over deployments of the share of their rows inside the 90 % interval.</summary>
    public required double? Coverage90 { get; init; }

    /// <summary>Median of sqrt(high / low): the half-width of the interval as a factor.</summary>
    public required double? MedianHalfWidth { get; init; }

    /// <summary>
    /// Mean interval score in logarithms: width plus 2 / 0.1 times what lies outside. Gneiting and Raftery, JASA 102
    /// (2007), section 6.2. Smaller is better.
    /// </summary>
    public required double? IntervalScore { get; init; }
}

/// <summary>The answer of <c>validate</c>.</summary>
public sealed record ValidationAnswer
{
    public required string File { get; init; }

    /// <summary>What kind of measurements the columns say it holds.</summary>
    public required string Kind { get; init; }
    public required ImmutableArray<SliceScore> Metrics { get; init; }
    public required ImmutableArray<SliceScore> Slices { get; init; }
    public required ImmutableArray<Exclusion> Excluded { get; init; }

    /// <summary>Reasons for which rows were refused, with their number.</summary>
    public required ImmutableArray<Exclusion> RefusedReasons { get; init; }

    /// <summary>What else can be said of this kind of measurement; empty for most.</summary>
    public ImmutableArray<ScoreFigure> Figures
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>Every row; null unless asked for.</summary>
    public ImmutableArray<ScoredCase>? Cases { get; init; }
}
