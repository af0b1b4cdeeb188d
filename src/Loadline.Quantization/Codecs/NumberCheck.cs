using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Loadline.Quantization;

/// <summary>How many numbers are none, and how many are infinite: what quantization cannot keep.</summary>
public readonly record struct NumberCheck(long NotNumbers, long Infinite)
{
    private const int MagnitudeBits = 0x7FFFFFFF;
    private const int InfinityBits = 0x7F800000;

    public bool AllFinite => NotNumbers == 0 && Infinite == 0;

    public static NumberCheck operator +(NumberCheck left, NumberCheck right) =>
        new(left.NotNumbers + right.NotNumbers, left.Infinite + right.Infinite);

    public static NumberCheck Count(ReadOnlySpan<float> numbers)
    {
        ref var origin = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<float, int>(numbers));
        var (mask, infinity) = (Vector512.Create(MagnitudeBits), Vector512.Create(InfinityBits));
        var (notNumbers, infinite) = (0L, 0L);
        var i = 0;
        for (; i + 16 <= numbers.Length; i += 16)
        {
            var magnitudes = Vector512.LoadUnsafe(ref origin, (nuint)i) & mask;
            if (!Vector512.GreaterThanOrEqualAny(magnitudes, infinity))
                continue;
            notNumbers += BitOperations.PopCount(
                Vector512.GreaterThan(magnitudes, infinity).ExtractMostSignificantBits()
            );
            infinite += BitOperations.PopCount(Vector512.Equals(magnitudes, infinity).ExtractMostSignificantBits());
        }
        for (; i < numbers.Length; i++)
        {
            notNumbers += float.IsNaN(numbers[i]) ? 1 : 0;
            infinite += float.IsInfinity(numbers[i]) ? 1 : 0;
        }
        return new(notNumbers, infinite);
    }

    /// <summary>As the other, of bf16.</summary>
    public static NumberCheck Count(ReadOnlySpan<ushort> halves)
    {
        const ushort Mask = MagnitudeBits >> 16;
        const ushort Infinity = InfinityBits >> 16;
        ref var origin = ref MemoryMarshal.GetReference(halves);
        var (mask, infinity) = (Vector512.Create(Mask), Vector512.Create(Infinity));
        var (notNumbers, infinite) = (0L, 0L);
        var i = 0;
        for (; i + 32 <= halves.Length; i += 32)
        {
            var magnitudes = Vector512.LoadUnsafe(ref origin, (nuint)i) & mask;
            if (!Vector512.GreaterThanOrEqualAny(magnitudes, infinity))
                continue;
            notNumbers += BitOperations.PopCount(
                Vector512.GreaterThan(magnitudes, infinity).ExtractMostSignificantBits()
            );
            infinite += BitOperations.PopCount(Vector512.Equals(magnitudes, infinity).ExtractMostSignificantBits());
        }
        for (; i < halves.Length; i++)
        {
            notNumbers += (halves[i] & Mask) > Infinity ? 1 : 0;
            infinite += (halves[i] & Mask) == Infinity ? 1 : 0;
        }
        return new(notNumbers, infinite);
    }
}
