using System.Buffers.Binary;
using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Reads and writes numbers of the tensors that a matrix consists of.</summary>
internal static class PartBytes
{
    public static PartLayout Part(string suffix, BlockFormat format, params ReadOnlySpan<long> shape) =>
        new(suffix, format, [.. shape]);

    public static void CheckLengths(MatrixCodec codec, ImmutableArray<PartLayout> layout, IReadOnlyList<int> lengths)
    {
        if (lengths.Count != layout.Length)
            throw new ArgumentException($"{codec.Name}: {lengths.Count} parts, not {layout.Length}");
        for (var i = 0; i < layout.Length; i++)
            if (lengths[i] != layout[i].Bytes)
                throw new ArgumentException(
                    $"{codec.Name}: {lengths[i]} bytes of {layout[i].Suffix}, not {layout[i].Bytes}"
                );
    }

    public static float ReadScale(ReadOnlySpan<byte> scales, long i, ScaleType type) =>
        type == ScaleType.Fp32
            ? BinaryPrimitives.ReadSingleLittleEndian(scales[checked((int)(i * 4))..])
            : Scales.FromBf16(BinaryPrimitives.ReadUInt16LittleEndian(scales[checked((int)(i * 2))..]));

    public static void WriteScale(Span<byte> scales, long i, ScaleType type, float scale)
    {
        if (type == ScaleType.Fp32)
            BinaryPrimitives.WriteSingleLittleEndian(scales[checked((int)(i * 4))..], scale);
        else
            BinaryPrimitives.WriteUInt16LittleEndian(scales[checked((int)(i * 2))..], Scales.ToBf16(scale));
    }
}
