using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>The answer of <c>adapt</c>: which way of adapting, what it takes and costs, and from which volume on.</summary>
public sealed record AdaptationAnswer
{
    public required string Name { get; init; }

    /// <summary>The decision in one or two sentences.</summary>
    public required string Verdict { get; init; }

    /// <summary>What is adapted; null where each option says.</summary>
    public string? Model { get; init; }

    /// <summary>What should be better; null where one method was asked about.</summary>
    public string? Need { get; init; }

    /// <summary>The ladder from below: a step is taken when the one before is measured to fall short, or costs more.</summary>
    public required ImmutableArray<AdaptationOption> Options { get; init; }

    /// <summary>Method of the recommended option; null where none can be.</summary>
    public required string? Recommended { get; init; }

    /// <summary>Requests per month from which the first trained option costs less than the best prompt; null for never.</summary>
    public required Estimate? BreakEven { get; init; }
    public string? BreakEvenText { get; init; }

    /// <summary>Day the recommended option can be in use, at the usual labour, as year-month-day.</summary>
    public string? ReadyOn { get; init; }

    /// <summary>What the parts of a prompt cost; null where no prompt is known.</summary>
    public PromptEconomics? Prompt { get; init; }
    public ImmutableArray<string> Reasons { get; init; } = [];
    public ImmutableArray<string> Assumptions { get; init; } = [];
    public ImmutableArray<string> OpenQuestions { get; init; } = [];

    /// <summary>What the run that was asked about is set up with; null where nothing is trained.</summary>
    [JsonIgnore]
    public TrainingRun? Run { get; init; }
}

/// <summary>One step of the ladder.</summary>
public sealed record AdaptationOption
{
    public required string Method { get; init; }
    public required string Name { get; init; }
    public required int Step { get; init; }
    public required bool Feasible { get; init; }

    /// <summary>Why it is recommended, possible, or out of the question.</summary>
    public required string Why { get; init; }

    /// <summary>Machine that is trained on; null where nothing is trained.</summary>
    public string? Hardware { get; init; }

    /// <summary>Every device while training; empty where nothing is trained.</summary>
    public ImmutableArray<TrainingDevice> PerDevice { get; init; } = [];

    /// <summary>Of training, the start of the run included; null where nothing is predicted.</summary>
    public Estimate? Hours { get; init; }

    /// <summary>USD for the machines of one training run; 0 where nothing is trained, null where no price is known.</summary>
    public Estimate? CostUsd { get; init; }

    /// <summary>USD for engineers, the first time.</summary>
    public Estimate? LabourUsd { get; init; }

    /// <summary>USD for examples that are missing.</summary>
    public Estimate? DataUsd { get; init; }

    /// <summary>USD now: machines of the run, engineers and examples.</summary>
    public Estimate? OneOffUsd { get; init; }

    /// <summary>USD for serving the load of the scenario; null where no load is known.</summary>
    public Estimate? ServingCostPerMonthUsd { get; init; }

    /// <summary>USD for doing it again as often as planned.</summary>
    public Estimate? RepeatCostPerMonthUsd { get; init; }

    /// <summary>USD over the horizon: now, serving and repeating.</summary>
    public Estimate? CostOverHorizonUsd { get; init; }

    /// <summary>USD per further request, once the machines are full.</summary>
    public double? MarginalCostPerRequestUsd { get; init; }

    /// <summary>Requests per month from which it costs less over the horizon than the step before; null for never.</summary>
    public Estimate? BreakEvenRequestsPerMonth { get; init; }
    public string? BreakEvenText { get; init; }

    /// <summary>What serves it.</summary>
    public string? Serving { get; init; }

    /// <summary>Memory of its adapters beside the model, on each device that serves.</summary>
    public long? AdapterBytes { get; init; }

    /// <summary>Parameters that learn.</summary>
    public long? TrainableParameters { get; init; }

    /// <summary>What has to be there first.</summary>
    public ImmutableArray<string> Needs { get; init; } = [];
    public QualityFinding? Quality { get; init; }
    public ImmutableArray<string> Risks { get; init; } = [];
}

/// <summary>What is on a device while it trains.</summary>
public sealed record TrainingDevice
{
    public required string Device { get; init; }
    public required long CapacityBytes { get; init; }

    /// <summary>At the peak of a step.</summary>
    public required Estimate PeakBytes { get; init; }

    /// <summary>Weights, gradients and states of the optimizer.</summary>
    public required Estimate StateBytes { get; init; }
    public required Estimate FreeBytes { get; init; }
    public required ImmutableArray<TrainingShare> Parts { get; init; }
}

/// <summary>A part of what is on a device.</summary>
public sealed record TrainingShare(string Name, double Bytes);
