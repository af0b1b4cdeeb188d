using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>
/// Q4_K: eight groups of 32 codes of 0 to 15, each with a 6-bit scale and a 6-bit minimum that share an fp16 scale
/// each.
/// </summary>
internal sealed class Q4_KCodec() : OffsetKCodec(15)
{
    public override BlockFormat Format => BlockFormats.Q4_K;

    protected override void Pack(ReadOnlySpan<byte> codes, Span<byte> block)
    {
        for (var pair = 0; pair < 4; pair++)
            Nibbles.PackHalves(
                codes.Slice(pair * 64, 32),
                codes.Slice(pair * 64 + 32, 32),
                block.Slice(16 + pair * 32, 32)
            );
    }

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var (scaleUnit, minimumUnit) = (Fields.Half(block, 0), Fields.Half(block, 2));
        var packed = block.Slice(4, SubScales.Bytes);
        for (var group = 0; group < 8; group++)
        {
            var (scale, minimum) = SubScales.Read(packed, group);
            var (step, offset) = (scaleUnit * scale, minimumUnit * minimum);
            // Two neighbouring groups share their bytes: one has the low nibbles, the other the high ones.
            var codes = block.Slice(16 + group / 2 * 32, 32);
            var shift = group % 2 * 4;
            for (var i = 0; i < 32; i++)
                numbers[group * 32 + i] = step * ((codes[i] >> shift) & 15) - offset;
        }
    }
}
