using System.Buffers.Binary;
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
        EncodeRow(new FromBf16(), ref MemoryMarshal.GetReference(row), row.Length / Length, blocks);
    }

    internal override void Encode(
        ReadOnlySpan<float> row,
        Span<byte> blocks,
        ReadOnlySpan<float> importance,
        bool scalar
    )
    {
        if (!scalar)
            EncodeRow(new FromFp32(), ref MemoryMarshal.GetReference(row), row.Length / Length, blocks);
        else
            for (var i = 0; i < row.Length / Length; i++)
                EncodeScalar(row.Slice(i * Length, Length), blocks.Slice(i * Bytes, Bytes));
    }

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers) =>
        SignedBytes.Decode(block[2..], Fields.Half(block, 0), numbers);

    /// <summary>Sixteen blocks at a time share the work on their scales.</summary>
    private static void EncodeRow<TSource, TNumber>(TSource source, ref TNumber from, int count, Span<byte> blocks)
        where TSource : struct, ISource<TNumber>
    {
        ref var to = ref MemoryMarshal.GetReference(blocks);
        Span<float> maxima = stackalloc float[16 * 16];
        Span<float> rows = stackalloc float[16 * 16];
        Span<float> scales = stackalloc float[16];
        Span<float> factors = stackalloc float[16];
        ref var maximum = ref MemoryMarshal.GetReference(maxima);
        for (var first = 0; first < count; first += 16)
        {
            var several = Math.Min(16, count - first);
            if (several < 16)
                maxima.Clear();
            for (var i = 0; i < several; i++)
            {
                source.Load(ref Unsafe.Add(ref from, (first + i) * Length), out var low, out var high);
                var mask = Vector512.Create(Peaks.MagnitudeBits);
                var magnitudes = Vector512.Max(low.AsInt32() & mask, high.AsInt32() & mask);
                magnitudes.AsSingle().StoreUnsafe(ref maximum, (nuint)(i * 16));
            }
            Transposition.Apply(maxima, 16, rows);
            SettleScales(rows, scales, factors);
            for (var i = 0; i < several; i++)
            {
                source.Load(ref Unsafe.Add(ref from, (first + i) * Length), out var low, out var high);
                ref var block = ref Unsafe.Add(ref to, (first + i) * Bytes);
                if (factors[i] == 0)
                {
                    EncodeStrange(low, high, ref block);
                    continue;
                }
                var bits = Scales.HalfBits(scales[i]);
                Unsafe.WriteUnaligned(
                    ref block,
                    BitConverter.IsLittleEndian ? bits : BinaryPrimitives.ReverseEndianness(bits)
                );
                var factor = Vector512.Create(factors[i]);
                LowBytes.Store(
                    SignedBytes.Round(low * factor).AsUInt32(),
                    SignedBytes.Round(high * factor).AsUInt32(),
                    ref Unsafe.Add(ref block, 2),
                    0
                );
            }
        }
    }

    /// <summary>Scales and their reciprocals; a reciprocal of zero where a block needs a closer look.</summary>
    /// <param name="rows">Row i has the magnitude number i of each block.</param>
    private static void SettleScales(ReadOnlySpan<float> rows, Span<float> scales, Span<float> factors)
    {
        var bits = Vector512<int>.Zero;
        for (var i = 0; i < 16; i++)
            bits = Vector512.Max(bits, Vector512.Create(rows.Slice(i * 16, 16)).AsInt32());
        var finite = Vector512.LessThan(bits, Vector512.Create(Peaks.InfinityBits));
        var peaks = new Lanes16((bits & finite).AsSingle());
        var scale = Lanes16.RoundToHalf(peaks * Lanes16.All(1 / Highest)).Numbers;
        var usual =
            finite.AsSingle()
            & Vector512.GreaterThanOrEqual(scale, Vector512.Create(Scales.SmallestNormalHalf))
            & Vector512.LessThan(scale, Vector512.Create(Scales.LargestHalf));
        scale.CopyTo(scales);
        (Vector512.Create(1f) / scale & usual).CopyTo(factors);
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

    /// <summary>Where 32 numbers come from.</summary>
    private interface ISource<TNumber>
    {
        public void Load(ref TNumber from, out Vector512<float> low, out Vector512<float> high);
    }

    private readonly struct FromFp32 : ISource<float>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Load(ref float from, out Vector512<float> low, out Vector512<float> high) =>
            (low, high) = (Vector512.LoadUnsafe(ref from), Vector512.LoadUnsafe(ref from, 16));
    }

    private readonly struct FromBf16 : ISource<ushort>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Load(ref ushort from, out Vector512<float> low, out Vector512<float> high)
        {
            var (first, second) = Vector512.Widen(Vector512.LoadUnsafe(ref from));
            (low, high) = ((first << 16).AsSingle(), (second << 16).AsSingle());
        }
    }
}
