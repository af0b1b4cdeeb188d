using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

/// <summary>65,536 numbers of pseudo-random blocks of every type, against what ggml itself makes of the same bytes.</summary>
/// <remarks>
/// The fingerprints are those of the numbers that <c>dequantize_row_*</c> of ggml v0.5.0 (<c>libggml-base</c> of the npm
/// package <c>@node-llama-cpp/linux-x64</c> 3.22.1) returned, read on 2026-11-24: FNV-1a over the 32-bit words, with one
/// word for all that is not a number and one for both zeros.
/// </remarks>
public sealed class GgmlFingerprintTests
{
    private const int Numbers = 65536;

    [Theory]
    [InlineData("Q4_0", 0x6A151329E482AB25)]
    [InlineData("Q4_1", 0xA9E4870F5428BE2C)]
    [InlineData("Q5_0", 0xB51F01CF3FB4F925)]
    [InlineData("Q5_1", 0xD9F6C4BC05AC9E62)]
    [InlineData("Q8_0", 0xDA5FCACAC1EDFB25)]
    [InlineData("Q2_K", 0xCBC6B35B186E5983)]
    [InlineData("Q3_K", 0x495CCFB59B0F4765)]
    [InlineData("Q4_K", 0x083B22F5A445C0B6)]
    [InlineData("Q5_K", 0x89DD0DD3B9BA90B0)]
    [InlineData("Q6_K", 0x8E837AC781CA2FB7)]
    [InlineData("Q8_K", 0xE3A6DFA8BB53534D)]
    [InlineData("IQ2_XXS", 0xC388CA938D657AD1)]
    [InlineData("IQ2_XS", 0xCC4AAC94E2DA124D)]
    [InlineData("IQ2_S", 0xB2755CDE85849F1D)]
    [InlineData("IQ3_XXS", 0x39C5BD2F83EB1B3D)]
    [InlineData("IQ3_S", 0x8A94297928535AE5)]
    [InlineData("IQ1_S", 0x1F194EFB1903B345)]
    [InlineData("IQ1_M", 0x8EC182C66DF79185)]
    [InlineData("IQ4_NL", 0x76C69DE7E9E757E5)]
    [InlineData("IQ4_XS", 0x4160B8DB6E327805)]
    [InlineData("TQ1_0", 0x2C0F2CE04E316325)]
    [InlineData("TQ2_0", 0x7CEC6D5C54582325)]
    [InlineData("mxfp4", 0x31519828B7362325)]
    [InlineData("nvfp4-ggml", 0x95933F3EDAEE2325)]
    [InlineData("Q1_0", 0x660DA16F52382325)]
    [InlineData("Q2_0", 0xA6A781D8C4362325)]
    public void Random_blocks_are_read_as_ggml_reads_them(string format, ulong fingerprint)
    {
        var layout = BlockFormats.ByName[format];
        var blocks = RandomBytes(Numbers / layout.BlockLength * layout.BlockBytes);
        var numbers = new float[Numbers];
        BlockCodecs.Find(layout)!.Decode(blocks, numbers);
        FingerprintOf(numbers).ShouldBe(fingerprint);
    }

    [Fact]
    public void No_format_of_files_is_left_without_a_reader() =>
        BlockFormats
            .ByName.Values.Where(format => BlockCodecs.Find(format) is null)
            .Select(format => format.Name)
            .ShouldBe(
                [
                    "bool",
                    "complex64",
                    "e8m0",
                    "fp4",
                    "fp6",
                    "fp8-block",
                    "fp8-channel",
                    "fp8-e5m2",
                    "fp8-tensor",
                    "int4-g128",
                    "int8-channel",
                    "nf4",
                    "nvfp4",
                    "uint16",
                    "uint32",
                    "uint64",
                ],
                ignoreOrder: true
            );

    /// <summary>Knuth's MMIX generator, the top byte of each state.</summary>
    private static byte[] RandomBytes(int count)
    {
        var state = 20261124UL;
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
        {
            state = unchecked(state * 6364136223846793005 + 1442695040888963407);
            bytes[i] = (byte)(state >> 56);
        }
        return bytes;
    }

    private static ulong FingerprintOf(ReadOnlySpan<float> numbers)
    {
        var hash = 14695981039346656037UL;
        foreach (var number in numbers)
        {
            var word = number switch
            {
                0 => 0u,
                float.NaN => 0x7FC00000u,
                _ => BitConverter.SingleToUInt32Bits(number),
            };
            hash = unchecked((hash ^ word) * 1099511628211);
        }
        return hash;
    }
}
