using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>Keeps one copy of each shape: layers and experts repeat a handful of them thousands of times.</summary>
internal sealed class ShapePool
{
    private readonly Dictionary<int, ImmutableArray<long>> shapes = [];

    public ImmutableArray<long> Get(ReadOnlySpan<long> dimensions)
    {
        if (dimensions.IsEmpty)
            return [];

        var hash = new HashCode();
        foreach (var dimension in dimensions)
            hash.Add(dimension);
        var key = hash.ToHashCode();
        if (shapes.TryGetValue(key, out var known) && known.AsSpan().SequenceEqual(dimensions))
            return known;

        // Two shapes with one hash take turns in the slot; that costs a copy, never a wrong shape.
        ImmutableArray<long> shape = [.. dimensions];
        shapes[key] = shape;
        return shape;
    }
}
