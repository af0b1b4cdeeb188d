using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>A model ready to be asked about: its architecture and, when its weight files were read, what they hold.</summary>
/// <param name="Id">What the user called it, resolved: a catalog id or a path.</param>
/// <param name="Architecture">Described by its family.</param>
/// <param name="Checkpoint">From file headers; null when only a configuration is known.</param>
public sealed record Model(string Id, Architecture Architecture, Checkpoint? Checkpoint)
{
    /// <summary>The recipe in which the weights are stored.</summary>
    public WeightFormat StoredWeights => Architecture.StoredFormat ?? WeightFormats.Plain(Architecture.DataType);

    /// <summary>Elements of the published checkpoint where only its count is known; null otherwise.</summary>
    public long? StoredElements { get; init; }

    /// <summary>Why that count is not the number of parameters of all parts; they add up to the difference.</summary>
    public ImmutableArray<StoredTerm> StoredTerms { get; init; } = [];

    /// <summary>Things a reader of any answer about this model should know, such as a name resolved to its base.</summary>
    public IReadOnlyList<string> Assumptions { get; init; } = [];
}
