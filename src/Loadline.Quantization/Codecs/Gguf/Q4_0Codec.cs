using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Q4_0: 32 codes of -8 to 7 and an fp16 scale; the low nibbles are the first half of the block.</summary>
internal sealed class Q4_0Codec : GgufCodec
{
    public override BlockFormat Format => BlockFormats.Q4_0;

    protected override void EncodeBlock(ReadOnlySpan<float> numbers, Span<byte> block, ReadOnlySpan<float> importance)
    {
        throw new NotImplementedException();
    }

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var scale = Fields.Half(block, 0);
        for (var i = 0; i < 16; i++)
        {
            numbers[i] = scale * ((block[2 + i] & 15) - 8);
            numbers[16 + i] = scale * ((block[2 + i] >> 4) - 8);
        }
    }
}
