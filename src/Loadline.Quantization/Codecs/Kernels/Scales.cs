namespace Loadline.Quantization;

/// <summary>Rounds scales to the type they are stored in.</summary>
internal static class Scales
{
    public const float LargestHalf = 65504;

    /// <summary>2^112: the difference of the exponents' biases.</summary>
    public const float FromHalfPower = 5.192296858534828e33f;

    /// <summary>2^-14.</summary>
    public const float SmallestNormalHalf = 6.103515625e-05f;

    /// <summary>A scale as its type holds it.</summary>
    public static T Round<T>(T scale, ScaleType type)
        where T : struct, ILanes<T> =>
        type switch
        {
            ScaleType.Fp16 => T.RoundToHalf(scale),
            ScaleType.Bf16 => T.RoundToBf16(scale),
            _ => scale,
        };

    /// <summary>The bits of a number that is an fp16 already.</summary>
    public static ushort HalfBits(float rounded)
    {
        var bits = BitConverter.SingleToUInt32Bits(rounded);
        var magnitude = MathF.Abs(rounded);
        var code =
            magnitude < SmallestNormalHalf
                ? (uint)(magnitude * (1 << 24))
                : ((bits & 0x7FFFFFFF) >> 13) - ((127 - 15) << 10);
        return (ushort)(code | ((bits >> 16) & 0x8000));
    }

    /// <summary>The bits of the nearest fp16 of a number that is not negative, ties to even, no further than the largest.</summary>
    public static ushort NearestHalfBits(float number)
    {
        number = MathF.Min(number, LargestHalf);
        // Below 2^-14 the numbers are multiples of 2^-24, the ulp of a half.
        if (number < SmallestNormalHalf)
            return (ushort)(BitConverter.SingleToUInt32Bits(number + 0.5f) - BitConverter.SingleToUInt32Bits(0.5f));
        var bits = BitConverter.SingleToUInt32Bits(number);
        return (ushort)(((bits + 0xFFF + ((bits >> 13) & 1)) >> 13) - ((127 - 15) << 10));
    }

    /// <summary>The finite fp16 of bits without a sign.</summary>
    public static float FromHalfBits(ushort bits) =>
        // The bits laid where fp32 has exponent and mantissa are the number times 2^-112.
        BitConverter.UInt32BitsToSingle((uint)bits << 13) * FromHalfPower;

    /// <summary>The nearest fp16; beyond its range the largest, because an infinite scale would make zeros not a number.</summary>
    public static Half ToHalf(float scale) => (Half)Math.Clamp(scale, -LargestHalf, LargestHalf);

    /// <summary>The nearest bf16, ties to even, of a finite number; never infinite.</summary>
    public static ushort ToBf16(float scale)
    {
        var bits = BitConverter.SingleToUInt32Bits(scale);
        var rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
        return (ushort)((rounded & 0x7FFF) == 0x7F80 ? rounded - 1 : rounded);
    }

    public static float FromBf16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
}
