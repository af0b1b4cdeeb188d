using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;

namespace Loadline.Planning;

/// <summary>Finds what a format rounds, and to how many bits, by its name.</summary>
internal sealed class QualityFormats(QualityConstants constants)
{
    /// <summary>Family of integers in groups, for recipes with a number in their name.</summary>
    private const string Grouped = "int-group";

    private static readonly string[] Lossless = ["fp32", "tf32", "fp16", "bf16", "f32", "f16", "fp64"];

    /// <summary>Null for formats that round nothing.</summary>
    /// <exception cref="UnknownNameException">No format has the name.</exception>
    public QualityFormat? Weights(string name)
    {
        if (IsLossless(name))
            return null;
        var plain = DynamicMixes.StandInFor(name) ?? name;
        if (Get(constants.Weights, plain) is { } format)
            return format;
        if (GroupedFormats.Find(name) is { Matrices: var matrices })
            return new QualityFormat { Family = Grouped, Bits = matrices.BitsPerWeight };
        throw new UnknownNameException(
            "weight format",
            name,
            [.. Lossless[..4], .. constants.Weights.Keys.Order(StringComparer.Ordinal)],
            ambiguous: false
        );
    }

    /// <summary>Null for a cache that is not rounded.</summary>
    /// <exception cref="UnknownNameException">No format has the name.</exception>
    public QualityFormat? Cache(string? name) =>
        name is null || IsLossless(name) || name.Equals("auto", StringComparison.OrdinalIgnoreCase)
            ? null
            : Get(constants.Caches, name)
                ?? throw new UnknownNameException(
                    "cache format",
                    name,
                    [.. Lossless[..4], .. constants.Caches.Keys.Order(StringComparer.Ordinal)],
                    ambiguous: false
                );

    public QualityFamily FamilyOf(QualityFormat format) => constants.Families[format.Family];

    private static bool IsLossless(string name) => Lossless.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static QualityFormat? Get(ImmutableDictionary<string, QualityFormat> formats, string name)
    {
        if (formats.TryGetValue(name, out var format))
            return format;
        // Names of llama.cpp are written in both cases.
        foreach (var (known, value) in formats)
        {
            if (known.Equals(name, StringComparison.OrdinalIgnoreCase))
                return value;
        }
        return null;
    }
}
