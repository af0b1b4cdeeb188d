namespace Loadline.Quantization;

/// <summary>Rounds scales to the type they are stored in.</summary>
internal static class Scales
{
    private const float LargestHalf = 65504;

    public static void Round(Span<float> scales, ScaleType type)
    {
        foreach (ref var scale in scales)
            scale = type == ScaleType.Fp16 ? (float)ToHalf(scale) : FromBf16(ToBf16(scale));
    }

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
