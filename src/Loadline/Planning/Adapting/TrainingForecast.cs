using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What a training run takes: the one place where planning asks the prediction of training.</summary>
internal sealed class TrainingForecast(CatalogReader catalog)
{
    public TrainingOutlook Of(TrainingJob job)
    {
        _ = catalog;
        return new TrainingOutlook { Fits = false, Reason = $"training of {job.Model.Id} is not predicted" };
    }
}

/// <summary>Whether a run fits, on what, and how long it takes.</summary>
internal sealed record TrainingOutlook
{
    public required bool Fits { get; init; }

    /// <summary>Why it does not, and what is nearest; null when it does.</summary>
    public string? Reason { get; init; }
    public ImmutableArray<TrainingDevice> PerDevice { get; init; } = [];
    public Estimate? Hours { get; init; }
    public long? Trainable { get; init; }

    /// <summary>Everything chosen; null where it does not fit.</summary>
    public TrainingRun? Run { get; init; }
    public ImmutableArray<string> Assumptions { get; init; } = [];
}
