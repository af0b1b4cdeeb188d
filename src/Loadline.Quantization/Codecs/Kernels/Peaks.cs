using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Loadline.Quantization;

/// <summary>The largest magnitude among the finite numbers of a span.</summary>
internal static class Peaks
{
    private const int MagnitudeBits = 0x7FFFFFFF;
    private const int InfinityBits = 0x7F800000;

    /// <remarks>Magnitudes of fp32 are in the same order as their bits, and those of infinity and beyond are no smaller than its own.</remarks>
    public static float Of(ReadOnlySpan<float> numbers)
    {
        ref var origin = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<float, int>(numbers));
        var (mask, infinity) = (Vector512.Create(MagnitudeBits), Vector512.Create(InfinityBits));
        var (first, second) = (Vector512<int>.Zero, Vector512<int>.Zero);
        var i = 0;
        for (; i + 32 <= numbers.Length; i += 32)
        {
            var a = Vector512.LoadUnsafe(ref origin, (nuint)i) & mask;
            var b = Vector512.LoadUnsafe(ref origin, (nuint)(i + 16)) & mask;
            first = Vector512.Max(first, a & Vector512.LessThan(a, infinity));
            second = Vector512.Max(second, b & Vector512.LessThan(b, infinity));
        }
        var largest = Largest(Vector512.Max(first, second));
        return MathF.Max(BitConverter.Int32BitsToSingle(largest), ScalarOf(numbers[i..]));
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
