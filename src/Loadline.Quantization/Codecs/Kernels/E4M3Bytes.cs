using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Loadline.Quantization;

/// <summary>FP8 E4M3 in spans.</summary>
internal static class E4M3Bytes
{
    // 2^14 has an ulp of 2^-9, the distance of the codes below the smallest normal number.
    private const float Subnormal = 0x4000;
    private const int MantissaDrop = 20;
    private const uint HalfUlpLess = (1u << (MantissaDrop - 1)) - 1;
    private const uint BiasDifference = (127u - 7) << 23;

    /// <summary>Codes of number x factor, to the nearest, ties to even, never beyond 448; what is not a number is zero.</summary>
    /// <param name="finite">Whether all numbers are finite and none times the factor rounds to more than 448.</param>
    public static void Encode(ReadOnlySpan<float> numbers, float factor, Span<byte> codes, bool finite)
    {
        if (!finite)
        {
            EncodeScalar(numbers, factor, codes);
            return;
        }
        ref var from = ref MemoryMarshal.GetReference(numbers);
        ref var to = ref MemoryMarshal.GetReference(codes[..numbers.Length]);
        var factors = Vector512.Create(factor);
        var i = 0;
        for (; i + 32 <= numbers.Length; i += 32)
        {
            var low = CodesOf(Vector512.LoadUnsafe(ref from, (nuint)i) * factors);
            var high = CodesOf(Vector512.LoadUnsafe(ref from, (nuint)(i + 16)) * factors);
            LowBytes.Store(low, high, ref to, i);
        }
        EncodeScalar(numbers[i..], factor, codes[i..]);
    }

    /// <summary>As the other, from bf16, of finite numbers.</summary>
    public static void Encode(ReadOnlySpan<ushort> halves, float factor, Span<byte> codes)
    {
        ref var from = ref MemoryMarshal.GetReference(halves);
        ref var to = ref MemoryMarshal.GetReference(codes[..halves.Length]);
        var factors = Vector512.Create(factor);
        var i = 0;
        for (; i + 32 <= halves.Length; i += 32)
        {
            var (low, high) = Vector512.Widen(Vector512.LoadUnsafe(ref from, (nuint)i));
            LowBytes.Store(
                CodesOf((low << 16).AsSingle() * factors),
                CodesOf((high << 16).AsSingle() * factors),
                ref to,
                i
            );
        }
        Span<float> rest = stackalloc float[32];
        Bf16.Widen(halves[i..], rest[..(halves.Length - i)]);
        EncodeScalar(rest[..(halves.Length - i)], factor, codes[i..]);
    }

    public static void EncodeScalar(ReadOnlySpan<float> numbers, float factor, Span<byte> codes)
    {
        for (var i = 0; i < numbers.Length; i++)
            codes[i] = E4M3.Encode(numbers[i] * factor);
    }

    /// <summary>Scale x number of each code.</summary>
    /// <remarks>
    /// Seven bits laid where fp32 has exponent and mantissa are the number times 2^-120, small ones included. Multiplied
    /// by 2^120 the result is exact.
    /// </remarks>
    public static void Decode(ReadOnlySpan<byte> codes, float scale, Span<float> numbers)
    {
        ref var from = ref MemoryMarshal.GetReference(codes[..numbers.Length]);
        ref var to = ref MemoryMarshal.GetReference(numbers);
        var (power, scales) = (Vector512.Create(GroupRange.Largest), Vector512.Create(scale));
        var i = 0;
        for (; i + 16 <= numbers.Length; i += 16)
        {
            var words = Vector256.WidenLower(Vector128.LoadUnsafe(ref from, (nuint)i).ToVector256Unsafe());
            var wide = Vector512.WidenLower(words.ToVector512Unsafe());
            var sign = (wide & Vector512.Create(0x80u)) << 24;
            var bits = ((wide & Vector512.Create(0x7Fu)) << MantissaDrop) | sign;
            var isNan = Vector512.Equals(wide & Vector512.Create(0x7Fu), Vector512.Create(0x7Fu)).AsSingle();
            var number = (bits.AsSingle() * power) | isNan;
            (number * scales).StoreUnsafe(ref to, (nuint)i);
        }
        for (; i < numbers.Length; i++)
            numbers[i] = scale * E4M3.All[codes[i]];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> CodesOf(Vector512<float> scaled)
    {
        var magnitude = Vector512.Abs(scaled);
        var bits = magnitude.AsUInt32();
        var odd = (bits >> MantissaDrop) & Vector512<uint>.One;
        // Wraps around below zero where the number is small; that is not taken.
        var normal = (bits + odd + Vector512.Create(unchecked(HalfUlpLess - BiasDifference))) >> MantissaDrop;
        var small = (magnitude + Vector512.Create(Subnormal)).AsUInt32() & Vector512.Create(0xFFu);
        var isSmall = Vector512.LessThan(magnitude, Vector512.Create(E4M3.SmallestNormal)).AsUInt32();
        var sign = (scaled.AsUInt32() >> 24) & Vector512.Create(0x80u);
        return Vector512.ConditionalSelect(isSmall, small, normal) | sign;
    }
}
