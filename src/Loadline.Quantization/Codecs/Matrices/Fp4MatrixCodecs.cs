using System.Collections.Immutable;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Quantization;

/// <summary>MXFP4: E2M1 by groups of 32 under a power of two.</summary>
/// <remarks>
/// compressed-tensors, format <c>mxfp4-pack-quantized</c>: <c>weight_packed</c> with two codes to a byte, the first in the
/// low nibble, and <c>weight_scale</c> of E8M0 as uint8 of [rows, columns / 32].
/// </remarks>
internal sealed class Mxfp4MatrixCodec : MatrixCodec
{
    private const int Group = 32;

    public override string Name => "mxfp4";

    public override ImmutableArray<PartLayout> PartsOf(long rows, long columns) =>
        [
            PartBytes.Part("weight_packed", BlockFormats.UInt8, rows, WholeBlocks.Covering(columns, 2)),
            PartBytes.Part("weight_scale", BlockFormats.UInt8, rows, WholeBlocks.Covering(columns, Group)),
        ];

    public override void Encode(
        MatrixRows weights,
        long rows,
        long columns,
        ReadOnlySpan<float> importance,
        IReadOnlyList<Memory<byte>> parts
    )
    {
        PartBytes.CheckLengths(this, PartsOf(rows, columns), [.. parts.Select(part => part.Length)]);
        Fp4Rows.Encode(
            weights,
            rows,
            columns,
            importance,
            new PickedScaleCoder<PowersOfTwo>(Group, default),
            E8M0.Encode,
            parts
        );
    }

    public override void DecodeRows(
        IReadOnlyList<ReadOnlyMemory<byte>> parts,
        long rows,
        long columns,
        long firstRow,
        Span<float> numbers
    ) => Fp4Rows.Decode(parts, columns, firstRow, Group, E8M0.NumberOf, numbers);
}

/// <summary>NVFP4: E2M1 by groups of 16 under an E4M3 scale, all of these under one fp32 scale of the tensor.</summary>
/// <remarks>
/// compressed-tensors, format <c>nvfp4-pack-quantized</c>: <c>weight_packed</c> with two codes to a byte, the first in the
/// low nibble; <c>weight_scale</c> of [rows, columns / 16]; and <c>weight_global_scale</c>, by which scales are divided:
/// 448 x 6 / largest magnitude. A number is code x scale / global scale. ModelOpt's <c>weight_scale_2</c> is its reciprocal.
/// </remarks>
internal sealed class Nvfp4MatrixCodec : MatrixCodec
{
    private const int Group = 16;

    public override string Name => "nvfp4";

    public override ImmutableArray<PartLayout> PartsOf(long rows, long columns) =>
        [
            PartBytes.Part("weight_packed", BlockFormats.UInt8, rows, WholeBlocks.Covering(columns, 2)),
            PartBytes.Part("weight_scale", BlockFormats.Fp8, rows, WholeBlocks.Covering(columns, Group)),
            PartBytes.Part("weight_global_scale", BlockFormats.Fp32, 1),
        ];

    public override void Encode(
        MatrixRows weights,
        long rows,
        long columns,
        ReadOnlySpan<float> importance,
        IReadOnlyList<Memory<byte>> parts
    )
    {
        PartBytes.CheckLengths(this, PartsOf(rows, columns), [.. parts.Select(part => part.Length)]);
        var globalScale = GlobalScaleFor(MatrixPeak.Of(weights, rows, columns, out _));
        PartBytes.WriteScale(parts[2].Span, 0, ScaleType.Fp32, globalScale);
        var unit = 1 / globalScale;
        Fp4Rows.Encode(
            weights,
            rows,
            columns,
            importance,
            new PickedScaleCoder<ScaledE4M3>(Group, new(unit)),
            scale => E4M3.Encode(scale / unit),
            parts
        );
    }

    public override void DecodeRows(
        IReadOnlyList<ReadOnlyMemory<byte>> parts,
        long rows,
        long columns,
        long firstRow,
        Span<float> numbers
    )
    {
        var unit = 1 / PartBytes.ReadScale(parts[2].Span, 0, ScaleType.Fp32);
        Fp4Rows.Decode(parts, columns, firstRow, Group, code => unit * E4M3.All[code], numbers);
    }

    /// <summary>1 for a matrix of zeros; kept where neither it nor its reciprocal overflows.</summary>
    private static float GlobalScaleFor(float peak) =>
        peak == 0 ? 1 : Math.Clamp(E4M3.Largest * E2M1.Largest / peak, 1 / GroupRange.Largest, GroupRange.Largest);
}

/// <summary>Rows of E2M1, two codes to a byte, with one byte of scale for each group.</summary>
internal static class Fp4Rows
{
    public static void Encode<TGrid>(
        MatrixRows weights,
        long rows,
        long columns,
        ReadOnlySpan<float> importance,
        PickedScaleCoder<TGrid> coder,
        Func<float, byte> scaleCode,
        IReadOnlyList<Memory<byte>> parts
    )
        where TGrid : struct, IScaleGrid
    {
        var stride = RowTiles.StrideOf(columns, coder.Length);
        var rowBytes = (int)WholeBlocks.Covering(columns, 2);
        var figures = ColumnImportance.Of(importance, columns, stride);
        RowTiles.Walk(
            weights,
            rows,
            columns,
            stride,
            1,
            (first, count, numbers) =>
            {
                var codes = new byte[numbers.Length];
                var scales = new float[numbers.Length / coder.Length];
                GroupBatches.Encode(coder, numbers, ColumnImportance.Repeat(figures, count), codes, scales, []);
                var scaleBytes = parts[1].Span[checked((int)(first * stride / coder.Length))..];
                for (var i = 0; i < scales.Length; i++)
                    scaleBytes[i] = scaleCode(scales[i]);
                for (var row = 0; row < count; row++)
                    Nibbles.PackPairs(
                        codes.AsSpan(row * stride, (int)columns),
                        parts[0].Span.Slice(checked((int)((first + row) * rowBytes)), rowBytes)
                    );
            }
        );
    }

    public static void Decode(
        IReadOnlyList<ReadOnlyMemory<byte>> parts,
        long columns,
        long firstRow,
        int group,
        Func<byte, float> scaleOf,
        Span<float> numbers
    )
    {
        var width = checked((int)columns);
        var groups = WholeBlocks.Covering(columns, group);
        var rowBytes = (int)WholeBlocks.Covering(columns, 2);
        for (var row = 0; row < numbers.Length / Math.Max(1, width); row++)
        {
            var packed = parts[0].Span.Slice(checked((int)((firstRow + row) * rowBytes)), rowBytes);
            for (var column = 0; column < width; column++)
            {
                var scale = scaleOf(parts[1].Span[checked((int)((firstRow + row) * groups + column / group))]);
                numbers[row * width + column] = scale * E2M1.All[(packed[column / 2] >> (column % 2 * 4)) & 15];
            }
        }
    }
}
