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
        var i = 0;
        for (; i <= numbers.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(halves.Slice(i, Vector256<ushort>.Count)));
            (low << 16).AsSingle().CopyTo(numbers[i..]);
            (high << 16).AsSingle().CopyTo(numbers[(i + Vector256<float>.Count)..]);
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
        const int FractionShift = 13;
        // 2^(127 - 15): the difference of the biases.
        var bias = Vector256.Create(BitConverter.UInt32BitsToSingle((254 - 15) << 23));
        var i = 0;
        for (; i <= numbers.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var wide = Vector256.WidenLower(
                Vector128.Create(halves.Slice(i, Vector128<ushort>.Count)).ToVector256Unsafe()
            );
            var magnitude = wide & Vector256.Create(0x7FFFu);
            var scaled = ((magnitude << FractionShift).AsSingle() * bias).AsUInt32();
            var special = Vector256.GreaterThan(magnitude, Vector256.Create(0x7BFFu));
            var exponent = special & Vector256.Create(0x7F800000u);
            (scaled | exponent | ((wide & Vector256.Create(0x8000u)) << 16)).AsSingle().CopyTo(numbers[i..]);
        }
        for (; i < numbers.Length; i++)
            numbers[i] = (float)BitConverter.UInt16BitsToHalf(halves[i]);
    }
}
