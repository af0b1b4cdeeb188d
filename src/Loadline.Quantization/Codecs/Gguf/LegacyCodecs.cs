using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Q4_1: 32 codes of 0 to 15, an fp16 scale and an fp16 minimum.</summary>
internal sealed class Q4_1Codec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Q4_1;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var (scale, minimum) = (Fields.Half(block, 0), Fields.Half(block, 2));
        for (var i = 0; i < 16; i++)
        {
            numbers[i] = scale * (block[4 + i] & 15) + minimum;
            numbers[16 + i] = scale * (block[4 + i] >> 4) + minimum;
        }
    }
}

/// <summary>Q5_0: 32 codes of -16 to 15 and an fp16 scale; the fifth bits are one 32-bit number.</summary>
internal sealed class Q5_0Codec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Q5_0;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var (scale, fifthBits) = (Fields.Half(block, 0), Fields.UInt32(block, 2));
        for (var i = 0; i < 16; i++)
        {
            numbers[i] = scale * ((int)((block[6 + i] & 15u) | (((fifthBits >> i) & 1) << 4)) - 16);
            numbers[16 + i] = scale * ((int)((uint)(block[6 + i] >> 4) | (((fifthBits >> (16 + i)) & 1) << 4)) - 16);
        }
    }
}

/// <summary>Q5_1: 32 codes of 0 to 31, an fp16 scale and an fp16 minimum.</summary>
internal sealed class Q5_1Codec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Q5_1;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var (scale, minimum, fifthBits) = (Fields.Half(block, 0), Fields.Half(block, 2), Fields.UInt32(block, 4));
        for (var i = 0; i < 16; i++)
        {
            numbers[i] = scale * ((block[8 + i] & 15u) | (((fifthBits >> i) & 1) << 4)) + minimum;
            numbers[16 + i] = scale * ((uint)(block[8 + i] >> 4) | (((fifthBits >> (16 + i)) & 1) << 4)) + minimum;
        }
    }
}

/// <summary>Q8_1: as Q8_0, with the sum of the block in fp16, which reading does not need.</summary>
internal sealed class Q8_1Codec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Q8_1;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var scale = Fields.Half(block, 0);
        for (var i = 0; i < 32; i++)
            numbers[i] = scale * (sbyte)block[4 + i];
    }
}

/// <summary>Q8_K: 256 signed bytes, an fp32 scale and sums of 16, which reading does not need.</summary>
internal sealed class Q8_KCodec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Q8_K;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var scale = Fields.Single(block, 0);
        for (var i = 0; i < 256; i++)
            numbers[i] = scale * (sbyte)block[4 + i];
    }
}

/// <summary>Q1_0: 128 signs and an fp16 magnitude.</summary>
internal sealed class Q1_0Codec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Q1_0;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var magnitude = Fields.Half(block, 0);
        for (var i = 0; i < 128; i++)
            numbers[i] = ((block[2 + i / 8] >> (i % 8)) & 1) != 0 ? magnitude : -magnitude;
    }
}

/// <summary>Q2_0: 64 codes of -1 to 2 and an fp16 scale, four codes to a byte, the lowest bits first.</summary>
internal sealed class Q2_0Codec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Q2_0;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var scale = Fields.Half(block, 0);
        for (var i = 0; i < 64; i++)
            numbers[i] = scale * (((block[2 + i / 4] >> (i % 4 * 2)) & 3) - 1);
    }
}
