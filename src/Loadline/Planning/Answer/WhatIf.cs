using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What one unit of a knob is worth.</summary>
/// <param name="Knob">Such as "time to first token p95".</param>
/// <param name="Change">Such as "1.5 s to 2 s".</param>
/// <param name="CostPerMonthUsd">Of the cheapest plan then; null when there is none.</param>
/// <param name="DifferencePerMonthUsd">Against the recommended one; below 0 is a saving.</param>
/// <param name="Effect">In words, with the plan that would win.</param>
public sealed record MarginalValue(
    string Knob,
    string Change,
    double? CostPerMonthUsd,
    double? DifferencePerMonthUsd,
    string Effect
);

/// <summary>What becomes of the decision over the range of an input.</summary>
/// <param name="Input">What is moved.</param>
/// <param name="Low">Its lower end, in words.</param>
/// <param name="High">Its upper end, in words.</param>
/// <param name="WinnerAtLow">The plan that would be recommended; null when none.</param>
/// <param name="WinnerAtHigh">The same at the upper end.</param>
/// <param name="CostAtLowUsd">Per month.</param>
/// <param name="CostAtHighUsd">Per month.</param>
/// <param name="ChangesWinner">True when another model, format, accelerator or way would win at one end.</param>
public sealed record SensitivityCase(
    string Input,
    string Low,
    string High,
    string? WinnerAtLow,
    string? WinnerAtHigh,
    double? CostAtLowUsd,
    double? CostAtHighUsd,
    bool ChangesWinner
);

/// <summary>Something to do to a deployment.</summary>
/// <param name="What">Such as "8-bit cache".</param>
/// <param name="Gain">In words, with figures.</param>
/// <param name="RequestsPerSecond">What the same machines would carry; null where it does not change.</param>
/// <param name="SavedPerMonthUsd">What fewer machines would save; null where none become free.</param>
/// <param name="QualityLoss">Share of a task score it would cost; null for none.</param>
public sealed record Optimisation(
    string What,
    string Gain,
    double? RequestsPerSecond,
    double? SavedPerMonthUsd,
    Estimate? QualityLoss
);

/// <summary>One corner of time, space and quality.</summary>
/// <param name="WeightFormat">Format of the weights.</param>
/// <param name="WeightBytes">Of the whole model.</param>
/// <param name="TpotSeconds">Of a lone request on the recommended hardware; null where it does not run there.</param>
/// <param name="QualityLoss">Share of a task score.</param>
/// <param name="Warning">Where the loss may be far larger; null otherwise.</param>
/// <param name="IsRecommended">True for the format of the recommended plan.</param>
public sealed record QualityPoint(
    string WeightFormat,
    long WeightBytes,
    Estimate? TpotSeconds,
    Estimate QualityLoss,
    string? Warning,
    bool IsRecommended
);
