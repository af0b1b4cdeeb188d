using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>IQ4_NL: 32 codes into sixteen levels that lie closer around zero, and an fp16 scale.</summary>
internal sealed class Iq4NlCodec : FourBitCodec<TableLevels>
{
    private static readonly float[] Numbers = [.. Levels.ToArray().Select(level => (float)level)];

    /// <summary>ggml-org/ggml, <c>src/ggml-common.h</c>, <c>kvalues_iq4nl</c>.</summary>
    public static ReadOnlySpan<sbyte> Levels =>
        [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    public override BlockFormat Format => BlockFormats.Iq4Nl;

    // The levels are not symmetric, so the largest number is tried near either end.
    protected override LevelCoder<TableLevels> Coder { get; } =
        new(
            32,
            new(Numbers),
            [-127, 113, -116, 104, -108, 97, -120, 89, -100, 120, -134, 108],
            Positive: false,
            ScaleType.Fp16
        );

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var scale = Fields.Half(block, 0);
        for (var i = 0; i < 16; i++)
        {
            numbers[i] = scale * Levels[block[2 + i] & 15];
            numbers[16 + i] = scale * Levels[block[2 + i] >> 4];
        }
    }
}

/// <summary>IQ4_XS: the levels of IQ4_NL, eight groups of 32 with a 6-bit scale each.</summary>
internal sealed class Iq4XsCodec : ReadOnlyGgufCodec
{
    public override BlockFormat Format => BlockFormats.Iq4Xs;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var (unit, highBits) = (Fields.Half(block, 0), Fields.UInt16(block, 2));
        for (var group = 0; group < 8; group++)
        {
            var low = (block[4 + group / 2] >> (group % 2 * 4)) & 15;
            var high = (highBits >> (group * 2)) & 3;
            var step = unit * ((low | (high << 4)) - 32);
            for (var i = 0; i < 16; i++)
            {
                var both = block[8 + group * 16 + i];
                numbers[group * 32 + i] = step * Iq4NlCodec.Levels[both & 15];
                numbers[group * 32 + 16 + i] = step * Iq4NlCodec.Levels[both >> 4];
            }
        }
    }
}
