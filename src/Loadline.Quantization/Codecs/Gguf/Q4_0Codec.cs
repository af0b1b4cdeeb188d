using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Q4_0: 32 codes of -8 to 7 and an fp16 scale; the low nibbles are the first half of the block.</summary>
internal sealed class Q4_0Codec : FourBitCodec<WholeLevels>
{
    public override BlockFormat Format => BlockFormats.Q4_0;

    // The number of the largest magnitude gets about -8: the scale may be negative.
    protected override LevelCoder<WholeLevels> Coder { get; } =
        new(32, new(-8, 7), [-8, -7.2f], Positive: false, ScaleType.Fp16);

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

/// <summary>An fp16 scale and 32 codes of four bits, the low nibbles the first half of the block.</summary>
internal abstract class FourBitCodec<TLevels> : GgufCodec
    where TLevels : struct, ILevels
{
    private const int Length = 32;
    private const int Bytes = 18;

    protected abstract LevelCoder<TLevels> Coder { get; }

    internal override void Encode(
        ReadOnlySpan<float> row,
        Span<byte> blocks,
        ReadOnlySpan<float> importance,
        bool scalar
    )
    {
        Span<byte> codes = stackalloc byte[row.Length];
        Span<float> scales = stackalloc float[row.Length / Length];
        GroupBatches.Encode(Coder, row, importance, codes, scales, [], scalar);
        for (var i = 0; i < scales.Length; i++)
        {
            var block = blocks.Slice(i * Bytes, Bytes);
            Fields.Write(block, 0, Scales.HalfBits(scales[i]));
            Nibbles.PackHalves(codes.Slice(i * Length, 16), codes.Slice(i * Length + 16, 16), block[2..]);
        }
    }
}
