using System.Collections.Immutable;

namespace Loadline.Catalog;

/// <summary>
/// What fewer bits cost a model. The divergence K of its next-token distribution from that of the unquantized model
/// (Kullback-Leibler, mean per token) grows with the power of the rounding errors, and one bit less makes that four times
/// as large.
/// </summary>
/// <remarks>
/// D ~ 4^-b: Cover and Thomas, "Elements of Information Theory", 2nd edition, section 10.3. K is quadratic in a small
/// disturbance of the logits, so proportional to its power.
/// </remarks>
public sealed record QualityConstants
{
    public required string Id { get; init; }

    /// <summary>Parameters of the model whose divergences stand below.</summary>
    public required double ReferenceParameters { get; init; }

    /// <summary>A model of twice the size diverges 2^-exponent times as much.</summary>
    public required double SizeExponent { get; init; }

    /// <summary>Nats, of the reference model with activations of 8 bits; four times that per bit less.</summary>
    public required double ActivationDivergence { get; init; }

    /// <summary>By how much an importance matrix or tuned rounding multiplies the divergence of GGUF weights.</summary>
    public required double ImportanceFactor { get; init; }

    /// <summary>Share of a task score that is lost per nat, as long as it is small.</summary>
    public required double TaskLossPerNat { get; init; }

    /// <summary>Ways of rounding, by name.</summary>
    public required ImmutableDictionary<string, QualityFamily> Families { get; init; }

    /// <summary>Formats of weights, by name.</summary>
    public required ImmutableDictionary<string, QualityFormat> Weights { get; init; }

    /// <summary>Formats of cached keys and values, by name.</summary>
    public required ImmutableDictionary<string, QualityFormat> Caches { get; init; }

    public required QualityError DivergenceError { get; init; }
    public required QualityError PerplexityError { get; init; }
    public required QualityError TaskError { get; init; }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }
}

/// <summary>Formats that round in the same way.</summary>
public sealed record QualityFamily
{
    /// <summary>Nats, of the reference model at 4 bits per element with scales; four times that per bit less.</summary>
    public required double DivergenceAtFourBits { get; init; }

    /// <summary>Quantized models behind it; 0 where it is taken over from rounding of the same kind.</summary>
    public required int Runs { get; init; }

    /// <summary>Base models behind it.</summary>
    public required int Models { get; init; }
    public string? Notes { get; init; }
}

/// <summary>What a format rounds, and to how many bits.</summary>
public sealed record QualityFormat
{
    public required string Family { get; init; }

    /// <summary>Per weight of the linear layers or per cached element, scales included.</summary>
    public required double Bits { get; init; }

    /// <summary>Bits of the activations that are multiplied; null for 16.</summary>
    public int? ActivationBits { get; init; }
    public string? Notes { get; init; }
}

/// <summary>
/// How far off predictions were on models that had been left out of the fit: from value / factor - floor to value x
/// factor + floor.
/// </summary>
public sealed record QualityError
{
    public required double Factor80 { get; init; }

    /// <summary>In units of the quantity: what is there however small the loss, such as the noise of a benchmark.</summary>
    public required double Floor80 { get; init; }
    public required double Factor90 { get; init; }
    public required double Floor90 { get; init; }

    /// <summary>Base models behind it.</summary>
    public required int Models { get; init; }
}
