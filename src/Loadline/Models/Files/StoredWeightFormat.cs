using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Models;

/// <summary>Why a tensor of a file is no weight of its own in the architecture.</summary>
public enum UnlistedKind
{
    /// <summary>Scale, zero point or other companion of a quantized weight; counted with that weight.</summary>
    Scale,

    /// <summary>A table that can be computed again, such as rotation frequencies.</summary>
    Buffer,

    /// <summary>A second copy of a tensor that the architecture shares.</summary>
    TiedCopy,

    /// <summary>Nothing the architecture knows of.</summary>
    Unknown,
}

/// <summary>A tensor of the file that the architecture does not list.</summary>
public readonly record struct UnlistedTensor(StoredTensor Tensor, UnlistedKind Kind);

/// <summary>The bytes of one tensor of an architecture, all layers and experts together, scales included.</summary>
internal readonly record struct StoredSize(BlockFormat Format, long Bytes, long Elements);

/// <summary>The format a checkpoint really has, tensor by tensor, instead of the one a recipe prescribes.</summary>
public sealed record StoredWeightFormat : WeightFormat
{
    private readonly IReadOnlyDictionary<string, StoredSize> sizes;
    private readonly WeightFormat otherwise;

    internal StoredWeightFormat(
        string name,
        (BlockFormat Matrices, BlockFormat Others) formats,
        WeightFormat otherwise,
        IReadOnlyDictionary<string, StoredSize> sizes
    )
        : base(name, formats.Matrices, formats.Others, otherwise.Arithmetic)
    {
        this.sizes = sizes;
        this.otherwise = otherwise;
    }

    /// <summary>Bytes of every tensor in the file, listed or not.</summary>
    public required ByteSize Total { get; init; }

    /// <summary>What the file has and the architecture has not.</summary>
    public required ImmutableArray<UnlistedTensor> Unlisted { get; init; }

    /// <summary>What the architecture has and the file has not; tied tensors need no copy and are never missing.</summary>
    public required ImmutableArray<Tensor> Missing { get; init; }

    /// <summary>Format of most of the tensor's bytes: mixes such as Q4_K_M differ from layer to layer.</summary>
    public override BlockFormat FormatOf(Tensor tensor) =>
        sizes.TryGetValue(KeyOf(tensor), out var stored) ? stored.Format : otherwise.FormatOf(tensor);

    /// <summary>Bytes in the file; for a slice of a stored tensor, its share of them.</summary>
    public override ByteSize SizeOf(Tensor tensor)
    {
        if (!sizes.TryGetValue(KeyOf(tensor), out var stored))
            return otherwise.SizeOf(tensor);
        var elements = tensor.Count * tensor.Copies;
        if (elements == stored.Elements)
            return new ByteSize(stored.Bytes);
        return new ByteSize((long)(((Int128)stored.Bytes * elements + stored.Elements - 1) / stored.Elements));
    }

    /// <summary>A family may list one name twice, for layers of different shape.</summary>
    internal static string KeyOf(Tensor tensor) =>
        tensor.Layers.IsEmpty ? tensor.Name : $"{tensor.Layers[0]}:{tensor.Name}";
}
