using CsCheck;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

public sealed class HostileNumberTests
{
    public static TheoryData<string> Written =>
        new(BlockCodecs.Writable.Where(name => BlockFormats.ByName[name].BlockLength > 1).ToArray());

    public static TheoryData<string> Matrices => new(MatrixCodecs.Names.ToArray());

    public static TheoryData<string> Read => new(BlockCodecs.Readable.ToArray());

    private static readonly float[] Strange =
    [
        float.NaN,
        float.PositiveInfinity,
        float.NegativeInfinity,
        float.MaxValue,
        -float.MaxValue,
        float.Epsilon,
        -1e-40f,
        0,
        -0f,
        1,
        -3.5f,
        65504,
        1e30f,
        1e-30f,
    ];

    private static readonly Gen<float> Number = Gen.OneOf(
        Gen.Int[0, 13].Select(i => Strange[i]),
        Gen.Float[-10, 10],
        Gen.UInt.Select(BitConverter.UInt32BitsToSingle)
    );

    [Theory]
    [MemberData(nameof(Written))]
    public void Whatever_is_written_is_read_as_finite_numbers(string name)
    {
        var format = BlockFormats.ByName[name];
        var codec = BlockCodecs.Find(format)!;
        Number
            .Array[format.BlockLength * 18]
            .Sample(
                numbers =>
                {
                    var blocks = new byte[18 * format.BlockBytes];
                    var back = new float[numbers.Length];
                    codec.Encode(numbers, blocks, []);
                    codec.Decode(blocks, back);
                    return back.All(float.IsFinite);
                },
                iter: 200
            );
    }

    [Theory]
    [MemberData(nameof(Matrices))]
    public void Whatever_matrix_is_written_is_read_as_finite_numbers(string name)
    {
        var codec = MatrixCodecs.Find(name)!;
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 300])
            .SelectMany(shape => Number.Array[shape.Item1 * shape.Item2].Select(numbers => (shape, numbers)))
            .Sample(
                sample =>
                {
                    var ((rows, columns), numbers) = sample;
                    var back = Matrix.RoundTrip(codec, numbers, rows, columns);
                    return back.All(float.IsFinite);
                },
                iter: 200
            );
    }

    [Theory]
    [MemberData(nameof(Read))]
    public void Random_bytes_are_always_read(string name)
    {
        var format = BlockFormats.ByName[name];
        var codec = BlockCodecs.Find(format)!;
        Gen.Byte.Array[format.BlockBytes * 3]
            .Sample(blocks => codec.Decode(blocks, new float[format.BlockLength * 3]), iter: 200);
    }

    [Theory]
    [MemberData(nameof(Matrices))]
    public void Random_parts_are_always_read(string name)
    {
        var codec = MatrixCodecs.Find(name)!;
        var random = new Random(7);
        for (var i = 0; i < 50; i++)
        {
            var (rows, columns) = (random.Next(1, 20), random.Next(1, 300));
            var parts = codec.PartsOf(rows, columns).Select(part => new byte[part.Bytes]).ToArray();
            foreach (var part in parts)
                random.NextBytes(part);
            codec.DecodeRows(
                [.. parts.Select(part => (ReadOnlyMemory<byte>)part)],
                rows,
                columns,
                0,
                new float[rows * columns]
            );
        }
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void Zeros_stay_zeros(string name)
    {
        var format = BlockFormats.ByName[name];
        var back = Block.RoundTrip(format, new float[format.BlockLength * 17]);
        back.ShouldAllBe(number => number == 0);
    }

    [Theory]
    [MemberData(nameof(Matrices))]
    public void A_matrix_of_zeros_stays_so(string name) =>
        Matrix.RoundTrip(MatrixCodecs.Find(name)!, new float[3 * 130], 3, 130).ShouldAllBe(number => number == 0);

    [Theory]
    [MemberData(nameof(Written))]
    public void What_is_not_a_number_does_not_touch_its_neighbours(string name)
    {
        var format = BlockFormats.ByName[name];
        var numbers = new float[format.BlockLength * 17];
        var random = new Random(3);
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = random.NextSingle() * 2 - 1;
        var zero = (float[])numbers.Clone();
        (numbers[5], zero[5]) = (float.NaN, 0);
        Block.RoundTrip(format, numbers).ShouldBe(Block.RoundTrip(format, zero));
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void An_infinite_number_becomes_as_large_as_the_largest_of_its_block(string name)
    {
        var format = BlockFormats.ByName[name];
        var numbers = new float[format.BlockLength];
        (numbers[0], numbers[1], numbers[2]) = (2, float.PositiveInfinity, float.NegativeInfinity);
        var back = Block.RoundTrip(format, numbers);
        back[0].ShouldBe(2, 0.5);
        back[1].ShouldBeInRange(1.5f, 3);
        back[2].ShouldBeInRange(-3, -1.5f);
    }
}

internal static class Block
{
    public static float[] RoundTrip(BlockFormat format, float[] numbers, float[]? importance = null)
    {
        var codec = BlockCodecs.Find(format)!;
        var blocks = new byte[numbers.Length / format.BlockLength * format.BlockBytes];
        codec.Encode(numbers, blocks, importance ?? []);
        var back = new float[numbers.Length];
        codec.Decode(blocks, back);
        return back;
    }
}

internal static class Matrix
{
    public static byte[][] Encode(MatrixCodec codec, float[] numbers, int rows, int columns, float[]? importance = null)
    {
        var parts = codec.PartsOf(rows, columns).Select(part => new byte[part.Bytes]).ToArray();
        codec.Encode(
            (first, target) => numbers.AsSpan((int)first * columns, target.Length).CopyTo(target),
            rows,
            columns,
            importance ?? [],
            [.. parts.Select(part => (Memory<byte>)part)]
        );
        return parts;
    }

    public static float[] Decode(MatrixCodec codec, byte[][] parts, int rows, int columns)
    {
        var numbers = new float[rows * columns];
        codec.DecodeRows([.. parts.Select(part => (ReadOnlyMemory<byte>)part)], rows, columns, 0, numbers);
        return numbers;
    }

    public static float[] RoundTrip(MatrixCodec codec, float[] numbers, int rows, int columns) =>
        Decode(codec, Encode(codec, numbers, rows, columns), rows, columns);
}
