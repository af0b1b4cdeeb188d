using System.Runtime.InteropServices;
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
        var halves = MemoryMarshal.Cast<byte, Half>(blocks);
        for (var i = 0; i < row.Length; i++)
            row[i] = (float)halves[i];
    }
}

/// <summary>FP8 E4M3 as it is, without scales.</summary>
internal sealed class Fp8Codec : BlockCodec
{
    public override BlockFormat Format => BlockFormats.Fp8;

    public override void Encode(ReadOnlySpan<float> row, Span<byte> blocks, ReadOnlySpan<float> importance)
    {
        for (var i = 0; i < row.Length; i++)
            blocks[i] = E4M3.Encode(row[i]);
    }

    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> row)
    {
        for (var i = 0; i < row.Length; i++)
            row[i] = E4M3.All[blocks[i]];
    }
}
