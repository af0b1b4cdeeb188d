using System.Collections.Immutable;

namespace Loadline.Planning;

/// <summary>What a model as it is does not do well enough.</summary>
public enum AdaptationNeed
{
    /// <summary>Answers of a form, such as JSON.</summary>
    Format,

    /// <summary>A manner of saying things.</summary>
    Style,

    /// <summary>Facts that the model cannot know, or that change.</summary>
    Knowledge,

    /// <summary>Right answers to questions that a program can check.</summary>
    Reasoning,

    /// <summary>The same for less money or time than a large model takes.</summary>
    Cost,
}

/// <summary>The section <c>adaptation</c> of a scenario: what is wanted, and what there is to work with.</summary>
public sealed record AdaptationWish
{
    public AdaptationNeed Need { get; init; } = AdaptationNeed.Style;

    /// <summary>Tokens of a prompt by what they are; the rest is what the user asks.</summary>
    public required PromptParts Prompt { get; init; }

    /// <summary>Methods that were measured and are not good enough.</summary>
    public ImmutableArray<string> FellShort { get; init; } = [];

    /// <summary>Examples with the wanted answer that there are; null where nobody said.</summary>
    public long? Examples { get; init; }
    public long? PreferencePairs { get; init; }
    public bool VerifiableReward { get; init; }

    /// <summary>How often a month what must be known changes.</summary>
    public double ChangesPerMonth { get; init; }
    public double RetrainingsPerYear { get; init; } = UsualRetrainings;

    /// <summary>Twice a year: about how often a better base model of a size appears. A norm of ours.</summary>
    public const double UsualRetrainings = 2;

    /// <summary>Tenants or skills with an adapter of their own.</summary>
    public int Adapters { get; init; } = 1;

    /// <summary>Null for the mean prompt and answer of the workload.</summary>
    public long? TokensPerExample { get; init; }
    public double Epochs { get; init; } = UsualEpochs;

    /// <summary>Passes over a few thousand examples after which adapters gain little. A norm of ours.</summary>
    public const double UsualEpochs = 3;

    /// <summary>Model that could do it once it is trained; null where none is named.</summary>
    public string? SmallerModel { get; init; }

    /// <summary>Machine that is trained on; null for the cheapest that holds it.</summary>
    public string? Hardware { get; init; }

    /// <summary>In place of the norms of a method; null takes those.</summary>
    public PlanningRange? LabourDays { get; init; }
    public PlanningRange? LabourPerDayUsd { get; init; }
    public PlanningRange? CostPerExampleUsd { get; init; }
}
