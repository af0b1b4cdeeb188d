using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Q5_K: as Q4_K, with a fifth bit of every code in a plane of its own.</summary>
internal sealed class Q5_KCodec() : OffsetKCodec(31)
{
    public override BlockFormat Format => BlockFormats.Q5_K;

    protected override void Pack(ReadOnlySpan<byte> codes, Span<byte> block)
    {
        var fifthBits = block.Slice(16, 32);
        fifthBits.Clear();
        for (var group = 0; group < 8; group++)
        for (var i = 0; i < 32; i++)
            fifthBits[i] |= (byte)(codes[group * 32 + i] >> 4 << group);
        for (var pair = 0; pair < 4; pair++)
        for (var i = 0; i < 32; i++)
            block[48 + pair * 32 + i] = (byte)((codes[pair * 64 + i] & 15) | (codes[pair * 64 + 32 + i] << 4));
    }

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var (scaleUnit, minimumUnit) = (Fields.Half(block, 0), Fields.Half(block, 2));
        var packed = block.Slice(4, SubScales.Bytes);
        var fifthBits = block.Slice(16, 32);
        for (var group = 0; group < 8; group++)
        {
            var (scale, minimum) = SubScales.Read(packed, group);
            var (step, offset) = (scaleUnit * scale, minimumUnit * minimum);
            var codes = block.Slice(48 + group / 2 * 32, 32);
            var shift = group % 2 * 4;
            for (var i = 0; i < 32; i++)
            {
                var code = ((codes[i] >> shift) & 15) | (((fifthBits[i] >> group) & 1) << 4);
                numbers[group * 32 + i] = step * code - offset;
            }
        }
    }
}
