using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Q6_K: sixteen groups of 16 codes of -32 to 31, each with a signed byte as scale, and an fp16 scale of these.</summary>
internal sealed class Q6_KCodec : GgufCodec
{
    private const int HighBits = 128;
    private const int Scales = 192;
    private const int Unit = 208;

    public override BlockFormat Format => BlockFormats.Q6_K;

    protected override void EncodeBlock(ReadOnlySpan<float> numbers, Span<byte> block, ReadOnlySpan<float> importance)
    {
        throw new NotImplementedException();
    }

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var unit = Fields.Half(block, Unit);
        for (var i = 0; i < 256; i++)
        {
            var step = unit * (sbyte)block[Scales + i / 16];
            numbers[i] = step * CodeAt(block, i);
        }
    }

    /// <summary>Halves of 128 numbers; within one, 32 columns of four whose low bits are in two bytes and high bits in one.</summary>
    private static int CodeAt(ReadOnlySpan<byte> block, int i)
    {
        var (half, quarter, column) = (i / 128, i % 128 / 32, i % 32);
        var low = (block[half * 64 + quarter % 2 * 32 + column] >> (quarter / 2 * 4)) & 15;
        var high = (block[HighBits + half * 32 + column] >> (quarter * 2)) & 3;
        return (low | (high << 4)) - 32;
    }
}
