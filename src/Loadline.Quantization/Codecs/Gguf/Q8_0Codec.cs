using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Q8_0: 32 signed bytes and an fp16 scale.</summary>
internal sealed class Q8_0Codec : GgufCodec
{
    private const int Length = 32;
    private const int Bytes = 34;
    private const float Highest = 127;

    /// <summary>65,504 in fp16.</summary>
    private const ushort LargestBits = 0x7BFF;

    public override BlockFormat Format => BlockFormats.Q8_0;

    internal override void Encode(
        ReadOnlySpan<float> row,
        Span<byte> blocks,
        ReadOnlySpan<float> importance,
        bool scalar
    )
    {
        for (var i = 0; i < row.Length / Length; i++)
        {
            var numbers = row.Slice(i * Length, Length);
            var block = blocks.Slice(i * Bytes, Bytes);
            if (scalar)
                EncodeScalar(numbers, block);
            else
                Encode(numbers, block);
        }
    }

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var scale = Fields.Half(block, 0);
        SignedBytes.Decode(block[2..], scale, numbers);
    }

    private static void Encode(ReadOnlySpan<float> numbers, Span<byte> block)
    {
        var scale = ScaleFor(Peaks.Of(numbers, out var finite), out var bits);
        Fields.Write(block, 0, bits);
        SignedBytes.Encode(numbers, scale == 0 ? 0 : 1 / scale, block[2..], finite && bits < LargestBits);
    }

    private static void EncodeScalar(ReadOnlySpan<float> numbers, Span<byte> block)
    {
        var scale = ScaleFor(Peaks.ScalarOf(numbers), out var bits);
        Fields.Write(block, 0, bits);
        SignedBytes.EncodeScalar(numbers, scale == 0 ? 0 : 1 / scale, block[2..]);
    }

    /// <summary>The fp16 nearest to a 127th of the peak, or the next if that would cut the peak by more than half a step.</summary>
    private static float ScaleFor(float peak, out ushort bits)
    {
        bits = Scales.NearestHalfBits(peak * (1 / Highest));
        var scale = Scales.FromHalfBits(bits);
        if (scale * (Highest + 0.5f) >= peak || bits == LargestBits)
            return scale;
        bits++;
        return Scales.FromHalfBits(bits);
    }
}
