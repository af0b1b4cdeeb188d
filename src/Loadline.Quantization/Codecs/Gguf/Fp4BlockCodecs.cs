using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>MXFP4 as ggml blocks it: a power of two, then 32 codes of E2M1, the low nibbles first.</summary>
internal sealed class Mxfp4Codec : GgufCodec
{
    public override BlockFormat Format => BlockFormats.Mxfp4;

    internal override void Encode(
        ReadOnlySpan<float> row,
        Span<byte> blocks,
        ReadOnlySpan<float> importance,
        bool scalar
    )
    {
        Span<byte> codes = stackalloc byte[row.Length];
        Span<float> scales = stackalloc float[row.Length / 32];
        GroupBatches.Encode(new PickedScaleCoder<PowersOfTwo>(32, default), row, importance, codes, scales, [], scalar);
        for (var i = 0; i < scales.Length; i++)
        {
            blocks[i * 17] = E8M0.Encode(scales[i]);
            Nibbles.PackHalves(codes.Slice(i * 32, 16), codes.Slice(i * 32 + 16, 16), blocks.Slice(i * 17 + 1, 16));
        }
    }

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        // Twice the number times half the power, so that 2^127 does not overflow before it is multiplied.
        var halfScale = E8M0.HalfOf(block[0]);
        for (var i = 0; i < 16; i++)
        {
            numbers[i] = halfScale * E2M1.Doubled[block[1 + i] & 15];
            numbers[16 + i] = halfScale * E2M1.Doubled[block[1 + i] >> 4];
        }
    }
}

/// <summary>NVFP4 as ggml blocks it: four scales of E4M3 without sign, then four groups of 16 codes of E2M1.</summary>
internal sealed class Nvfp4GgmlCodec : ReadOnlyGgufCodec
{
    private const byte NaN = 0x7F;

    public override BlockFormat Format => BlockFormats.Nvfp4Ggml;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        for (var group = 0; group < 4; group++)
        {
            var halfScale = 0.5f * ScaleOf(block[group]);
            for (var i = 0; i < 8; i++)
            {
                var both = block[4 + group * 8 + i];
                numbers[group * 16 + i] = halfScale * E2M1.Doubled[both & 15];
                numbers[group * 16 + 8 + i] = halfScale * E2M1.Doubled[both >> 4];
            }
        }
    }

    /// <summary>ggml reads the not-a-number code as zero, and a set sign bit as if it were not there, which makes 0xFF 480.</summary>
    private static float ScaleOf(byte code)
    {
        if (code == NaN)
            return 0;
        var (exponent, mantissa) = ((code >> 3) & 15, code & 7);
        return exponent == 0 ? MathF.ScaleB(mantissa, -9) : MathF.ScaleB(8 + mantissa, exponent - 10);
    }
}
