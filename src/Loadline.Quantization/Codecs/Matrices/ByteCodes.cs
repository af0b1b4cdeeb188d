using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>A code of one byte: a whole number or FP8.</summary>
internal interface IByteCode
{
    public BlockFormat Format { get; }

    public float Highest { get; }

    /// <summary>Codes of number x factor; what is beyond the highest becomes the highest, what is not a number zero.</summary>
    public void Encode(ReadOnlySpan<float> numbers, float factor, Span<byte> codes, bool finite);

    /// <summary>As the other, from bf16, of finite numbers.</summary>
    public void Encode(ReadOnlySpan<ushort> halves, float factor, Span<byte> codes);

    public void Decode(ReadOnlySpan<byte> codes, float scale, Span<float> numbers);
}

internal sealed class SignedByteCode : IByteCode
{
    public BlockFormat Format => BlockFormats.Int8;

    public float Highest => 127;

    public void Encode(ReadOnlySpan<float> numbers, float factor, Span<byte> codes, bool finite) =>
        SignedBytes.Encode(numbers, factor, codes, finite);

    public void Encode(ReadOnlySpan<ushort> halves, float factor, Span<byte> codes) =>
        SignedBytes.Encode(halves, factor, codes);

    public void Decode(ReadOnlySpan<byte> codes, float scale, Span<float> numbers) =>
        SignedBytes.Decode(codes, scale, numbers);
}

internal sealed class E4M3Code : IByteCode
{
    public BlockFormat Format => BlockFormats.Fp8;

    public float Highest => E4M3.Largest;

    public void Encode(ReadOnlySpan<float> numbers, float factor, Span<byte> codes, bool finite) =>
        E4M3Bytes.Encode(numbers, factor, codes, finite);

    public void Encode(ReadOnlySpan<ushort> halves, float factor, Span<byte> codes) =>
        E4M3Bytes.Encode(halves, factor, codes);

    public void Decode(ReadOnlySpan<byte> codes, float scale, Span<float> numbers) =>
        E4M3Bytes.Decode(codes, scale, numbers);
}

internal static class ByteCodes
{
    /// <summary>2^-126: a smaller scale would lose bits, and its reciprocal would overflow.</summary>
    private const float SmallestScale = 1.17549435e-38f;

    /// <summary>The scale under which the peak has the highest code; 1 where there is nothing, so that nobody divides by zero.</summary>
    public static float ScaleFor(float peak, float highest, ScaleType type)
    {
        if (peak == 0)
            return 1;
        var scale = MathF.Max(MathF.Min(peak, GroupRange.Largest) / highest, SmallestScale);
        return type == ScaleType.Bf16 ? Scales.FromBf16(Scales.ToBf16(scale)) : scale;
    }
}
