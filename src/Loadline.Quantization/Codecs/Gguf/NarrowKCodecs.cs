using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Q2_K: sixteen groups of 16 codes of 0 to 3, each with a 4-bit scale and a 4-bit minimum.</summary>
internal sealed class Q2_KCodec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Q2_K;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var (scaleUnit, minimumUnit) = (Fields.Half(block, 80), Fields.Half(block, 82));
        for (var i = 0; i < 256; i++)
        {
            var both = block[i / 16];
            var code = (block[16 + i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2)) & 3;
            numbers[i] = scaleUnit * (both & 15) * code - minimumUnit * (both >> 4);
        }
    }
}

/// <summary>Q3_K: sixteen groups of 16 codes of -4 to 3, each with a 6-bit scale.</summary>
/// <remarks>Low two bits of a code in four planes, the third bit in one; a third bit that is not set takes four away.</remarks>
internal sealed class Q3_KCodec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Q3_K;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var unit = Fields.Half(block, 108);
        for (var i = 0; i < 256; i++)
        {
            var low = (block[32 + i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2)) & 3;
            var third = (block[i % 32] >> (i / 32)) & 1;
            numbers[i] = unit * (ScaleAt(block.Slice(96, 12), i / 16) - 32) * (low - (1 - third) * 4);
        }
    }

    private static int ScaleAt(ReadOnlySpan<byte> packed, int group)
    {
        var low = group < 8 ? packed[group] & 15 : packed[group - 8] >> 4;
        var high = (packed[8 + group % 4] >> (group / 4 * 2)) & 3;
        return low | (high << 4);
    }
}

/// <summary>TQ1_0: ternary, five digits to a byte as a fraction of 256, and an fp16 scale.</summary>
internal sealed class Tq1_0Codec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Tq1_0;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var scale = Fields.Half(block, 52);
        // 32 bytes with five digits each, 16 bytes with five, 4 bytes with four: 160 + 80 + 16 numbers.
        ReadDigits(block[..32], numbers[..160], scale);
        ReadDigits(block[32..48], numbers[160..240], scale);
        ReadDigits(block[48..52], numbers[240..], scale);
    }

    private static void ReadDigits(ReadOnlySpan<byte> bytes, Span<float> numbers, float scale)
    {
        var power = (byte)1;
        for (var i = 0; i < numbers.Length; i++)
        {
            if (i > 0 && i % bytes.Length == 0)
                power *= 3;
            var shifted = (byte)(bytes[i % bytes.Length] * power);
            numbers[i] = scale * (((shifted * 3) >> 8) - 1);
        }
    }
}

/// <summary>TQ2_0: ternary in codes of two bits, and an fp16 scale.</summary>
internal sealed class Tq2_0Codec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Tq2_0;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var scale = Fields.Half(block, 64);
        for (var i = 0; i < 256; i++)
            numbers[i] = scale * (((block[i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2)) & 3) - 1);
    }
}
