using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Loadline.Quantization;

/// <summary>The largest magnitude among the finite numbers of a span.</summary>
internal static class Peaks
{
    internal const int MagnitudeBits = 0x7FFFFFFF;
    internal const int InfinityBits = 0x7F800000;

    public static float Of(ReadOnlySpan<float> numbers) => Of(numbers, out _);

    /// <param name="finite">Whether all numbers are, so that they may be encoded without a look at each.</param>
    /// <remarks>Magnitudes of fp32 are in the order of their bits; infinity and what is not a number come last.</remarks>
    public static float Of(ReadOnlySpan<float> numbers, out bool finite)
    {
        ref var origin = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<float, int>(numbers));
        var mask = Vector512.Create(MagnitudeBits);
        var (first, second) = (Vector512<int>.Zero, Vector512<int>.Zero);
        var i = 0;
        for (; i + 32 <= numbers.Length; i += 32)
        {
            first = Vector512.Max(first, Vector512.LoadUnsafe(ref origin, (nuint)i) & mask);
            second = Vector512.Max(second, Vector512.LoadUnsafe(ref origin, (nuint)(i + 16)) & mask);
        }
        var largest = Largest(Vector512.Max(first, second));
        for (; i < numbers.Length; i++)
            largest = Math.Max(largest, BitConverter.SingleToInt32Bits(numbers[i]) & MagnitudeBits);
        finite = largest < InfinityBits;
        return finite ? BitConverter.Int32BitsToSingle(largest) : ScalarOf(numbers);
    }

    /// <summary>As the other, of bf16.</summary>
    public static float Of(ReadOnlySpan<ushort> halves, out bool finite)
    {
        ref var origin = ref MemoryMarshal.GetReference(halves);
        var mask = Vector512.Create((ushort)(MagnitudeBits >> 16));
        var (first, second) = (Vector512<ushort>.Zero, Vector512<ushort>.Zero);
        var i = 0;
        for (; i + 64 <= halves.Length; i += 64)
        {
            first = Vector512.Max(first, Vector512.LoadUnsafe(ref origin, (nuint)i) & mask);
            second = Vector512.Max(second, Vector512.LoadUnsafe(ref origin, (nuint)(i + 32)) & mask);
        }
        var (low, high) = Vector512.Widen(Vector512.Max(first, second));
        var largest = Largest(Vector512.Max(low, high).AsInt32());
        for (; i < halves.Length; i++)
            largest = Math.Max(largest, halves[i] & (MagnitudeBits >> 16));
        finite = largest < InfinityBits >> 16;
        if (finite)
            return Scales.FromBf16((ushort)largest);
        var peak = 0f;
        foreach (var half in halves)
            if (float.IsFinite(Scales.FromBf16(half)))
                peak = MathF.Max(peak, MathF.Abs(Scales.FromBf16(half)));
        return peak;
    }

    public static float ScalarOf(ReadOnlySpan<float> numbers)
    {
        var largest = 0f;
        foreach (var number in numbers)
            if (float.IsFinite(number))
                largest = MathF.Max(largest, MathF.Abs(number));
        return largest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Largest(Vector512<int> numbers)
    {
        var eight = Vector256.Max(numbers.GetLower(), numbers.GetUpper());
        var four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        var two = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Math.Max(two[0], two[1]);
    }
}
