using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Loadline.Quantization;

/// <summary>Codes of -127 to 127 in a byte.</summary>
internal static class SignedBytes
{
    private const float Highest = 127;

    /// <summary>The nearest whole number of number x factor, ties to even; what is not a number is zero.</summary>
    public static void Encode(ReadOnlySpan<float> numbers, float factor, Span<byte> codes)
    {
        ref var from = ref MemoryMarshal.GetReference(numbers);
        ref var to = ref MemoryMarshal.GetReference(codes[..numbers.Length]);
        var factors = Vector512.Create(factor);
        var i = 0;
        for (; i + 32 <= numbers.Length; i += 32)
        {
            var low = Round(Vector512.LoadUnsafe(ref from, (nuint)i) * factors);
            var high = Round(Vector512.LoadUnsafe(ref from, (nuint)(i + 16)) * factors);
            var words = Vector512.Narrow(low, high);
            Vector256.Narrow(words.GetLower(), words.GetUpper()).AsByte().StoreUnsafe(ref to, (nuint)i);
        }
        EncodeScalar(numbers[i..], factor, codes[i..]);
    }

    public static void EncodeScalar(ReadOnlySpan<float> numbers, float factor, Span<byte> codes)
    {
        for (var i = 0; i < numbers.Length; i++)
        {
            var scaled = numbers[i] * factor;
            codes[i] = (byte)(sbyte)(float.IsNaN(scaled) ? 0 : MathF.Round(Math.Clamp(scaled, -Highest, Highest)));
        }
    }

    public static void Decode(ReadOnlySpan<byte> codes, float scale, Span<float> numbers)
    {
        ref var from = ref Unsafe.As<byte, sbyte>(ref MemoryMarshal.GetReference(codes[..numbers.Length]));
        ref var to = ref MemoryMarshal.GetReference(numbers);
        var i = 0;
        for (; i + 16 <= numbers.Length; i += 16)
        {
            var bytes = Vector128.LoadUnsafe(ref from, (nuint)i);
            var (low, high) = Vector128.Widen(bytes);
            var wide = Vector512.Create(
                Vector256.Create(Vector128.WidenLower(low), Vector128.WidenUpper(low)),
                Vector256.Create(Vector128.WidenLower(high), Vector128.WidenUpper(high))
            );
            (Vector512.ConvertToSingle(wide) * scale).StoreUnsafe(ref to, (nuint)i);
        }
        for (; i < numbers.Length; i++)
            numbers[i] = scale * Unsafe.Add(ref from, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Round(Vector512<float> scaled)
    {
        // What is not a number compares unequal to itself; the conversion itself rounds towards zero, so round before.
        var numbers = scaled & Vector512.Equals(scaled, scaled);
        var clamped = Vector512.MinNative(
            Vector512.MaxNative(numbers, Vector512.Create(-Highest)),
            Vector512.Create(Highest)
        );
        return Vector512.ConvertToInt32Native(Vector512.Round(clamped));
    }
}
