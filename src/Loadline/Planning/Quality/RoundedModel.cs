using Loadline.Catalog;

namespace Loadline.Planning;

/// <summary>A model with what of it is rounded.</summary>
/// <param name="Parameters">All of them.</param>
/// <param name="ActiveParameters">Those that one token uses.</param>
public sealed record RoundedModel(long Parameters, long ActiveParameters)
{
    /// <summary>Bits of what is not rounded.</summary>
    public const double Unrounded = 16;

    /// <summary>How its weights are rounded; null for not at all.</summary>
    public QualityFamily? Weights { get; init; }
    public double WeightBits { get; init; } = Unrounded;
    public double ActivationBits { get; init; } = Unrounded;

    /// <summary>True for GGUF weights made with an importance matrix or tuned rounding.</summary>
    public bool IsTuned { get; init; }

    /// <summary>How its cached keys and values are rounded; null for not at all.</summary>
    public QualityFamily? Cache { get; init; }
    public double CacheBits { get; init; } = Unrounded;

    public bool IsRounded => Weights is not null || Cache is not null || ActivationBits < Unrounded;
}
