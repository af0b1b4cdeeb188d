using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Loadline.Models;

namespace Loadline.Quantization.Inference;

/// <summary>Formats that are widened to fp32 here, as many numbers at a time as a vector has.</summary>
internal enum PlainWidening
{
    None,
    Fp32,
    Bf16,
    Fp16,
}

internal static class PlainFormats
{
    public static PlainWidening WideningOf(BlockFormat format) =>
        format == BlockFormats.Fp32 ? PlainWidening.Fp32
        : format == BlockFormats.Bf16 ? PlainWidening.Bf16
        : format == BlockFormats.Fp16 ? PlainWidening.Fp16
        : PlainWidening.None;

    public static void Widen(PlainWidening format, ReadOnlySpan<byte> bytes, Span<float> numbers)
    {
        if (format == PlainWidening.Fp32)
            bytes.CopyTo(MemoryMarshal.AsBytes(numbers));
        else if (format == PlainWidening.Bf16)
            WidenBf16(MemoryMarshal.Cast<byte, ushort>(bytes), numbers);
        else
            WidenFp16(MemoryMarshal.Cast<byte, ushort>(bytes), numbers);
    }

    private static void WidenBf16(ReadOnlySpan<ushort> halves, Span<float> numbers)
    {
        ref var from = ref MemoryMarshal.GetReference(halves);
        ref var to = ref Unsafe.As<float, uint>(ref MemoryMarshal.GetReference(numbers));
        var i = 0;
        for (; i <= numbers.Length - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
        {
            var (low, high) = Vector512.Widen(Vector512.LoadUnsafe(ref from, (nuint)i));
            (low << 16).StoreUnsafe(ref to, (nuint)i);
            (high << 16).StoreUnsafe(ref to, (nuint)(i + Vector512<uint>.Count));
        }
        for (; i < numbers.Length; i++)
            numbers[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
    }

    /// <summary>
    /// Moves exponent and fraction to their places and lets one multiplication correct the bias, which is exact and
    /// makes subnormal numbers right as well; what was infinite or no number is put back.
    /// </summary>
    private static void WidenFp16(ReadOnlySpan<ushort> halves, Span<float> numbers)
    {
        // 2^(127 - 15): the difference of the biases.
        var bias = Vector512.Create(BitConverter.UInt32BitsToSingle((254 - 15) << 23));
        ref var from = ref MemoryMarshal.GetReference(halves);
        ref var to = ref Unsafe.As<float, uint>(ref MemoryMarshal.GetReference(numbers));
        var i = 0;
        for (; i <= numbers.Length - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
        {
            var (low, high) = Vector512.Widen(Vector512.LoadUnsafe(ref from, (nuint)i));
            Widen(low, bias).StoreUnsafe(ref to, (nuint)i);
            Widen(high, bias).StoreUnsafe(ref to, (nuint)(i + Vector512<uint>.Count));
        }
        for (; i < numbers.Length; i++)
            numbers[i] = (float)BitConverter.UInt16BitsToHalf(halves[i]);
    }

    private static Vector512<uint> Widen(Vector512<uint> half, Vector512<float> bias)
    {
        const int FractionShift = 13;
        var magnitude = half & Vector512.Create(0x7FFFu);
        var scaled = ((magnitude << FractionShift).AsSingle() * bias).AsUInt32();
        var exponent = Vector512.GreaterThan(magnitude, Vector512.Create(0x7BFFu)) & Vector512.Create(0x7F800000u);
        return scaled | exponent | ((half & Vector512.Create(0x8000u)) << 16);
    }
}
