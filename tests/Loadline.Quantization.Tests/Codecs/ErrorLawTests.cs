using System.Buffers.Binary;
using CsCheck;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

public sealed class ErrorLawTests
{
    private static readonly Gen<float[]> Weights = Gen.Select(Gen.Int, Gen.Float[0.001f, 10]).Select(Normal);

    [Fact]
    public void Q8_0_is_never_off_by_more_than_half_a_step() =>
        Gen.Float[-100, 100]
            .Array[320]
            .Sample(numbers =>
            {
                var blocks = new byte[340];
                BlockCodecs.Find(BlockFormats.Q8_0)!.Encode(numbers, blocks, []);
                var back = Block.RoundTrip(BlockFormats.Q8_0, numbers);
                for (var i = 0; i < numbers.Length; i++)
                {
                    var step = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks.AsSpan(i / 32 * 34));
                    Math.Abs(numbers[i] - back[i]).ShouldBeLessThanOrEqualTo(step * 0.50001f + 1e-30f);
                }
            });

    [Fact]
    public void Int8_is_never_off_by_more_than_half_a_step() =>
        Weights.Sample(numbers =>
        {
            var codec = MatrixCodecs.Find("int8-channel")!;
            var parts = Matrix.Encode(codec, numbers, 4, 512);
            var back = Matrix.Decode(codec, parts, 4, 512);
            for (var i = 0; i < numbers.Length; i++)
            {
                var bits = BinaryPrimitives.ReadUInt16LittleEndian(parts[1].AsSpan(i / 512 * 2));
                Math.Abs(numbers[i] - back[i]).ShouldBeLessThanOrEqualTo(Scales.FromBf16(bits) * 0.50001f);
            }
        });

    /// <summary>Three mantissa bits: half a unit in the last place is a sixteenth, and below 2^-6 it is half of 2^-9.</summary>
    [Theory]
    [InlineData("fp8-tensor")]
    [InlineData("fp8-channel")]
    [InlineData("fp8-block")]
    public void Fp8_is_never_off_by_more_than_a_sixteenth(string name) =>
        Weights.Sample(numbers =>
        {
            var back = Matrix.RoundTrip(MatrixCodecs.Find(name)!, numbers, 4, 512);
            var peak = numbers.Max(Math.Abs);
            for (var i = 0; i < numbers.Length; i++)
                Math.Abs(numbers[i] - back[i])
                    .ShouldBeLessThanOrEqualTo(Math.Max(Math.Abs(numbers[i]) / 16, peak / 448 / 1024) * 1.0001f);
        });

    [Fact]
    public void More_bits_and_smaller_groups_lose_less() =>
        Weights.Sample(
            numbers =>
            {
                double Lost(string name) =>
                    MatrixCodecs.Find(name) is { } codec
                        ? Loss(numbers, Matrix.RoundTrip(codec, numbers, 4, 512))
                        : Loss(numbers, Block.RoundTrip(BlockFormats.ByName[name], numbers));

                Lost("Q6_K").ShouldBeLessThan(Lost("Q5_K"));
                Lost("Q5_K").ShouldBeLessThan(Lost("Q4_K"));
                Lost("Q8_0").ShouldBeLessThan(Lost("Q6_K"));
                Lost("nvfp4").ShouldBeLessThan(Lost("mxfp4"));
                Lost("int4-g32").ShouldBeLessThan(Lost("int4-g128"));
                Lost("int8-g128").ShouldBeLessThan(Lost("int4-g32"));
                Lost("fp8-channel").ShouldBeLessThan(Lost("nvfp4"));
            },
            iter: 30
        );

    [Fact]
    public void A_row_of_small_numbers_is_kept_better_by_scales_of_groups_than_by_one_of_the_tensor()
    {
        // One row a million times smaller: under one scale all of it is below the smallest code.
        var numbers = Normal(5, 1);
        for (var i = 512; i < 1024; i++)
            numbers[i] *= 1e-6f;
        var tensor = Matrix.RoundTrip(MatrixCodecs.Find("fp8-tensor")!, numbers, 4, 512);
        var channel = Matrix.RoundTrip(MatrixCodecs.Find("fp8-channel")!, numbers, 4, 512);
        tensor[512..1024].ShouldAllBe(number => number == 0);
        Loss(numbers[512..1024], channel[512..1024]).ShouldBeLessThan(0.002);
    }

    [Fact]
    public void What_was_read_is_written_as_it_was()
    {
        // Formats whose scale is that of the largest number: it has the largest code already.
        Weights.Sample(
            numbers =>
            {
                foreach (var name in (string[])["fp8-channel", "fp8-block", "fp8-tensor"])
                {
                    var codec = MatrixCodecs.Find(name)!;
                    var once = Matrix.Encode(codec, numbers, 4, 512);
                    var again = Matrix.Encode(codec, Matrix.Decode(codec, once, 4, 512), 4, 512);
                    again[0].ShouldBe(once[0]);
                }
                var blocks = new byte[numbers.Length / 32 * 34];
                var twice = new byte[blocks.Length];
                var codec8 = BlockCodecs.Find(BlockFormats.Q8_0)!;
                codec8.Encode(numbers, blocks, []);
                codec8.Encode(Block.RoundTrip(BlockFormats.Q8_0, numbers), twice, []);
                twice.ShouldBe(blocks);
            },
            iter: 30
        );
    }

    [Fact]
    public void Importance_moves_the_error_to_where_it_costs_nothing() =>
        Weights.Sample(
            numbers =>
            {
                var importance = new float[numbers.Length];
                for (var i = 0; i < importance.Length; i++)
                    importance[i] = i % 4 == 0 ? 1 : 0.001f;
                foreach (var name in (string[])["Q4_0", "Q4_K", "IQ4_NL"])
                {
                    var format = BlockFormats.ByName[name];
                    var plain = Block.RoundTrip(format, numbers);
                    var weighted = Block.RoundTrip(format, numbers, importance);
                    Weighted(numbers, weighted, importance).ShouldBeLessThan(Weighted(numbers, plain, importance));
                }
            },
            iter: 30
        );

    [Fact]
    public void Bf16_gives_the_bytes_that_its_numbers_give() =>
        Gen
            .UInt.Select(bits => (ushort)(bits & 0xFFFF))
            .Array[1024]
            .Sample(
                halves =>
                {
                    var numbers = new float[halves.Length];
                    Bf16.Widen(halves, numbers);
                    foreach (var name in BlockCodecs.Writable)
                    {
                        var format = BlockFormats.ByName[name];
                        var (narrow, wide) = (
                            new byte[format.SizeOf(1, 1024).Bytes],
                            new byte[format.SizeOf(1, 1024).Bytes]
                        );
                        BlockCodecs.Find(format)!.EncodeBf16(halves, narrow, []);
                        BlockCodecs.Find(format)!.Encode(numbers, wide, []);
                        narrow.ShouldBe(wide, name);
                    }
                    foreach (var name in MatrixCodecs.Names)
                    {
                        var codec = MatrixCodecs.Find(name)!;
                        var parts = codec.PartsOf(4, 256).Select(part => new byte[part.Bytes]).ToArray();
                        codec.EncodeBf16(
                            (first, target) => halves.AsSpan((int)first * 256, target.Length).CopyTo(target),
                            4,
                            256,
                            [],
                            [.. parts.Select(part => (Memory<byte>)part)]
                        );
                        var expected = Matrix.Encode(codec, numbers, 4, 256);
                        for (var i = 0; i < parts.Length; i++)
                            parts[i].ShouldBe(expected[i], name);
                    }
                },
                iter: 30
            );

    [Fact]
    public void Numbers_that_are_none_and_infinite_ones_are_counted()
    {
        var numbers = new float[77];
        (numbers[3], numbers[20], numbers[76]) = (float.NaN, -float.NaN, float.NaN);
        (numbers[4], numbers[75]) = (float.NegativeInfinity, float.PositiveInfinity);
        NumberCheck.Count(numbers).ShouldBe(new NumberCheck(3, 2));
        var halves = new ushort[77];
        Bf16.Narrow(numbers, halves);
        NumberCheck.Count(halves).ShouldBe(new NumberCheck(3, 2));
    }

    private static float[] Normal(int seed, float scale)
    {
        var random = new Random(seed);
        var numbers = new float[2048];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] =
                scale
                * (float)(
                    Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())
                );
        return numbers;
    }

    private static double Loss(float[] numbers, float[] back) =>
        numbers.Zip(back, (x, y) => ((double)x - y) * (x - y)).Sum() / numbers.Sum(x => (double)x * x);

    private static double Weighted(float[] numbers, float[] back, float[] importance) =>
        numbers.Select((x, i) => importance[i] * ((double)x - back[i]) * (x - back[i])).Sum();
}
