using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>A language model as its family describes it: sizes, one mixer per layer, and every tensor.</summary>
public sealed record Architecture
{
    /// <summary>Name of the <see cref="Models.Family"/> that described it, such as <c>llama</c>.</summary>
    public required string Family { get; init; }

    public required int HiddenSize { get; init; }

    public required int VocabularySize { get; init; }

    /// <summary>Longest sequence the model was configured for, in tokens; null when the config does not say.</summary>
    public required int? MaximumContext { get; init; }

    /// <summary>Type of the weights that are not quantized, and of the cache unless asked otherwise.</summary>
    public required BlockFormat DataType { get; init; }

    public required ImmutableArray<Mixer> Layers { get; init; }

    public required TensorInventory Tensors { get; init; }

    /// <summary>How the checkpoint is quantized when the configuration says so; null for plain weights.</summary>
    public WeightFormat? StoredFormat { get; init; }

    /// <summary>True when some layers send every token to a few of many experts.</summary>
    public bool HasExperts => Tensors.Tensors.Any(tensor => tensor.Role == TensorRole.Expert);

    public Cache Cache => field ??= Cache.Of(Layers);
}
