namespace Loadline.Quantization;

/// <summary>The eight pairs of 6-bit scale and minimum that Q4_K and Q5_K pack into twelve bytes.</summary>
/// <remarks>
/// Bytes 0-3 hold scales 0-3, bytes 4-7 minima 0-3, bytes 8-11 the low nibbles of scales (low) and minima (high) 4-7,
/// whose upper two bits are the upper two of bytes 0-3 and 4-7.
/// </remarks>
internal static class SubScales
{
    public const int Bytes = 12;

    public static (int Scale, int Minimum) Read(ReadOnlySpan<byte> packed, int i) =>
        i < 4
            ? (packed[i] & 63, packed[i + 4] & 63)
            : ((packed[i + 4] & 15) | (packed[i - 4] >> 6 << 4), (packed[i + 4] >> 4) | (packed[i] >> 6 << 4));

    public static void Write(Span<byte> packed, ReadOnlySpan<int> scales, ReadOnlySpan<int> minima)
    {
        for (var i = 0; i < 4; i++)
        {
            packed[i] = (byte)(scales[i] | (scales[i + 4] >> 4 << 6));
            packed[i + 4] = (byte)(minima[i] | (minima[i + 4] >> 4 << 6));
            packed[i + 8] = (byte)((scales[i + 4] & 15) | ((minima[i + 4] & 15) << 4));
        }
    }
}
