using System.Collections.Immutable;

namespace Loadline.Quantization.Inference;

/// <summary>Rotary positions: pairs of numbers of every query and key head turned by an angle per position.</summary>
/// <remarks>
/// Su et al., arXiv 2104.09864; number i is paired with number i + half, as Hugging Face checkpoints store them.
/// </remarks>
public sealed record RopeSettings
{
    /// <summary>Radians per position of every pair; the numbers behind them in a head are not rotated.</summary>
    public required ImmutableArray<float> Frequencies { get; init; }

    /// <summary>What cosine and sine are multiplied by; not 1 for long contexts of Phi-3.</summary>
    public float Factor { get; init; } = 1;

    /// <summary>Positions that these frequencies are for; null for all.</summary>
    public int? MostPositions { get; init; }

    /// <summary>theta^(-2i / width) for every pair.</summary>
    public static ImmutableArray<float> Plain(double theta, int width) =>
        [.. Enumerable.Range(0, width / 2).Select(i => (float)(1 / Math.Pow(theta, 2.0 * i / width)))];

    /// <summary>
    /// Llama 3.1: pairs that turn slowly are slowed down by a factor, fast ones are left, those between are mixed.
    /// </summary>
    /// <remarks>Transformers, modeling_rope_utils.py, _compute_llama3_parameters; arXiv 2407.21783, section 3.4.2.</remarks>
    public static ImmutableArray<float> Llama3(
        ImmutableArray<float> plain,
        double factor,
        double lowFactor,
        double highFactor,
        double originalLength
    ) =>
        [
            .. plain.Select(frequency =>
            {
                var turns = originalLength * frequency / (2 * Math.PI);
                if (turns > highFactor)
                    return frequency;
                if (turns < lowFactor)
                    return (float)(frequency / factor);
                var share = (turns - lowFactor) / (highFactor - lowFactor);
                return (float)((1 - share) * frequency / factor + share * frequency);
            }),
        ];
}
