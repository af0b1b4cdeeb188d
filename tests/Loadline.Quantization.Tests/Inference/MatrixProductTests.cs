using System.Runtime.InteropServices;
using CsCheck;
using Loadline.Models;
using Loadline.Quantization.Inference;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

public sealed unsafe class MatrixProductTests
{
    private static readonly BlockFormat[] Formats = [BlockFormats.Fp32, BlockFormats.Bf16, BlockFormats.Fp16];

    [Fact]
    public void Products_are_those_of_fp64_within_rounding_for_any_shape_and_format() =>
        Gen.Select(Gen.Int[1, 30], Gen.Int[1, 130], Gen.Int[1, 2200], Gen.Int[0, 2], Gen.Int[1, 3])
            .Sample(
                (rows, outputs, inputs, format, threads) =>
                {
                    var codec = BlockCodecs.Find(Formats[format])!;
                    var random = new Random(rows + outputs * 31 + inputs * 1009);
                    var weights = Numbers(random, outputs * inputs);
                    using var memory = Encode(codec, weights, outputs, inputs);
                    var matrix = new BlockMatrix(memory, 0, codec, outputs, inputs);
                    using var x = new FloatRows(rows, inputs);
                    for (var row = 0; row < rows; row++)
                        Numbers(random, inputs).CopyTo(x.Row(row));
                    var y = new float[rows * outputs];
                    using var product = new MatrixProduct(threads);
                    fixed (float* to = y)
                        product.Multiply(x.Start, x.Stride, rows, matrix, to, outputs);

                    for (var row = 0; row < rows; row++)
                    {
                        for (var output = 0; output < outputs; output++)
                        {
                            var sum = 0.0;
                            for (var i = 0; i < inputs; i++)
                                sum += (double)x.Row(row)[i] * weights[output * inputs + i];
                            ((double)y[row * outputs + output]).ShouldBe(sum, 1e-5 * Math.Sqrt(inputs));
                        }
                    }
                },
                iter: 25
            );

    [Fact]
    public void Widening_fp16_gives_every_one_of_its_numbers()
    {
        var halves = Enumerable.Range(0, 1 << 16).Select(bits => (ushort)bits).ToArray();
        var numbers = new float[halves.Length];
        PlainFormats.Widen(PlainWidening.Fp16, MemoryMarshal.AsBytes(halves.AsSpan()), numbers);
        for (var i = 0; i < halves.Length; i++)
            BitConverter
                .SingleToInt32Bits(numbers[i])
                .ShouldBe(Bits((float)BitConverter.UInt16BitsToHalf(halves[i]), numbers[i]));
    }

    /// <summary>A NaN only has to stay one.</summary>
    private static int Bits(float expected, float found) =>
        BitConverter.SingleToInt32Bits(float.IsNaN(expected) && float.IsNaN(found) ? found : expected);

    /// <summary>Numbers that all three formats keep exactly: eighths between -2 and 2.</summary>
    private static float[] Numbers(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(-16, 17) / 8f)];

    private static AlignedMemory Encode(BlockCodec codec, float[] numbers, int rows, int columns)
    {
        var memory = new AlignedMemory(codec.Format.SizeOf(rows, columns).Bytes);
        codec.Encode(numbers, memory.Slice(0, (int)memory.Length), []);
        return memory;
    }
}
