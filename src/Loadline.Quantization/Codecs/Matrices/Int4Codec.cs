using System.Buffers.Binary;
using System.Collections.Immutable;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Quantization;

/// <summary>
/// INT4 by groups of a row, eight codes to a 32-bit word, with a scale and, when asymmetric, a zero point for each group.
/// </summary>
/// <remarks>
/// compressed-tensors, format <c>pack-quantized</c> (<c>compressors/pack_quantized</c>): codes are stored plus 8, the first
/// in the lowest bits, a row filled up to whole words; zero points likewise, but eight rows to a word; a number is
/// (code - zero point) x scale. Scales are bf16, the type of the checkpoints these are made of.
/// </remarks>
internal sealed class Int4Codec(string name, int group, bool asymmetric) : MatrixCodec
{
    private const int PerWord = 8;
    private const int Bias = 8;

    private static readonly float[] SymmetricSteps = [8, 7.7f, 7.4f, 7.1f, 6.8f, 6.4f, 5.9f, 5.3f];

    public override string Name => name;

    public override ImmutableArray<PartLayout> PartsOf(long rows, long columns)
    {
        var groups = WholeBlocks.Covering(columns, group);
        ImmutableArray<PartLayout> parts =
        [
            PartBytes.Part("weight_packed", BlockFormats.Int32, rows, WholeBlocks.Covering(columns, PerWord)),
            PartBytes.Part("weight_scale", BlockFormats.Bf16, rows, groups),
            PartBytes.Part("weight_shape", BlockFormats.Int64, 2),
        ];
        return asymmetric
            ?
            [
                .. parts,
                PartBytes.Part("weight_zero_point", BlockFormats.Int32, WholeBlocks.Covering(rows, PerWord), groups),
            ]
            : parts;
    }

    public override void Encode(
        MatrixRows weights,
        long rows,
        long columns,
        ReadOnlySpan<float> importance,
        IReadOnlyList<Memory<byte>> parts
    )
    {
        PartBytes.CheckLengths(this, PartsOf(rows, columns), [.. parts.Select(part => part.Length)]);
        BinaryPrimitives.WriteInt64LittleEndian(parts[2].Span, rows);
        BinaryPrimitives.WriteInt64LittleEndian(parts[2].Span[8..], columns);
        var stride = RowTiles.StrideOf(columns, group);
        var figures = ColumnImportance.Of(importance, columns, stride);
        RowTiles.Walk(
            weights,
            rows,
            columns,
            stride,
            asymmetric ? PerWord : 1,
            (first, count, numbers) =>
            {
                var repeated = ColumnImportance.Repeat(figures, count);
                var codes = new byte[numbers.Length];
                var (scales, zeros) = (new float[numbers.Length / group], new float[numbers.Length / group]);
                EncodeGroups(numbers, repeated, codes, scales, zeros);
                for (var i = 0; i < scales.Length; i++)
                    PartBytes.WriteScale(parts[1].Span, first * stride / group + i, ScaleType.Bf16, scales[i]);
                for (var row = 0; row < count; row++)
                    PackRow(codes.AsSpan(row * stride, (int)columns), parts[0].Span, first + row);
                if (asymmetric)
                    PackZeros(zeros, first, count, stride / group, parts[3].Span);
            }
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
        var width = checked((int)columns);
        var groups = WholeBlocks.Covering(columns, group);
        var rowBytes = WholeBlocks.Covering(columns, PerWord) * 4;
        for (var row = 0; row < numbers.Length / Math.Max(1, width); row++)
        {
            var packed = parts[0].Span.Slice(checked((int)((firstRow + row) * rowBytes)), (int)rowBytes);
            for (var i = 0; i < groups; i++)
            {
                var scale = PartBytes.ReadScale(parts[1].Span, (firstRow + row) * groups + i, ScaleType.Bf16);
                var zero = asymmetric ? ZeroAt(parts[3].Span, firstRow + row, groups, i) : Bias;
                for (var column = i * group; column < Math.Min(width, (i + 1) * group); column++)
                    numbers[row * width + column] = scale * (((packed[column / 2] >> (column % 2 * 4)) & 15) - zero);
            }
        }
    }

    internal void EncodeGroups(
        ReadOnlySpan<float> numbers,
        ReadOnlySpan<float> importance,
        Span<byte> codes,
        Span<float> scales,
        Span<float> zeros,
        bool scalar = false
    )
    {
        if (asymmetric)
            GroupBatches.Encode(new ZeroPointCoder(group), numbers, importance, codes, scales, zeros, scalar);
        else
            GroupBatches.Encode(
                new LevelCoder<WholeLevels>(group, new(-8, 7), SymmetricSteps, Positive: true, ScaleType.Bf16),
                numbers,
                importance,
                codes,
                scales,
                [],
                scalar
            );
    }

    /// <summary>On bytes the words are pairs of codes, the first in the low nibble; what is left of the last word is zero.</summary>
    private static void PackRow(ReadOnlySpan<byte> codes, Span<byte> packed, long row)
    {
        var bytes = (int)WholeBlocks.Covering(codes.Length, PerWord) * 4;
        var target = packed.Slice(checked((int)(row * bytes)), bytes);
        Nibbles.PackPairs(codes, target);
        target[((codes.Length + 1) / 2)..].Clear();
    }

    private static void PackZeros(ReadOnlySpan<float> zeros, long first, int rows, int groups, Span<byte> packed)
    {
        for (var top = 0; top < rows; top += PerWord)
        for (var i = 0; i < groups; i++)
        {
            var word = 0u;
            for (var row = top; row < Math.Min(rows, top + PerWord); row++)
                word |= (uint)zeros[row * groups + i] << ((row - top) * 4);
            var at = checked((int)(((first + top) / PerWord * groups + i) * 4));
            BinaryPrimitives.WriteUInt32LittleEndian(packed[at..], word);
        }
    }

    private static int ZeroAt(ReadOnlySpan<byte> packed, long row, long groups, int i)
    {
        var word = Fields.UInt32(packed, checked((int)((row / PerWord * groups + i) * 4)));
        return (int)((word >> (int)(row % PerWord * 4)) & 15);
    }
}
