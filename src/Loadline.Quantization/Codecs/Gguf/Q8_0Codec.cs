using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Q8_0: 32 signed bytes and an fp16 scale.</summary>
internal sealed class Q8_0Codec : GgufCodec
{
    private const int Length = 32;
    private const int Bytes = 34;
    private const float Highest = 127;

    /// <summary>65,504 in fp16.</summary>
    private const ushort LargestBits = 0x7BFF;

    public override BlockFormat Format => BlockFormats.Q8_0;

    public override void EncodeBf16(ReadOnlySpan<ushort> row, Span<byte> blocks, ReadOnlySpan<float> importance)
    {
        Check(row.Length, blocks.Length);
        ref var from = ref MemoryMarshal.GetReference(row);
        ref var to = ref MemoryMarshal.GetReference(blocks);
        for (var i = 0; i < row.Length / Length; i++)
        {
            var (low, high) = Vector512.Widen(Vector512.LoadUnsafe(ref from, (nuint)(i * Length)));
            Encode((low << 16).AsSingle(), (high << 16).AsSingle(), ref Unsafe.Add(ref to, i * Bytes));
        }
    }

    internal override void Encode(
        ReadOnlySpan<float> row,
        Span<byte> blocks,
        ReadOnlySpan<float> importance,
        bool scalar
    )
    {
        ref var from = ref MemoryMarshal.GetReference(row);
        ref var to = ref MemoryMarshal.GetReference(blocks);
        for (var i = 0; i < row.Length / Length; i++)
            if (scalar)
                EncodeScalar(row.Slice(i * Length, Length), blocks.Slice(i * Bytes, Bytes));
            else
                Encode(
                    Vector512.LoadUnsafe(ref from, (nuint)(i * Length)),
                    Vector512.LoadUnsafe(ref from, (nuint)(i * Length + 16)),
                    ref Unsafe.Add(ref to, i * Bytes)
                );
    }

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers) =>
        SignedBytes.Decode(block[2..], Fields.Half(block, 0), numbers);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Encode(Vector512<float> low, Vector512<float> high, ref byte block)
    {
        var mask = Vector512.Create(Peaks.MagnitudeBits);
        var largest = Peaks.Largest(Vector512.Max(low.AsInt32() & mask, high.AsInt32() & mask));
        var scale = ScaleFor(BitConverter.Int32BitsToSingle(largest), out var bits);
        if (largest >= Peaks.InfinityBits || bits == LargestBits)
        {
            EncodeStrange(low, high, ref block);
            return;
        }
        Unsafe.WriteUnaligned(ref block, BitConverter.IsLittleEndian ? bits : (ushort)(bits << 8 | bits >> 8));
        var factors = Vector512.Create(scale == 0 ? 0 : 1 / scale);
        LowBytes.Store(
            SignedBytes.Round(low * factors).AsUInt32(),
            SignedBytes.Round(high * factors).AsUInt32(),
            ref Unsafe.Add(ref block, 2),
            0
        );
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void EncodeStrange(Vector512<float> low, Vector512<float> high, ref byte block)
    {
        Span<float> numbers = stackalloc float[Length];
        low.CopyTo(numbers);
        high.CopyTo(numbers[16..]);
        EncodeScalar(numbers, MemoryMarshal.CreateSpan(ref block, Bytes));
    }

    private static void EncodeScalar(ReadOnlySpan<float> numbers, Span<byte> block)
    {
        var scale = ScaleFor(Peaks.ScalarOf(numbers), out var bits);
        Fields.Write(block, 0, bits);
        SignedBytes.EncodeScalar(numbers, scale == 0 ? 0 : 1 / scale, block[2..]);
    }

    /// <summary>The fp16 nearest to a 127th of the peak, or the next if that would cut the peak by more than half a step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float ScaleFor(float peak, out ushort bits)
    {
        bits = Scales.NearestHalfBits(peak * (1 / Highest));
        var scale = Scales.FromHalfBits(bits);
        if (scale * (Highest + 0.5f) >= peak || bits >= LargestBits)
            return scale;
        bits++;
        return Scales.FromHalfBits(bits);
    }
}
