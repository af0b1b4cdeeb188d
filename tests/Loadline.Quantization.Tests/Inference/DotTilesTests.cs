using System.Runtime.Intrinsics.X86;
using CsCheck;
using Loadline.Quantization.Inference;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

public sealed unsafe class DotTilesTests
{
    [Fact]
    public void Every_path_gives_the_bits_of_the_scalar_twin() =>
        Gen.Select(Gen.Int[1, 13], Gen.Int[1, 9], Gen.Int[0, 1000], Gen.Bool)
            .Sample(
                (rows, vectors, seed, adds) =>
                {
                    var expected = Product(DotTiles.Path.Portable, rows, vectors, seed, adds);
                    foreach (var path in Paths())
                        Product(path, rows, vectors, seed, adds).ShouldBe(expected);
                },
                iter: 200
            );

    [Fact]
    public void A_product_is_the_inner_product()
    {
        // 1 2 3 | 4 5 6 | -1 0 1 and 1 1 1 | 0 0 1 | 2 -1 0 | 10 0 0: worked out by hand.
        using var left = Rows([
            [1, 2, 3],
            [4, 5, 6],
            [-1, 0, 1],
        ]);
        using var right = Rows([
            [1, 1, 1],
            [0, 0, 1],
            [2, -1, 0],
            [10, 0, 0],
        ]);
        var sums = new float[12];
        fixed (float* to = sums)
            DotTiles.Multiply(
                DotTiles.Best,
                left.Start,
                left.Stride,
                3,
                right.Start,
                right.Stride,
                DotTiles.Padded(3),
                to,
                4,
                adds: false
            );
        sums.ShouldBe([6, 3, 0, 10, 15, 6, 3, 40, 0, 1, -2, -10]);
    }

    private static IEnumerable<DotTiles.Path> Paths()
    {
        if (Avx512F.IsSupported)
            yield return DotTiles.Path.Avx512;
        if (Fma.IsSupported)
            yield return DotTiles.Path.Avx2;
    }

    private static float[] Product(DotTiles.Path path, int rows, int vectors, int seed, bool adds)
    {
        var random = new Random(seed);
        var count = vectors * DotTiles.Lanes;
        using var left = new FloatRows(rows, count);
        using var right = new FloatRows(DotTiles.Width, count);
        for (var row = 0; row < rows; row++)
            Fill(left.Row(row), random);
        for (var row = 0; row < DotTiles.Width; row++)
            Fill(right.Row(row), random);
        var sums = new float[rows * 5];
        Fill(sums, random);
        fixed (float* to = sums)
            DotTiles.Multiply(path, left.Start, left.Stride, rows, right.Start, right.Stride, count, to, 5, adds);
        return sums;
    }

    private static void Fill(Span<float> numbers, Random random)
    {
        foreach (ref var number in numbers)
            number = random.NextSingle() - 0.5f;
    }

    private static FloatRows Rows(float[][] numbers)
    {
        var rows = new FloatRows(numbers.Length, numbers[0].Length);
        for (var row = 0; row < numbers.Length; row++)
            numbers[row].CopyTo(rows.Row(row));
        return rows;
    }
}
