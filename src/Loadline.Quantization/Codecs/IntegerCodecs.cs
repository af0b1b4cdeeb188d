using System.Numerics;
using System.Runtime.InteropServices;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Plain numbers of another width: read as fp32, the nearest where fp32 is narrower, and never written.</summary>
internal abstract class PlainReader<T> : BlockCodec
    where T : unmanaged, INumberBase<T>
{
    public sealed override bool CanEncode => false;

    public sealed override void Encode(ReadOnlySpan<float> row, Span<byte> blocks, ReadOnlySpan<float> importance) =>
        throw new NotSupportedException($"{Format} can be read but not written");

    public sealed override void Decode(ReadOnlySpan<byte> blocks, Span<float> row)
    {
        var numbers = MemoryMarshal.Cast<byte, T>(blocks);
        for (var i = 0; i < row.Length; i++)
            row[i] = float.CreateTruncating(numbers[i]);
    }
}

internal sealed class Fp64Codec : PlainReader<double>
{
    public override BlockFormat Format => BlockFormats.Fp64;
}

internal sealed class Int8Codec : PlainReader<sbyte>
{
    public override BlockFormat Format => BlockFormats.Int8;
}

internal sealed class UInt8Codec : PlainReader<byte>
{
    public override BlockFormat Format => BlockFormats.UInt8;
}

internal sealed class Int16Codec : PlainReader<short>
{
    public override BlockFormat Format => BlockFormats.Int16;
}

internal sealed class Int32Codec : PlainReader<int>
{
    public override BlockFormat Format => BlockFormats.Int32;
}

internal sealed class Int64Codec : PlainReader<long>
{
    public override BlockFormat Format => BlockFormats.Int64;
}
