using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Q8_0: 32 signed bytes and an fp16 scale.</summary>
internal sealed class Q8_0Codec : GgufCodec
{
    public override BlockFormat Format => BlockFormats.Q8_0;

    protected override void EncodeBlock(ReadOnlySpan<float> numbers, Span<byte> block, ReadOnlySpan<float> importance)
    {
        throw new NotImplementedException();
    }

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var scale = Fields.Half(block, 0);
        for (var i = 0; i < 32; i++)
            numbers[i] = scale * (sbyte)block[2 + i];
    }
}
