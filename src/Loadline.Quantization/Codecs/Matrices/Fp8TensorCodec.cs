using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>FP8 E4M3 with one fp32 scale for the matrix: a number is code x scale.</summary>
/// <remarks>compressed-tensors, format <c>float-quantized</c>, strategy <c>tensor</c>: <c>weight_scale</c> of [1].</remarks>
internal sealed class Fp8TensorCodec : MatrixCodec
{
    public override string Name => "fp8-tensor";

    public override ImmutableArray<PartLayout> PartsOf(long rows, long columns) =>
        [
            PartBytes.Part("weight", BlockFormats.Fp8, rows, columns),
            PartBytes.Part("weight_scale", BlockFormats.Fp32, 1),
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
        var codes = parts[0];
        var width = checked((int)columns);
        var scale = ByteCodes.ScaleFor(
            MatrixPeak.Of(weights, rows, columns, out var finite),
            E4M3.Largest,
            ScaleType.Fp32
        );
        PartBytes.WriteScale(parts[1].Span, 0, ScaleType.Fp32, scale);
        RowTiles.Walk(
            weights,
            rows,
            columns,
            width,
            1,
            (first, _, numbers) =>
                E4M3Bytes.Encode(
                    numbers,
                    1 / scale,
                    codes.Span.Slice(checked((int)(first * width)), numbers.Length),
                    finite
                )
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
        var scale = PartBytes.ReadScale(parts[1].Span, 0, ScaleType.Fp32);
        E4M3Bytes.Decode(parts[0].Span[checked((int)(firstRow * columns))..], scale, numbers);
    }
}

/// <summary>The largest magnitude among the finite numbers of a matrix.</summary>
internal static class MatrixPeak
{
    public static float Of(MatrixRows weights, long rows, long columns, out bool finite)
    {
        var (peak, all) = (0f, true);
        RowTiles.Walk(
            weights,
            rows,
            columns,
            checked((int)columns),
            1,
            (_, _, numbers) =>
            {
                peak = MathF.Max(peak, Peaks.Of(numbers, out var whole));
                all &= whole;
            }
        );
        finite = all && peak <= GroupRange.Largest;
        return peak;
    }
}
