using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>
/// Q6_K: sixteen groups of 16 codes of -32 to 31, each with a signed byte as scale, and an fp16 scale of these.
/// </summary>
internal sealed class Q6_KCodec : GgufCodec
{
    private const int Groups = 16;
    private const int HighBits = 128;
    private const int Scale = 192;
    private const int Unit = 208;

    private static readonly LevelCoder<WholeLevels> Search = new(
        16,
        new(-32, 31),
        [-32, -32.7f, -31.5f, -31, -30.3f, -29.5f, -28.5f, -27],
        Positive: false,
        ScaleType.Fp32
    );

    public override BlockFormat Format => BlockFormats.Q6_K;

    internal override void Encode(
        ReadOnlySpan<float> row,
        Span<byte> blocks,
        ReadOnlySpan<float> importance,
        bool scalar
    )
    {
        Span<byte> codes = stackalloc byte[row.Length];
        Span<float> scales = stackalloc float[row.Length / 16];
        GroupBatches.Encode(Search, row, importance, [], scales, [], scalar);
        for (var i = 0; i < row.Length / 256; i++)
            RoundScales(scales.Slice(i * Groups, Groups), blocks.Slice(i * Format.BlockBytes, Format.BlockBytes));
        GroupBatches.Encode(new SettledCoder<WholeLevels>(16, Search.Levels), row, [], codes, scales, [], scalar);
        for (var i = 0; i < row.Length / 256; i++)
            Pack(codes.Slice(i * 256, 256), blocks.Slice(i * Format.BlockBytes, Format.BlockBytes));
    }

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var unit = Fields.Half(block, Unit);
        for (var half = 0; half < 2; half++)
        {
            var low = block.Slice(half * 64, 64);
            var high = block.Slice(HighBits + half * 32, 32);
            var scales = block.Slice(Scale + half * 8, 8);
            var target = numbers.Slice(half * 128, 128);
            for (var i = 0; i < 32; i++)
            {
                target[i] = unit * (sbyte)scales[i / 16] * (((low[i] & 15) | ((high[i] & 3) << 4)) - 32);
                target[32 + i] =
                    unit * (sbyte)scales[2 + i / 16] * (((low[32 + i] & 15) | (((high[i] >> 2) & 3) << 4)) - 32);
                target[64 + i] =
                    unit * (sbyte)scales[4 + i / 16] * (((low[i] >> 4) | (((high[i] >> 4) & 3) << 4)) - 32);
                target[96 + i] = unit * (sbyte)scales[6 + i / 16] * (((low[32 + i] >> 4) | (high[i] >> 6 << 4)) - 32);
            }
        }
    }

    /// <summary>Writes unit and bytes, and leaves the scales that these stand for.</summary>
    private static void RoundScales(Span<float> scales, Span<byte> block)
    {
        var largest = 0f;
        foreach (var scale in scales)
            largest = MathF.Abs(scale) > MathF.Abs(largest) ? scale : largest;
        // The largest gets -128, the longer end of a signed byte.
        var half = Scales.ToHalf(largest / -128);
        var unit = (float)half;
        Fields.Write(block, Unit, half);
        for (var i = 0; i < Groups; i++)
        {
            var code = unit == 0 ? 0 : Math.Clamp(MathF.Round(scales[i] / unit), -128, 127);
            block[Scale + i] = (byte)(sbyte)code;
            scales[i] = unit * code;
        }
    }

    /// <summary>Halves of 128 numbers; within one, four low nibbles in two bytes and four pairs of high bits in one.</summary>
    private static void Pack(ReadOnlySpan<byte> codes, Span<byte> block)
    {
        for (var half = 0; half < 2; half++)
        {
            var source = codes.Slice(half * 128, 128);
            var low = block.Slice(half * 64, 64);
            var high = block.Slice(HighBits + half * 32, 32);
            for (var i = 0; i < 32; i++)
            {
                var (a, b, c, d) = (source[i], source[32 + i], source[64 + i], source[96 + i]);
                low[i] = (byte)((a & 15) | (c << 4));
                low[32 + i] = (byte)((b & 15) | (d << 4));
                high[i] = (byte)((a >> 4) | (b >> 4 << 2) | (c >> 4 << 4) | (d >> 4 << 6));
            }
        }
    }
}
