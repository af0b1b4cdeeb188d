using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>fp32 as it is.</summary>
internal sealed class Fp32Codec : BlockCodec
{
    public override BlockFormat Format => BlockFormats.Fp32;

    public override void Encode(ReadOnlySpan<float> row, Span<byte> blocks, ReadOnlySpan<float> importance) =>
        MemoryMarshal.AsBytes(row).CopyTo(blocks);

    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> row) =>
        blocks[..(row.Length * sizeof(float))].CopyTo(MemoryMarshal.AsBytes(row));
}

/// <summary>bf16: the upper half of fp32, rounded to the nearest, ties to even.</summary>
internal sealed class Bf16Codec : BlockCodec
{
    public override BlockFormat Format => BlockFormats.Bf16;

    public override void Encode(ReadOnlySpan<float> row, Span<byte> blocks, ReadOnlySpan<float> importance) =>
        Bf16.Narrow(row, MemoryMarshal.Cast<byte, ushort>(blocks));

    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> row) =>
        Bf16.Widen(MemoryMarshal.Cast<byte, ushort>(blocks), row);
}

/// <summary>fp16, rounded to the nearest, ties to even; what is out of its range becomes infinite.</summary>
internal sealed class Fp16Codec : BlockCodec
{
    public override BlockFormat Format => BlockFormats.Fp16;

    public override void Encode(ReadOnlySpan<float> row, Span<byte> blocks, ReadOnlySpan<float> importance)
    {
        var halves = MemoryMarshal.Cast<byte, Half>(blocks);
        for (var i = 0; i < row.Length; i++)
            halves[i] = (Half)row[i];
    }

    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> row)
    {
        var halves = MemoryMarshal.Cast<byte, ushort>(blocks)[..row.Length];
        ref var from = ref MemoryMarshal.GetReference(halves);
        ref var to = ref MemoryMarshal.GetReference(row);
        var i = 0;
        for (; i + 32 <= row.Length; i += 32)
        {
            var (low, high) = Vector512.Widen(Vector512.LoadUnsafe(ref from, (nuint)i));
            Widen(low).StoreUnsafe(ref to, (nuint)i);
            Widen(high).StoreUnsafe(ref to, (nuint)(i + 16));
        }
        for (; i < row.Length; i++)
            row[i] = (float)BitConverter.UInt16BitsToHalf(halves[i]);
    }

    /// <summary>Exponent and mantissa laid where fp32 has them are the number times 2^-112.</summary>
    private static Vector512<float> Widen(Vector512<uint> halves)
    {
        var magnitude = halves & Vector512.Create(0x7FFFu);
        var number = (magnitude << 13).AsSingle() * Vector512.Create(Scales.FromHalfPower);
        var notFinite = Vector512.GreaterThan(magnitude, Vector512.Create(0x7BFFu)) & Vector512.Create(0x7F800000u);
        return number | notFinite.AsSingle() | ((halves & Vector512.Create(0x8000u)) << 16).AsSingle();
    }
}

/// <summary>FP8 E4M3 as it is, without scales.</summary>
internal sealed class Fp8Codec : BlockCodec
{
    public override BlockFormat Format => BlockFormats.Fp8;

    public override void Encode(ReadOnlySpan<float> row, Span<byte> blocks, ReadOnlySpan<float> importance)
    {
        var finite = Peaks.Of(row, out var whole) <= E4M3.Largest && whole;
        E4M3Bytes.Encode(row, 1, blocks, finite);
    }

    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> row)
    {
        E4M3Bytes.Decode(blocks, 1, row);
    }
}
