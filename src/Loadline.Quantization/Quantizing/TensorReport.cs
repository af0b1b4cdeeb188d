using Loadline.Quantities;

namespace Loadline.Quantization;

/// <summary>What became of one weight, measured by decoding what was written.</summary>
/// <param name="Name">Name in the output without the suffixes of codes and scales.</param>
/// <param name="Format">How it is stored now.</param>
/// <param name="BytesIn">Its bytes in the input.</param>
/// <param name="BytesOut">Its bytes in the output, codes and scales together.</param>
public sealed record TensorReport(string Name, string Format, long BytesIn, long BytesOut)
{
    /// <summary>Mean square of the weights over that of their errors, in decibels; null when nothing was lost.</summary>
    public Estimate? SignalToNoiseDb { get; init; }

    /// <summary>Cosine of the angle between the weights before and after; null when nothing was measured.</summary>
    public double? Cosine { get; init; }

    public double? MaximumAbsoluteError { get; init; }

    /// <summary>Numbers of the input that are not a number; they are in no error figure.</summary>
    public long NotANumberCount { get; init; }

    /// <summary>Numbers of the input that are infinite; they are in no error figure.</summary>
    public long InfinityCount { get; init; }

    /// <summary>Finite numbers of the input that are beyond the range of the format.</summary>
    public long OverflowCount { get; init; }

    /// <summary>Why it is not stored in the format asked for; null when it is.</summary>
    public string? Note { get; init; }

    internal TensorReport With(in ErrorSum errors) =>
        this with
        {
            SignalToNoiseDb = Decibels(errors),
            Cosine = CosineOf(errors),
            MaximumAbsoluteError = errors.Largest,
            NotANumberCount = errors.NotANumber,
            InfinityCount = errors.Infinite,
            OverflowCount = errors.Overflowed,
        };

    private static Estimate? Decibels(in ErrorSum errors) =>
        errors.Noise > 0 && errors.Signal > 0 && double.IsFinite(errors.Signal / errors.Noise)
            ? Estimate.Exact(10 * Math.Log10(errors.Signal / errors.Noise))
            : null;

    private static double CosineOf(in ErrorSum errors)
    {
        if (errors.Noise is 0)
            return 1;
        var lengths = Math.Sqrt(errors.Signal) * Math.Sqrt(errors.Decoded);
        return lengths > 0 ? Math.Clamp(errors.Product / lengths, -1, 1) : 0;
    }
}
