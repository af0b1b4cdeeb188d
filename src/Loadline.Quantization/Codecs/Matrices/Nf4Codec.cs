using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Quantization;

/// <summary>
/// NF4 in blocks of 64 numbers across rows, the largest magnitudes of the blocks in 8 bits in groups of 256 (double
/// quantization).
/// </summary>
/// <remarks>
/// Dettmers et al., "QLoRA", arXiv 2305.14314, and bitsandbytes' <c>QuantState.as_dict(packed=True)</c>: codes with the
/// first in the high nibble, <c>absmax</c> as codes into <c>nested_quant_map</c> under <c>nested_absmax</c>, less the mean,
/// which stands in the JSON of <c>quant_state.bitsandbytes__nf4</c>; that is filled up with spaces to a fixed length.
/// A number is level x (nested level x nested largest + mean).
/// </remarks>
internal sealed class Nf4Codec : MatrixCodec
{
    private const int Block = 64;
    private const int NestedBlock = 256;
    private const int StateBytes = 256;

    /// <summary>bitsandbytes, <c>functional.py</c>, <c>get_4bit_type("nf4")</c>.</summary>
    internal static readonly float[] Levels =
    [
        -1,
        -0.6961928009986877f,
        -0.5250730514526367f,
        -0.39491748809814453f,
        -0.28444138169288635f,
        -0.18477343022823334f,
        -0.09105003625154495f,
        0,
        0.07958029955625534f,
        0.16093020141124725f,
        0.24611230194568634f,
        0.33791524171829224f,
        0.44070982933044434f,
        0.5626170039176941f,
        0.7229568362236023f,
        1,
    ];

    public override string Name => "nf4";

