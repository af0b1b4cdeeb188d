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
    private const int HalfUlpLess = (1 << (MantissaDrop - 1)) - 1;
    private const int BiasDifference = (127 - 7) << 3;

    /// <summary>Codes of number x factor, to the nearest, ties to even, never beyond 448; what is not a number is zero.</summary>
    public static void Encode(ReadOnlySpan<float> numbers, float factor, Span<byte> codes)
    {
        ref var from = ref MemoryMarshal.GetReference(numbers);
        ref var to = ref MemoryMarshal.GetReference(codes[..numbers.Length]);
        var factors = Vector512.Create(factor);
        var i = 0;
        for (; i + 32 <= numbers.Length; i += 32)
        {
            var low = CodesOf(Vector512.LoadUnsafe(ref from, (nuint)i) * factors);
            var high = CodesOf(Vector512.LoadUnsafe(ref from, (nuint)(i + 16)) * factors);
            var words = Vector512.Narrow(low, high);
            Vector256.Narrow(words.GetLower(), words.GetUpper()).StoreUnsafe(ref to, (nuint)i);
        }
        EncodeScalar(numbers[i..], factor, codes[i..]);
    }

    public static void EncodeScalar(ReadOnlySpan<float> numbers, float factor, Span<byte> codes)
    {
        for (var i = 0; i < numbers.Length; i++)
            codes[i] = E4M3.Encode(numbers[i] * factor);
    }

    public static void Decode(ReadOnlySpan<byte> codes, float scale, Span<float> numbers)
    {
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = scale * E4M3.All[codes[i]];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> CodesOf(Vector512<float> scaled)
    {
        var numbers = scaled & Vector512.Equals(scaled, scaled);
        var magnitude = Vector512.MinNative(Vector512.Abs(numbers), Vector512.Create(E4M3.Largest));
        var bits = magnitude.AsUInt32();
        var odd = (bits >> MantissaDrop) & Vector512<uint>.One;
        var normal =
            ((bits + odd + Vector512.Create((uint)HalfUlpLess)) >> MantissaDrop)
            - Vector512.Create((uint)BiasDifference);
        var small = (magnitude + Vector512.Create(Subnormal)).AsUInt32() & Vector512.Create(0xFFu);
        var isSmall = Vector512.LessThan(magnitude, Vector512.Create(E4M3.SmallestNormal)).AsUInt32();
        var sign = (numbers.AsUInt32() >> 24) & Vector512.Create(0x80u);
        return Vector512.ConditionalSelect(isSmall, small, normal) | sign;
    }
}
