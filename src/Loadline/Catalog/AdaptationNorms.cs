using System.Collections.Immutable;

namespace Loadline.Catalog;

/// <summary>A way of adapting a model: what it needs, what labour and examples cost, what is known of its gain.</summary>
public sealed record AdaptationNorms
{
    /// <summary>As <c>--method</c> takes it, such as <c>lora</c>.</summary>
    public required string Id { get; init; }
    public ImmutableArray<string> Aliases
    {
        get => field.IsDefault ? [] : field;
        init;
    }
    public required string Name { get; init; }

    /// <summary>Step of the ladder; a lower one is tried first.</summary>
    public required int Step { get; init; }

    /// <summary>The first step that trains; those below change what is sent to the model.</summary>
    public const int FirstTrained = 4;

    public bool Trains => Step >= FirstTrained;

    /// <summary>Needs it can meet: format, style, knowledge, reasoning, cost.</summary>
    public required ImmutableArray<string> Needs { get; init; }

    /// <summary>Days of an engineer for the first time, evaluation included.</summary>
    public required NormRange LabourDays { get; init; }

    /// <summary>Examples below which it is not worth a try; null where none are needed.</summary>
    public long? ExamplesLeast { get; init; }
    public long? ExamplesUsual { get; init; }

    /// <summary>Examples beyond which another step gains more.</summary>
    public long? ExamplesMost { get; init; }

    /// <summary>USD to have one example made or judged.</summary>
    public NormRange? CostPerExampleUsd { get; init; }

    /// <summary>True where a program must tell right from wrong.</summary>
    public bool VerifiableReward { get; init; }
    public required QualityFinding Quality { get; init; }
    public required ImmutableArray<string> Risks { get; init; }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }
}

/// <summary>A norm with the range it is taken from.</summary>
public sealed record NormRange(double Low, double Typical, double High);

/// <summary>What is known of the gain of a method, and how.</summary>
/// <param name="Finding">In one sentence.</param>
/// <param name="Grade">exact; published, another task; guidance.</param>
/// <param name="Source">Who says so.</param>
public sealed record QualityFinding(string Finding, string Grade, string Source);