    public override ImmutableArray<PartLayout> PartsOf(long rows, long columns)
    {
        var numbers = checked(rows * columns);
        var blocks = WholeBlocks.Covering(numbers, Block);
        return
        [
            PartBytes.Part("weight", BlockFormats.UInt8, WholeBlocks.Covering(numbers, 2), 1),
            PartBytes.Part("weight.absmax", BlockFormats.UInt8, blocks),
            PartBytes.Part("weight.nested_absmax", BlockFormats.Fp32, WholeBlocks.Covering(blocks, NestedBlock)),
            PartBytes.Part("weight.nested_quant_map", BlockFormats.Fp32, 256),
            PartBytes.Part("weight.quant_map", BlockFormats.Fp32, 16),
            PartBytes.Part("weight.quant_state.bitsandbytes__nf4", BlockFormats.UInt8, StateBytes),
        ];
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
        var peaks = PeaksOf(weights, rows, columns);
        var mean = peaks.Length == 0 ? 0 : (float)peaks.Average(peak => (double)peak);
        var scales = EncodePeaks(peaks, mean, parts);
        Levels.CopyTo(MemoryMarshal.Cast<byte, float>(parts[4].Span));
        WriteState(rows, columns, mean, parts[5].Span);
        var codes = parts[0];
        codes.Span.Clear();
        RowTiles.Walk(
            weights,
            rows,
            columns,
            checked((int)columns),
            1,
            (first, _, numbers) =>
            {
                var start = first * columns;
                if (start % Block == 0 && numbers.Length % Block == 0)
                {
                    EncodeBlocks(numbers, scales.AsSpan((int)(start / Block)), codes.Span[(int)(start / 2)..]);
                    return;
                }
                for (var i = 0; i < numbers.Length; )
                {
                    var block = (start + i) / Block;
                    var count = (int)Math.Min(numbers.Length - i, (block + 1) * Block - (start + i));
                    EncodeRun(numbers.Slice(i, count), scales[block], codes.Span, start + i);
                    i += count;
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
        var codes = parts[0].Span;
        var peaks = parts[1].Span;
        var nested = parts[2].Span;
        var nestedLevels = parts[3].Span;
        var levels = parts[4].Span;
        var mean = ReadMean(parts[5].Span);
        for (var i = 0; i < numbers.Length; i++)
        {
            var at = firstRow * columns + i;
            var block = (int)(at / Block);
            var scale =
                PartBytes.ReadScale(nestedLevels, peaks[block], ScaleType.Fp32)
                    * PartBytes.ReadScale(nested, block / NestedBlock, ScaleType.Fp32)
                + mean;
            var code = (codes[checked((int)(at / 2))] >> (at % 2 == 0 ? 4 : 0)) & 15;
            numbers[i] = PartBytes.ReadScale(levels, code, ScaleType.Fp32) * scale;
        }
    }

    private static float[] PeaksOf(MatrixRows weights, long rows, long columns)
    {
        var peaks = new float[WholeBlocks.Covering(rows * columns, Block)];
        RowTiles.Walk(
            weights,
            rows,
            columns,
            checked((int)columns),
            1,
            (first, _, numbers) =>
            {
                var start = first * columns;
                for (var i = 0; i < numbers.Length; )
                {
                    var block = (start + i) / Block;
                    var count = (int)Math.Min(numbers.Length - i, (block + 1) * Block - (start + i));
                    peaks[block] = MathF.Max(
                        peaks[block],
                        MathF.Min(Peaks.Of(numbers.Slice(i, count)), GroupRange.Largest)
                    );
                    i += count;
                }
            }
        );
        return peaks;
    }

    /// <summary>Writes the largest magnitudes in 8 bits; the scales that they then stand for.</summary>
    private static float[] EncodePeaks(ReadOnlySpan<float> peaks, float mean, IReadOnlyList<Memory<byte>> parts)
    {
        var map = DynamicMap.Levels;
        map.CopyTo(MemoryMarshal.Cast<byte, float>(parts[3].Span));
        var scales = new float[peaks.Length];
        for (var start = 0; start < peaks.Length; start += NestedBlock)
        {
            var count = Math.Min(NestedBlock, peaks.Length - start);
            var largest = 0f;
            for (var i = start; i < start + count; i++)
                largest = MathF.Max(largest, MathF.Abs(peaks[i] - mean));
            PartBytes.WriteScale(parts[2].Span, start / NestedBlock, ScaleType.Fp32, largest);
            for (var i = start; i < start + count; i++)
            {
                var code = DynamicMap.CodeOf(largest == 0 ? 0 : (peaks[i] - mean) / largest);
                parts[1].Span[i] = code;
                scales[i] = map[code] * largest + mean;
            }
        }
        return scales;
    }

    private static void EncodeBlocks(ReadOnlySpan<float> numbers, Span<float> scales, Span<byte> packed)
    {
        var codes = ArrayPool<byte>.Shared.Rent(numbers.Length);
        var coder = new SettledCoder<TableLevels>(Block, new(Levels));
        GroupBatches.Encode(coder, numbers, [], codes, scales[..(numbers.Length / Block)], []);
        for (var i = 0; i < numbers.Length / 2; i++)
            packed[i] = (byte)((codes[2 * i] << 4) | codes[2 * i + 1]);
        ArrayPool<byte>.Shared.Return(codes);
    }

    private static void EncodeRun(ReadOnlySpan<float> numbers, float scale, Span<byte> codes, long start)
    {
        var factor = GroupRange.ReciprocalOf(Lane1.All(scale));
        var levels = new TableLevels(Levels);
        for (var i = 0; i < numbers.Length; i++)
        {
            var code = (int)levels.CodeOf(Lane1.NumbersOnly(Lane1.All(numbers[i]) * factor)).Number;
            codes[checked((int)((start + i) / 2))] |= (byte)(code << ((start + i) % 2 == 0 ? 4 : 0));
        }
    }

    private static void WriteState(long rows, long columns, float mean, Span<byte> state)
    {
        var json = string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"quant_type": "nf4", "blocksize": {{Block}}, "dtype": "bfloat16", "shape": [{{rows}}, {{columns}}], "nested_blocksize": {{NestedBlock}}, "nested_dtype": "float32", "nested_offset": {{mean:R}}}"""
        );
        state.Fill((byte)' ');
        Encoding.ASCII.GetBytes(json, state);
    }

    private static float ReadMean(ReadOnlySpan<byte> state)
    {
        var reader = new Utf8JsonReader(state);
        try
        {
            while (reader.Read())
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("nested_offset"u8))
                    return
                        reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetSingle(out var mean)
                        ? mean
                        : 0;
        }
        catch (JsonException)
        {
            // A state that is not JSON says nothing of a mean.
        }
        return 0;
    }
}

/// <summary>bitsandbytes' dynamic map: 8 bits of which leading zeros are a decimal exponent and the rest a fraction.</summary>
/// <remarks>Dettmers, "8-Bit Approximations for Parallelism in Deep Learning", arXiv 1511.04561; <c>create_dynamic_map</c>.</remarks>
internal static class DynamicMap
{
    private const int Exponents = 7;

    public static ReadOnlySpan<float> Levels => Numbers;

    private static readonly float[] Numbers = Build();

    /// <summary>The code of the nearest level.</summary>
    public static byte CodeOf(float number)
    {
        var above = Array.BinarySearch(Numbers, number);
        if (above >= 0)
            return (byte)above;
        above = Math.Clamp(~above, 1, Numbers.Length - 1);
        return (byte)(number - Numbers[above - 1] <= Numbers[above] - number ? above - 1 : above);
    }

    private static float[] Build()
    {
        var levels = new List<float> { 0, 1 };
        for (var exponent = 0; exponent < Exponents; exponent++)
        {
            // 2^exponent fractions between 0.1 and 1, each the middle of its interval.
            var count = 1 << exponent;
            for (var i = 0; i < count; i++)
            {
                var middle = 0.1 + 0.9 * (i + 0.5) / count;
                var level = (float)(middle * Math.Pow(10, exponent - (Exponents - 1)));
                levels.Add(level);
                levels.Add(-level);
            }
        }
        levels.Sort();
        return [.. levels];
    }
}
