using System.Collections.Immutable;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Quantization;

/// <summary>
/// Codes of a byte with one scale for each group of a row, or for a whole row: <c>int8-channel</c>, <c>int8-g128</c>,
/// <c>fp8-channel</c>.
/// </summary>
/// <remarks>
/// compressed-tensors, formats <c>int-quantized</c> and <c>float-quantized</c>: <c>weight</c> and <c>weight_scale</c> of
/// [rows, groups]; a number is code x scale. Integer scales are bf16, the type of the checkpoints these are made of; FP8
/// scales are fp32, as vLLM computes with them.
/// </remarks>
/// <param name="group">Numbers under one scale; zero means the row.</param>
internal sealed class ByteMatrixCodec(string name, int group, IByteCode code, ScaleType type) : MatrixCodec
{
    public override string Name => name;

    public override ImmutableArray<PartLayout> PartsOf(long rows, long columns) =>
        [
            PartBytes.Part("weight", code.Format, rows, columns),
            PartBytes.Part(
                "weight_scale",
                type == ScaleType.Fp32 ? BlockFormats.Fp32 : BlockFormats.Bf16,
                rows,
                GroupsOf(columns)
            ),
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
        var (codes, scales) = (parts[0], parts[1]);
        var (width, groups) = ((int)columns, (int)GroupsOf(columns));
        var length = group == 0 ? width : group;
        RowTiles.Walk(
            weights,
            rows,
            columns,
            width,
            1,
            (first, count, numbers) =>
            {
                for (var row = 0; row < count; row++)
                for (var i = 0; i < groups; i++)
                {
                    var start = i * length;
                    var part = numbers.Slice(row * width + start, Math.Min(length, width - start));
                    var peak = Peaks.Of(part, out var finite);
                    var scale = ByteCodes.ScaleFor(peak, code.Highest, type);
                    PartBytes.WriteScale(scales.Span, (first + row) * groups + i, type, scale);
                    code.Encode(
                        part,
                        1 / scale,
                        codes.Span[checked((int)((first + row) * width + start))..],
                        finite && peak <= GroupRange.Largest
                    );
                }
            }
        );
    }

    public override void EncodeBf16(
        MatrixHalves weights,
        long rows,
        long columns,
        ReadOnlySpan<float> importance,
        IReadOnlyList<Memory<byte>> parts
    )
    {
        PartBytes.CheckLengths(this, PartsOf(rows, columns), [.. parts.Select(part => part.Length)]);
        var (width, groups) = (checked((int)columns), (int)GroupsOf(columns));
        var length = group == 0 ? width : group;
        var halves = new ushort[width];
        Span<float> wide = new float[length];
        for (var row = 0L; row < rows; row++)
        {
            weights(row, halves);
            var codes = parts[0].Span.Slice(checked((int)(row * width)), width);
            for (var i = 0; i < groups; i++)
            {
                var start = i * length;
                var part = halves.AsSpan(start, Math.Min(length, width - start));
                var peak = Peaks.Of(part, out var finite);
                var scale = ByteCodes.ScaleFor(peak, code.Highest, type);
                PartBytes.WriteScale(parts[1].Span, row * groups + i, type, scale);
                if (finite && peak <= GroupRange.Largest)
                {
                    code.Encode(part, 1 / scale, codes.Slice(start, part.Length));
                    continue;
                }
                Bf16.Widen(part, wide[..part.Length]);
                code.Encode(wide[..part.Length], 1 / scale, codes.Slice(start, part.Length), finite: false);
            }
        }
    }

    public override void DecodeRows(
        IReadOnlyList<ReadOnlyMemory<byte>> parts,
        long rows,
        long columns,
        long firstRow,
        Span<float> numbers
    )
    {
        var (width, groups) = ((int)columns, (int)GroupsOf(columns));
        var length = group == 0 ? width : group;
        for (var row = 0; row < numbers.Length / Math.Max(1, width); row++)
        for (var i = 0; i < groups; i++)
        {
            var start = i * length;
            var target = numbers.Slice(row * width + start, Math.Min(length, width - start));
            var scale = PartBytes.ReadScale(parts[1].Span, (firstRow + row) * groups + i, type);
            code.Decode(parts[0].Span[checked((int)((firstRow + row) * width + start))..], scale, target);
        }
    }

    private long GroupsOf(long columns) => group == 0 ? 1 : WholeBlocks.Covering(columns, group);
}
