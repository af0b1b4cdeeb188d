using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Loadline.Quantization;

/// <summary>The largest magnitude among the finite numbers of a span.</summary>
internal static class Peaks
{
    private const int MagnitudeBits = 0x7FFFFFFF;
    private const int InfinityBits = 0x7F800000;

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

    public static float ScalarOf(ReadOnlySpan<float> numbers)
    {
        var largest = 0f;
        foreach (var number in numbers)
            if (float.IsFinite(number))
                largest = MathF.Max(largest, MathF.Abs(number));
        return largest;
    }

    private static int Largest(Vector512<int> numbers)
    {
        var eight = Vector256.Max(numbers.GetLower(), numbers.GetUpper());
        var four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        var two = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Math.Max(two[0], two[1]);
    }
}
