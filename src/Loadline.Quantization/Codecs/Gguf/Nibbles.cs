using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Loadline.Quantization;

/// <summary>Two codes of four bits in a byte.</summary>
internal static class Nibbles
{
    /// <summary>Codes of one block side by side with those of the next: low nibbles from one, high ones from the other.</summary>
    public static void PackHalves(ReadOnlySpan<byte> low, ReadOnlySpan<byte> high, Span<byte> packed)
    {
        ref var lows = ref MemoryMarshal.GetReference(low);
        ref var highs = ref MemoryMarshal.GetReference(high[..low.Length]);
        ref var target = ref MemoryMarshal.GetReference(packed[..low.Length]);
        for (var i = 0; i + 16 <= low.Length; i += 16)
        {
            var both = Vector128.LoadUnsafe(ref lows, (nuint)i) | (Vector128.LoadUnsafe(ref highs, (nuint)i) << 4);
            both.StoreUnsafe(ref target, (nuint)i);
        }
    }

    /// <summary>Neighbours in one byte, the first in the low nibble.</summary>
    public static void PackPairs(ReadOnlySpan<byte> codes, Span<byte> packed)
    {
        for (var i = 0; i < codes.Length / 2; i++)
            packed[i] = (byte)(codes[2 * i] | (codes[2 * i + 1] << 4));
        if (codes.Length % 2 != 0)
            packed[codes.Length / 2] = codes[^1];
    }
}
