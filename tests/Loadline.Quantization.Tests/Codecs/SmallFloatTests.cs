using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

public sealed class SmallFloatTests
{
    /// <summary>OFP8: (-1)^s 2^(e-7) (1 + m/8), (-1)^s 2^-6 (m/8) when e = 0, not a number when e = 15 and m = 7.</summary>
    [Fact]
    public void Every_code_of_E4M3_is_its_definition_and_comes_back()
    {
        for (var code = 0; code < 256; code++)
        {
            var (sign, exponent, mantissa) = (code >> 7, (code >> 3) & 15, code & 7);
            var expected =
                exponent == 15 && mantissa == 7 ? double.NaN
                : exponent == 0 ? Math.Pow(2, -6) * mantissa / 8
                : Math.Pow(2, exponent - 7) * (1 + mantissa / 8.0);
            var number = E4M3.All[code];
            ((double)number).ShouldBe(sign == 1 ? -expected : expected);
            E4M3.Encode(number).ShouldBe(double.IsNaN(expected) ? (byte)0 : (byte)code);
        }
    }

    [Theory]
    [InlineData(448, 0x7E)]
    [InlineData(1e9, 0x7E)]
    [InlineData(double.NegativeInfinity, 0xFE)]
    [InlineData(1.0625, 0x38)] // halfway between 1 and 1.125: the even mantissa
    [InlineData(1.1875, 0x3A)] // halfway between 1.125 and 1.25: the even mantissa
    [InlineData(0.0009765625, 0x00)] // 2^-10, half of the smallest: even
    [InlineData(0.00146484375, 0x01)] // three quarters of the smallest
    [InlineData(0.015625, 0x08)] // 2^-6, the smallest with a whole mantissa
    public void E4M3_rounds_to_the_nearest_ties_to_even_and_saturates(double number, byte code) =>
        E4M3.Encode((float)number).ShouldBe(code);

    [Fact]
    public void E4M3_in_spans_is_what_it_is_one_by_one()
    {
        var numbers = new float[65536 * 2];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = BitConverter.UInt32BitsToSingle((uint)i << 15 | 0x1234);
        foreach (var factor in (float[])[1, 0.37f, 1e4f])
        {
            var (vector, scalar) = (new byte[numbers.Length], new byte[numbers.Length]);
            E4M3Bytes.Encode(numbers, factor, vector, finite: false);
            E4M3Bytes.EncodeScalar(numbers, factor, scalar);
            vector.ShouldBe(scalar);
        }
    }

    [Fact]
    public void Every_code_of_E2M1_comes_back_and_the_nearest_is_taken()
    {
        var levels = new E2M1Levels();
        float[] magnitudes = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6];
        for (var code = 0; code < 16; code++)
        {
            E2M1.All[code].ShouldBe(code < 8 ? magnitudes[code] : -magnitudes[code - 8]);
            E2M1.Doubled[code].ShouldBe((sbyte)(2 * E2M1.All[code]));
            // Minus zero is written as zero.
            levels.CodeOf(Lane1.All(E2M1.All[code])).Number.ShouldBe(code == 8 ? 0 : code);
        }
        for (var number = -7f; number <= 7; number += 1f / 64)
        {
            var nearest = magnitudes.Concat(magnitudes.Select(x => -x)).Min(x => Math.Abs(x - number));
            Math.Abs(levels.Nearest(Lane1.All(number)).Number - number).ShouldBe(nearest);
            E2M1.All[(int)levels.CodeOf(Lane1.All(number)).Number].ShouldBe(levels.Nearest(Lane1.All(number)).Number);
        }
        // Ties go to the even code: 0.25 to 0, 0.75 to 1, 1.75 to 2, 2.5 to 2, 3.5 to 4, 5 to 4.
        float[] ties = [0.25f, 0.75f, 1.25f, 1.75f, 2.5f, 3.5f, 5];
        ties.Select(tie => levels.Nearest(Lane1.All(tie)).Number).ShouldBe([0, 1, 1, 2, 2, 4, 4]);
    }

    [Fact]
    public void E8M0_is_a_power_of_two()
    {
        for (var code = 0; code < 255; code++)
        {
            ((double)E8M0.NumberOf((byte)code)).ShouldBe(Math.Pow(2, code - 127));
            E8M0.Encode((float)Math.Pow(2, code - 127)).ShouldBe((byte)code);
        }
        E8M0.NumberOf(255).ShouldBe(float.NaN);
    }

    /// <summary>
    /// QLoRA: the levels are means of neighbouring quantiles of the normal distribution, 8 below and 9 above zero, brought
    /// to -1 to 1. Two of the quantiles can be had from any table.
    /// </summary>
    [Fact]
    public void Nf4_levels_rise_from_minus_one_to_one_through_zero_and_come_back()
    {
        Nf4Codec.Levels.ShouldBeInOrder();
        (Nf4Codec.Levels[0], Nf4Codec.Levels[7], Nf4Codec.Levels[15]).ShouldBe((-1, 0, 1));
        var levels = new TableLevels(Nf4Codec.Levels);
        for (var code = 0; code < 16; code++)
            levels.CodeOf(Lane1.All(Nf4Codec.Levels[code])).Number.ShouldBe(code);
    }

    [Fact]
    public void The_dynamic_map_has_the_levels_of_its_definition()
    {
        DynamicMap.Levels.Length.ShouldBe(256);
        DynamicMap.Levels.ToArray().ShouldBeInOrder();
        // The largest decade has 64 fractions 0.9 / 64 apart, the first in the middle of its interval; the smallest has one,
        // 0.55 x 10^-6.
        DynamicMap.Levels[255].ShouldBe(1);
        DynamicMap.Levels[254].ShouldBe(1 - 0.9f / 128, 1e-6);
        DynamicMap.Levels[0].ShouldBe(-(1 - 0.9f / 128), 1e-6);
        DynamicMap.Levels[127].ShouldBe(0);
        DynamicMap.Levels[128].ShouldBe(0.55e-6f, 1e-12);
        for (var code = 0; code < 256; code++)
            DynamicMap.CodeOf(DynamicMap.Levels[code]).ShouldBe((byte)code);
    }
}
