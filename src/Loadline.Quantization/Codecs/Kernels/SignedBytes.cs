using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Loadline.Quantization;

/// <summary>Codes of -127 to 127 in a byte.</summary>
internal static class SignedBytes
{
    private const float Highest = 127;

    /// <summary>The nearest whole number of number x factor, ties to even; what is not a number is zero.</summary>
    /// <param name="finite">Whether all numbers are finite and none times the factor rounds to more than 127.</param>
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
            var low = Round(Vector512.LoadUnsafe(ref from, (nuint)i) * factors);
            var high = Round(Vector512.LoadUnsafe(ref from, (nuint)(i + 16)) * factors);
            LowBytes.Store(low.AsUInt32(), high.AsUInt32(), ref to, i);
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
                Round((low << 16).AsSingle() * factors).AsUInt32(),
                Round((high << 16).AsSingle() * factors).AsUInt32(),
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
    internal static Vector512<int> Round(Vector512<float> numbers) =>
        Avx512F.IsSupported
            ? Avx512F.ConvertToVector512Int32(numbers)
            : Vector512.ConvertToInt32Native(Vector512.Round(numbers));
}

/// <summary>The lowest bytes of 32 whole numbers.</summary>
internal static class LowBytes
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<uint> low, Vector512<uint> high, ref byte bytes, int at)
    {
        if (Avx512F.IsSupported)
        {
            Avx512F.ConvertToVector128Byte(low).StoreUnsafe(ref bytes, (nuint)at);
            Avx512F.ConvertToVector128Byte(high).StoreUnsafe(ref bytes, (nuint)(at + 16));
            return;
        }
        var words = Vector512.Narrow(low, high);
        Vector256.Narrow(words.GetLower(), words.GetUpper()).StoreUnsafe(ref bytes, (nuint)at);
    }
}
