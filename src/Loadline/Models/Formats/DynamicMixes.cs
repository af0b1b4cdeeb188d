namespace Loadline.Models;

/// <summary>
/// Unsloth's dynamic mixes (<c>UD-Q4_K_XL</c>): which tensor gets which bits is decided model by model and is not in the
/// name. The mix of llama.cpp with the same base stands in for one.
/// </summary>
/// <remarks>
/// Files of the same model differ by up to a fifth: UD-Q4_K_XL is about the size of Q4_K_M, UD-Q6_K_XL and UD-Q8_K_XL keep
/// some tensors in more bits than the plain mix (file lists of unsloth's GGUF repositories, 2025-26).
/// </remarks>
public static class DynamicMixes
{
    /// <summary>How far the size of a dynamic mix may be from that of its stand-in, as a factor.</summary>
    public const double SizeFactor = 1.2;

    private const string Prefix = "UD-";

    /// <summary>Name of the plain mix that stands in; null when the name is not that of a dynamic mix.</summary>
    public static string? StandInFor(string name)
    {
        if (!name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return null;
        var rest = name[Prefix.Length..].ToUpperInvariant();
        return rest switch
        {
            "Q2_K_XL" => "Q2_K",
            "Q3_K_XL" => "Q3_K_M",
            "Q4_K_XL" => "Q4_K_M",
            "Q5_K_XL" => "Q5_K_M",
            "Q6_K_XL" => "Q6_K",
            "Q8_K_XL" => "Q8_0",
            _ => rest,
        };
    }
}
