using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

/// <summary>Bytes laid out by hand after the conventions, and what they stand for.</summary>
public sealed class LayoutTests
{
    [Fact]
    public void Q4_0_has_its_first_half_in_the_low_nibbles()
    {
        // Scale 0.5 (fp16 0x3800); byte i has code i low and 15 - i high: (i - 8) / 2 and (7 - i) / 2.
        byte[] block = [0x00, 0x38, .. Enumerable.Range(0, 16).Select(i => (byte)(i | ((15 - i) << 4)))];
        var numbers = Decode(BlockFormats.Q4_0, block);
        for (var i = 0; i < 16; i++)
            (numbers[i], numbers[16 + i]).ShouldBe(((i - 8) / 2f, (7 - i) / 2f));
    }

    [Fact]
    public void Q4_K_unpacks_scales_and_minima_of_six_bits()
    {
        var block = new byte[144];
        // Units 1 and 0.5. Group 0: scale 3, minimum 4. Group 5: scale 0x2A = low 0xA, high 2; minimum 0x15 = low 5, high 1.
        (block[1], block[3]) = (0x3C, 0x38);
        (block[4], block[8]) = (3, 4);
        block[4 + 9] = 0xA | (5 << 4);
        block[4 + 1] = 2 << 6;
        block[4 + 5] = 1 << 6;
        block[16] = 7; // group 0, number 0
        block[16 + 64] = 0x90; // groups 4 and 5 share these bytes; 5 has the high nibble
        var numbers = Decode(BlockFormats.Q4_K, block);
        numbers[0].ShouldBe(3 * 7 - 0.5f * 4);
        numbers[1].ShouldBe(-0.5f * 4);
        numbers[160].ShouldBe(42 * 9 - 0.5f * 21);
        numbers[161].ShouldBe(-0.5f * 21);
    }

    [Fact]
    public void Q6_K_puts_six_bits_together()
    {
        var block = new byte[210];
        block[209] = 0x3C; // unit 1
        block[192 + 3] = unchecked((byte)-2); // group 3: numbers 48 to 63
        // Number 50 is column 18 of the second quarter: low nibble of byte 32 + 18, bits 2 and 3 of the high byte 18.
        block[32 + 18] = 0x0B;
        block[128 + 18] = 2 << 2;
        Decode(BlockFormats.Q6_K, block)[50].ShouldBe(-2 * (0x2B - 32));
    }

    [Fact]
    public void Int4_words_have_the_first_code_in_the_lowest_bits_and_zero_points_go_down_the_rows()
    {
        var codec = MatrixCodecs.Find("int4-g128-asym")!;
        var parts = codec.PartsOf(9, 10);
        parts
            .Select(part => part.Suffix)
            .ShouldBe(["weight_packed", "weight_scale", "weight_shape", "weight_zero_point"]);
        // Ten codes are two words, nine rows are two words of zero points.
        parts.Select(part => string.Join('x', part.Shape)).ShouldBe(["9x2", "9x1", "2", "2x1"]);
        var bytes = parts.Select(part => new byte[part.Bytes]).ToArray();
        // Row 8, column 9 is bits 4 to 7 of its second word; its zero point is in the lowest bits of the second word.
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[0].AsSpan((8 * 2 + 1) * 4), 0xD0);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[1].AsSpan(8 * 2), 0x3F00); // bf16 0.5
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[3].AsSpan(4), 3);
        Matrix.Decode(codec, bytes, 9, 10)[8 * 10 + 9].ShouldBe((0xD - 3) * 0.5f);
    }

    [Fact]
    public void Int4_says_the_shape_and_stores_codes_plus_eight()
    {
        var numbers = new float[2 * 128];
        numbers.AsSpan().Fill(-1);
        var parts = Matrix.Encode(MatrixCodecs.Find("int4-g128")!, numbers, 2, 128);
        MemoryMarshal.Cast<byte, long>(parts[2]).ToArray().ShouldBe([2, 128]);
        // Equal numbers have equal codes, and code times scale is the number.
        var code = parts[0][0] & 15;
        var scale = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(parts[1]) << 16);
        ((code - 8) * scale).ShouldBe(-1, 0.005);
        scale.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Nvfp4_divides_by_the_global_scale()
    {
        var codec = MatrixCodecs.Find("nvfp4")!;
        // Codes 3 (1.5) and 15 (-6); scale 0x40 = 2; global scale 4: 1.5 x 2 / 4 and -6 x 2 / 4.
        byte[][] parts =
        [
            [0xF3, 0, 0, 0, 0, 0, 0, 0],
            [0x40],
            BitConverter.GetBytes(4f),
        ];
        Matrix.Decode(codec, parts, 1, 16)[..2].ShouldBe([0.75f, -3]);
        var numbers = new float[16];
        numbers[5] = 7;
        // 448 x 6 / largest magnitude.
        BitConverter.ToSingle(Matrix.Encode(codec, numbers, 1, 16)[2]).ShouldBe(448 * 6 / 7f, 1e-3);
    }

    [Fact]
    public void Mxfp4_scales_are_powers_of_two()
    {
        byte[][] parts =
        [
            [0xF3, .. new byte[15]],
            [130],
        ];
        // 2^(130 - 127) = 8.
        Matrix.Decode(MatrixCodecs.Find("mxfp4")!, parts, 1, 32)[..2].ShouldBe([12, -48]);
    }

    [Fact]
    public void Fp8_blocks_are_128_by_128_and_multiplied()
    {
        var codec = MatrixCodecs.Find("fp8-block")!;
        codec.PartsOf(129, 257)[1].Shape.ShouldBe([2, 3]);
        var parts = codec.PartsOf(129, 257).Select(part => new byte[part.Bytes]).ToArray();
        parts[0][128 * 257 + 256] = 0x38; // 1
        BinaryPrimitives.WriteSingleLittleEndian(parts[1].AsSpan((1 * 3 + 2) * 4), 0.25f);
        Matrix.Decode(codec, parts, 129, 257)[128 * 257 + 256].ShouldBe(0.25f);
    }

    [Fact]
    public void Nf4_has_the_first_code_in_the_high_nibble_and_nested_scales()
    {
        var codec = MatrixCodecs.Find("nf4")!;
        var random = new Random(1);
        var numbers = Enumerable.Range(0, 64 * 300).Select(_ => random.NextSingle() - 0.5f).ToArray();
        (numbers[0], numbers[1]) = (-1, 1);
        var parts = Matrix.Encode(codec, numbers, 60, 320);
        // The first two are the largest of their block: codes 0 and 15.
        parts[0][0].ShouldBe((byte)0x0F);
        using var state = JsonDocument.Parse(parts[5]);
        state.RootElement.GetProperty("blocksize").GetInt32().ShouldBe(64);
        state.RootElement.GetProperty("shape").EnumerateArray().Select(x => x.GetInt64()).ShouldBe([60, 320]);
        // bitsandbytes: absmax = nested_quant_map[code] x nested_absmax + nested_offset.
        var mean = state.RootElement.GetProperty("nested_offset").GetSingle();
        var scale =
            MemoryMarshal.Cast<byte, float>(parts[3])[parts[1][0]] * MemoryMarshal.Cast<byte, float>(parts[2])[0]
            + mean;
        scale.ShouldBe(1, 0.02);
        var back = Matrix.Decode(codec, parts, 60, 320);
        back[0].ShouldBe(-scale);
        back[1].ShouldBe(scale);
    }

    private static float[] Decode(BlockFormat format, byte[] block)
    {
        var numbers = new float[format.BlockLength];
        BlockCodecs.Find(format)!.Decode(block, numbers);
        return numbers;
    }
}
