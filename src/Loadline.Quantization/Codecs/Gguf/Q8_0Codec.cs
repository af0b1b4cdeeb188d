using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>Q8_0: 32 signed bytes and an fp16 scale.</summary>
internal sealed class Q8_0Codec : GgufCodec
{
    private const int Length = 32;
    private const int Bytes = 34;
    private const float Highest = 127;

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
            var peak = scalar ? Peaks.ScalarOf(numbers) : Peaks.Of(numbers);
            var scale = ScaleFor(peak);
            Fields.Write(block, 0, scale);
            var factor = scale == Half.Zero ? 0 : 1 / (float)scale;
            if (scalar)
                SignedBytes.EncodeScalar(numbers, factor, block[2..]);
            else
                SignedBytes.Encode(numbers, factor, block[2..]);
        }
    }

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> numbers)
    {
        var scale = Fields.Half(block, 0);
        SignedBytes.Decode(block[2..], scale, numbers);
    }

    /// <summary>The fp16 nearest to a 127th of the peak, or the next if rounding would cut the peak by more than half a step.</summary>
    internal static Half ScaleFor(float peak)
    {
        var scale = Scales.ToHalf(peak * (1 / Highest));
        return (float)scale * (Highest + 0.5f) < peak && scale < Half.MaxValue ? Half.BitIncrement(scale) : scale;
    }
}
