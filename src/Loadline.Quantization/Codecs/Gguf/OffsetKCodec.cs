using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Eight groups of 32 codes, each with a 6-bit scale and a 6-bit minimum that share an fp16 scale each.</summary>
internal abstract class OffsetKCodec(int highest) : GgufCodec
{
    private const int Groups = 8;
    private const int Length = 32;
    private const int HighestSubScale = 63;

    internal sealed override void Encode(
        ReadOnlySpan<float> row,
        Span<byte> blocks,
        ReadOnlySpan<float> importance,
        bool scalar
    )
    {
        Span<float> scales = stackalloc float[row.Length / Length];
        Span<float> offsets = stackalloc float[scales.Length];
        Span<byte> codes = stackalloc byte[row.Length];
        Span<float> usual = stackalloc float[importance.IsEmpty ? row.Length : 0];
        if (importance.IsEmpty)
            Importance.WithoutData(row, usual);
        scoped ReadOnlySpan<float> weights = importance.IsEmpty ? usual : importance;
        GroupBatches.Encode(new OffsetSearchCoder(Length, highest), row, weights, [], scales, offsets, scalar);
        RoundSubScales(row, blocks, weights, scales, offsets, scalar);
        GroupBatches.Encode(new SettledOffsetCoder(Length, highest), row, [], codes, scales, offsets, scalar);
        for (var i = 0; i < row.Length / 256; i++)
            Pack(codes.Slice(i * 256, 256), blocks.Slice(i * Format.BlockBytes, Format.BlockBytes));
    }

    /// <summary>Writes 256 codes after the scales, which are there already.</summary>
    protected abstract void Pack(ReadOnlySpan<byte> codes, Span<byte> block);

    /// <summary>
    /// Chooses for every group, among the whole scale below, nearest and above, the one that leaves the smallest error
    /// with the best minimum for it. Leaves the scales and offsets that the block then stands for.
    /// </summary>
    private void RoundSubScales(
        ReadOnlySpan<float> row,
        Span<byte> blocks,
        ReadOnlySpan<float> importance,
        Span<float> scales,
        Span<float> offsets,
        bool scalar
    )
    {
        Span<float> units = stackalloc float[scales.Length];
        Span<float> minimumUnits = stackalloc float[scales.Length];
        Span<float> errors = stackalloc float[scales.Length];
        Span<float> tried = stackalloc float[scales.Length];
        Span<float> bestErrors = stackalloc float[scales.Length];
        Span<float> bestOffsets = stackalloc float[scales.Length];
        Span<int> whole = stackalloc int[scales.Length];
        WriteUnits(blocks, scales, offsets, units, minimumUnits);
        bestErrors.Fill(float.MaxValue);
        for (var step = -1; step <= 1; step++)
        {
            for (var i = 0; i < scales.Length; i++)
                errors[i] = units[i] * WholeOf(scales[i], units[i], step);
            offsets.CopyTo(tried);
            GroupBatches.Encode(new OffsetRefitCoder(Length, highest), row, importance, [], errors, tried, scalar);
            for (var i = 0; i < scales.Length; i++)
                if (errors[i] < bestErrors[i])
                    (bestErrors[i], bestOffsets[i], whole[i]) = (
                        errors[i],
                        tried[i],
                        WholeOf(scales[i], units[i], step)
                    );
        }
        Span<int> minima = stackalloc int[scales.Length];
        for (var i = 0; i < scales.Length; i++)
        {
            minima[i] = WholeOf(bestOffsets[i], minimumUnits[i], 0);
            (scales[i], offsets[i]) = (units[i] * whole[i], minimumUnits[i] * minima[i]);
        }
        for (var i = 0; i < scales.Length / Groups; i++)
            SubScales.Write(
                blocks.Slice(i * Format.BlockBytes + 4, SubScales.Bytes),
                whole.Slice(i * Groups, Groups),
                minima.Slice(i * Groups, Groups)
            );
    }

    /// <summary>The units are those under which the largest scale and the largest minimum of a block are 63.</summary>
    private void WriteUnits(
        Span<byte> blocks,
        ReadOnlySpan<float> scales,
        ReadOnlySpan<float> offsets,
        Span<float> units,
        Span<float> minimumUnits
    )
    {
        for (var i = 0; i < scales.Length / Groups; i++)
        {
            var block = blocks.Slice(i * Format.BlockBytes, Format.BlockBytes);
            var (scale, offset) = (0f, 0f);
            for (var group = 0; group < Groups; group++)
            {
                scale = MathF.Max(scale, scales[i * Groups + group]);
                offset = MathF.Max(offset, offsets[i * Groups + group]);
            }
            var (unit, minimumUnit) = (Scales.ToHalf(scale / HighestSubScale), Scales.ToHalf(offset / HighestSubScale));
            Fields.Write(block, 0, unit);
            Fields.Write(block, 2, minimumUnit);
            units.Slice(i * Groups, Groups).Fill((float)unit);
            minimumUnits.Slice(i * Groups, Groups).Fill((float)minimumUnit);
        }
    }

    private static int WholeOf(float number, float unit, int step) =>
        unit == 0
            ? 0
            : Math.Clamp((int)MathF.Round(MathF.Min(number / unit, HighestSubScale + 1)) + step, 0, HighestSubScale);
}
