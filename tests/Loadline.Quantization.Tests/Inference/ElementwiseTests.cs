using Loadline.Quantization.Inference;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

/// <summary>Numbers small enough to work out by hand, or to look up.</summary>
public sealed class ElementwiseTests
{
    [Fact]
    public void Norms()
    {
        // Mean square of 3 and 4 is 12.5, its root 3.535534.
        Normalized(NormKind.RootMeanSquare, [3, 4], [1, 2]).ShouldBe([0.848528f, 2.262742f], 1e-6);
        Normalized(NormKind.RootMeanSquarePlusOne, [3, 4], [0, 1]).ShouldBe([0.848528f, 2.262742f], 1e-6);
        // Mean 2, variance 1.
        Normalized(NormKind.Layer, [1, 3], [1, 2], [10, 20]).ShouldBe([9f, 22f], 1e-6);
    }

    [Theory]
    [InlineData(Activation.Relu, -2, 0)]
    [InlineData(Activation.Silu, 1, 0.7310586)]
    // x times the normal distribution function, tabulated as 0.841345 at 1 and 0.001350 at -3.
    [InlineData(Activation.Gelu, 1, 0.841345)]
    [InlineData(Activation.Gelu, -3, -0.004050)]
    [InlineData(Activation.GeluTanh, 1, 0.841192)]
    public void Activation_functions(Activation activation, float x, double expected)
    {
        // As many as a vector has and one more, so that both ways are taken.
        var numbers = Enumerable.Repeat(x, 17).ToArray();
        Activations.Apply(activation, numbers);
        foreach (var number in numbers)
            ((double)number).ShouldBe(expected, 1e-6);
    }

    [Theory]
    // Abramowitz and Stegun, table 7.1 and 7.3: erf(0.5) = 0.5204998778, erfc(3) = 2.209049700e-5.
    [InlineData(0.5, 1 - 0.5204998778)]
    [InlineData(-0.5, 1 + 0.5204998778)]
    [InlineData(3, 2.209049700e-5)]
    public void The_error_function_is_that_of_the_table(double x, double expected) =>
        ErrorFunction.Complement(x).ShouldBe(expected, expected * 1e-9);

    [Fact]
    public void Softmax_of_zero_and_ln_3_is_a_quarter_and_three()
    {
        float[] scores = [0, MathF.Log(3)];
        Elementwise.Softmax(scores);
        scores.ShouldBe([0.25f, 0.75f], 1e-6);
    }

    [Fact]
    public void Llama_3_slows_slow_pairs_leaves_fast_ones_and_mixes_those_between()
    {
        // Over 100 positions these turn 100, 2.5 and 0.5 times; between 1 and 4 turns, 2.5 is halfway.
        var turn = 2 * Math.PI / 100;
        var scaled = RopeSettings.Llama3([(float)(100 * turn), (float)(2.5 * turn), (float)(0.5 * turn)], 8, 1, 4, 100);
        scaled[0].ShouldBe((float)(100 * turn), 1e-6);
        scaled[1].ShouldBe((float)(2.5 * turn * (0.5 + 0.5 / 8)), 1e-6);
        scaled[2].ShouldBe((float)(0.5 * turn / 8), 1e-6);
    }

    private static float[] Normalized(NormKind kind, float[] row, float[] weight, float[]? bias = null)
    {
        var result = new float[row.Length];
        new Norm(kind, 0, weight, bias).Apply(row, result);
        return result;
    }
}
