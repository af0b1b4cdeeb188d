using System.Collections.Immutable;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Quantization;

/// <summary>FP8 E4M3 with one fp32 scale for each 128 x 128 numbers; a number is code x scale, although the name says inverse.</summary>
/// <remarks>
/// DeepSeek-V3 (arXiv 2412.19437, section 3.3) and Transformers' <c>fp8</c> quantization: <c>weight_scale_inv</c> of
/// [rows / 128, columns / 128], rounded up.
/// </remarks>
internal sealed class Fp8BlockCodec : MatrixCodec
{
    private const int Side = 128;

    public override string Name => "fp8-block";

    public override ImmutableArray<PartLayout> PartsOf(long rows, long columns) =>
        [
            PartBytes.Part("weight", BlockFormats.Fp8, rows, columns),
            PartBytes.Part(
                "weight_scale_inv",
                BlockFormats.Fp32,
                WholeBlocks.Covering(rows, Side),
                WholeBlocks.Covering(columns, Side)
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
        var width = checked((int)columns);
        var tiles = (int)WholeBlocks.Covering(columns, Side);
        RowTiles.Walk(
            weights,
            rows,
            columns,
            width,
            Side,
            (first, count, numbers) =>
            {
                for (var top = 0; top < count; top += Side)
                for (var i = 0; i < tiles; i++)
                {
                    var (left, height) = (i * Side, Math.Min(Side, count - top));
                    var across = Math.Min(Side, width - left);
                    var (peak, finite) = (0f, true);
                    for (var row = top; row < top + height; row++)
                    {
                        peak = MathF.Max(peak, Peaks.Of(numbers.Slice(row * width + left, across), out var whole));
                        finite &= whole && peak <= GroupRange.Largest;
                    }
                    var scale = ByteCodes.ScaleFor(peak, E4M3.Largest, ScaleType.Fp32);
                    PartBytes.WriteScale(scales.Span, (first + top) / Side * tiles + i, ScaleType.Fp32, scale);
                    for (var row = top; row < top + height; row++)
                        E4M3Bytes.Encode(
                            numbers.Slice(row * width + left, across),
                            1 / scale,
                            codes.Span.Slice(checked((int)((first + row) * width + left)), across),
                            finite
                        );
                }
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
        var tiles = (int)WholeBlocks.Covering(columns, Side);
        for (var row = 0; row < numbers.Length / Math.Max(1, width); row++)
        for (var i = 0; i < tiles; i++)
        {
            var left = i * Side;
            var target = numbers.Slice(row * width + left, Math.Min(Side, width - left));
            var scale = PartBytes.ReadScale(parts[1].Span, (firstRow + row) / Side * tiles + i, ScaleType.Fp32);
            E4M3Bytes.Decode(parts[0].Span[checked((int)((firstRow + row) * width + left))..], scale, target);
        }
    }
}
