using CsCheck;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

/// <summary>Vectors and plain arithmetic give the same bytes, whatever the numbers.</summary>
public sealed class TwinTests
{
    /// <summary>All bit patterns, and ordinary weights more often than that.</summary>
    private static readonly Gen<float> Number = Gen.Frequency(
        (1, Gen.UInt.Select(BitConverter.UInt32BitsToSingle)),
        (9, Gen.Float[-0.1f, 0.1f])
    );

    public static TheoryData<string> Blocked =>
        new(BlockCodecs.Writable.Where(name => BlockFormats.ByName[name].BlockLength > 1).ToArray());

    [Theory]
    [MemberData(nameof(Blocked))]
    public void Blocks_are_the_same_bytes_with_vectors_and_without(string name)
    {
        var format = BlockFormats.ByName[name];
        var codec = (GgufCodec)BlockCodecs.Find(format)!;
        var count = 35 * 256;
        Gen.Select(Number.Array[count], Gen.Float[0, 1].Array[count], Gen.Bool)
            .Sample(
                (numbers, importance, weighted) =>
                {
                    var vector = new byte[count / format.BlockLength * format.BlockBytes];
                    var scalar = new byte[vector.Length];
                    codec.Encode(numbers, vector, weighted ? importance : []);
                    codec.EncodeScalar(numbers, scalar, weighted ? importance : []);
                    return vector.AsSpan().SequenceEqual(scalar);
                },
                iter: 30
            );
    }

    [Fact]
    public void Groups_of_other_formats_are_the_same_with_vectors_and_without()
    {
        Number
            .Array[128 * 35]
            .Sample(
                numbers =>
                {
                    Agree(new ZeroPointCoder(128), numbers);
                    Agree(new PickedScaleCoder<ScaledE4M3>(16, new(1e-3f)), numbers);
                    Agree(new LevelCoder<WholeLevels>(128, new(-8, 7), [8, 7], true, ScaleType.Bf16), numbers);
                },
                iter: 30
            );
    }

    [Fact]
    public void Peaks_and_signed_bytes_are_the_same_with_vectors_and_without() =>
        Number
            .Array[1, 200]
            .Sample(numbers =>
            {
                Peaks.Of(numbers).ShouldBe(Peaks.ScalarOf(numbers));
                var (vector, scalar) = (new byte[numbers.Length], new byte[numbers.Length]);
                SignedBytes.Encode(numbers, 1234.5f, vector, finite: false);
                SignedBytes.EncodeScalar(numbers, 1234.5f, scalar);
                vector.ShouldBe(scalar);
                var back = new float[numbers.Length];
                SignedBytes.Decode(vector, 0.3f, back);
                back.ShouldBe(vector.Select(code => 0.3f * unchecked((sbyte)code)));
            });

    private static void Agree<TCoder>(TCoder coder, float[] numbers)
        where TCoder : struct, IGroupCoder
    {
        var groups = numbers.Length / coder.Length;
        var (codes, scales, offsets) = (new byte[numbers.Length], new float[groups], new float[groups]);
        var (plainCodes, plainScales, plainOffsets) = (new byte[numbers.Length], new float[groups], new float[groups]);
        GroupBatches.Encode(coder, numbers, [], codes, scales, offsets);
        GroupBatches.Encode(coder, numbers, [], plainCodes, plainScales, plainOffsets, scalar: true);
        codes.ShouldBe(plainCodes);
        scales.ShouldBe(plainScales);
        offsets.ShouldBe(plainOffsets);
    }
}
