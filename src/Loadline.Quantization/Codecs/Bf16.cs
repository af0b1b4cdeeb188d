using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Loadline.Quantization;

/// <summary>bf16 in spans: the upper half of fp32.</summary>
public static class Bf16
{
    private const uint QuietNan = 0x0040;
    private const uint HalfUlpLess = 0x7FFF;

    /// <summary>Exactly the numbers that <paramref name="halves"/> stand for.</summary>
    public static void Widen(ReadOnlySpan<ushort> halves, Span<float> numbers)
    {
        ref var from = ref MemoryMarshal.GetReference(halves[..numbers.Length]);
        ref var to = ref Unsafe.As<float, uint>(ref MemoryMarshal.GetReference(numbers));
        var i = 0;
        for (; i + 32 <= numbers.Length; i += 32)
        {
            var (low, high) = Vector512.Widen(Vector512.LoadUnsafe(ref from, (nuint)i));
            (low << 16).StoreUnsafe(ref to, (nuint)i);
            (high << 16).StoreUnsafe(ref to, (nuint)(i + 16));
        }
        for (; i < numbers.Length; i++)
            numbers[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
    }

    /// <summary>To the nearest, ties to even; what is not a number stays so.</summary>
    public static void Narrow(ReadOnlySpan<float> numbers, Span<ushort> halves)
    {
        ref var from = ref MemoryMarshal.GetReference(numbers);
        ref var to = ref MemoryMarshal.GetReference(halves[..numbers.Length]);
        var i = 0;
        for (; i + 32 <= numbers.Length; i += 32)
        {
            var low = Round(Vector512.LoadUnsafe(ref from, (nuint)i));
            var high = Round(Vector512.LoadUnsafe(ref from, (nuint)(i + 16)));
            Vector512.Narrow(low, high).StoreUnsafe(ref to, (nuint)i);
        }
        for (; i < numbers.Length; i++)
            halves[i] = Round(numbers[i]);
    }

    internal static ushort Round(float number)
    {
        var bits = BitConverter.SingleToUInt32Bits(number);
        // Rounding must not carry a payload into infinity.
        return float.IsNaN(number)
            ? (ushort)((bits >> 16) | QuietNan)
            : (ushort)((bits + HalfUlpLess + ((bits >> 16) & 1)) >> 16);
    }

    private static Vector512<uint> Round(Vector512<float> numbers)
    {
        var bits = numbers.AsUInt32();
        var upper = bits >> 16;
        var rounded = (bits + Vector512.Create(HalfUlpLess) + (upper & Vector512<uint>.One)) >> 16;
        var isNumber = Vector512.Equals(numbers, numbers).AsUInt32();
        return Vector512.ConditionalSelect(isNumber, rounded, upper | Vector512.Create(QuietNan));
    }
}
