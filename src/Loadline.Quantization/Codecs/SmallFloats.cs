namespace Loadline.Quantization;

/// <summary>FP8 E4M3 without infinities: 1 sign, 4 exponent bits with bias 7, 3 mantissa bits; up to 448.</summary>
/// <remarks>Micikevicius et al., "FP8 Formats for Deep Learning", arXiv 2209.05433; OCP OFP8 1.0.</remarks>
internal static class E4M3
{
    public const float Largest = 448;

    /// <summary>The smallest number with a whole mantissa; below it numbers are multiples of 2^-9.</summary>
    public const float SmallestNormal = 1f / 64;

    private static readonly float[] Numbers = [.. Enumerable.Range(0, 256).Select(code => NumberOf((byte)code))];

    /// <summary>The number of every code; 0x7F and 0xFF are not numbers.</summary>
    public static ReadOnlySpan<float> All => Numbers;

    /// <summary>The nearest code, ties to even; beyond the range the largest, and zero for what is not a number.</summary>
    public static byte Encode(float number)
    {
        if (float.IsNaN(number))
            return 0;
        var sign = (byte)((BitConverter.SingleToUInt32Bits(number) >> 24) & 0x80);
        var magnitude = MathF.Min(MathF.Abs(number), Largest);
        if (magnitude < SmallestNormal)
            // 2^14 has an ulp of 2^-9, so adding it rounds to the grid and leaves the code in the lowest bits.
            return (byte)(sign | (BitConverter.SingleToUInt32Bits(magnitude + 0x4000) & 0xFF));
        var bits = BitConverter.SingleToUInt32Bits(magnitude);
        bits += 0x7FFFF + ((bits >> 20) & 1);
        return (byte)(sign | ((bits >> 20) - ((127 - 7) << 3)));
    }

    private static float NumberOf(byte code)
    {
        var (exponent, mantissa) = ((code >> 3) & 15, code & 7);
        if (exponent == 15 && mantissa == 7)
            return float.NaN;
        var magnitude = exponent == 0 ? MathF.ScaleB(mantissa, -9) : MathF.ScaleB(8 + mantissa, exponent - 10);
        return (code & 0x80) != 0 ? -magnitude : magnitude;
    }
}

/// <summary>FP4 E2M1: 1 sign, 2 exponent bits with bias 1, 1 mantissa bit.</summary>
/// <remarks>OCP Microscaling Formats (MX) Specification 1.0, table 5.</remarks>
internal static class E2M1
{
    public const float Largest = 6;

    public static ReadOnlySpan<float> All => [0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6];

    /// <summary>Every number twice, as whole numbers.</summary>
    public static ReadOnlySpan<sbyte> Doubled => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];
}

/// <summary>A power of two: 2^(code - 127).</summary>
/// <remarks>OCP Microscaling Formats (MX) Specification 1.0, section 5.4.1.</remarks>
internal static class E8M0
{
    public const int Bias = 127;

    /// <summary>Not a number in the specification; ggml reads it as 2^128.</summary>
    public const byte NaN = 255;

    public static float NumberOf(byte code) => code == NaN ? float.NaN : 2 * HalfOf(code);

    /// <summary>The code of a power of two from 2^-127 to 2^127; zero has the lowest.</summary>
    public static byte Encode(float power) =>
        power < 0x00800000 * float.Epsilon ? (byte)0 : (byte)(BitConverter.SingleToUInt32Bits(power) >> 23);

    /// <summary>2^(code - 128), which fp32 holds for every code.</summary>
    public static float HalfOf(byte code) =>
        BitConverter.UInt32BitsToSingle(code < 2 ? 0x00200000u << code : (uint)(code - 1) << 23);
}
