namespace Loadline.Models;

/// <summary>The types a key-value cache can have.</summary>
public static class CacheFormats
{
    private static readonly BlockFormat[] All =
    [
        BlockFormats.Fp32,
        BlockFormats.Fp16,
        BlockFormats.Bf16,
        BlockFormats.Fp8,
        BlockFormats.Int8,
        BlockFormats.Q8_0,
        BlockFormats.Q4_0,
        BlockFormats.Q4_1,
        BlockFormats.Q5_0,
        BlockFormats.Q5_1,
        BlockFormats.Iq4Nl,
    ];

    /// <exception cref="UnknownNameException">No cache has this type.</exception>
    public static BlockFormat Find(string name) =>
        Array.Find(All, format => format.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new UnknownNameException(
            "cache format",
            name,
            [.. All.Select(format => format.Name)],
            ambiguous: false
        );
}
