using CsCheck;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Quantities;

public sealed class BlockSizeTests
{
    // A row of 4,096 weights. GGUF: ggml-org/ggml, src/ggml-common.h: a half-precision scale (2 bytes), a minimum (2)
    // where there is one, packed scales, high bits and codes. MXFP4: 32 codes of 4 bits and one byte. NVFP4: 16 codes
    // and one byte, 4 bytes per tensor. NF4: 64 codes and an fp32.
    [Theory]
    [InlineData("fp32", 4096 * 4)]
    [InlineData("fp16", 4096 * 2)]
    [InlineData("bf16", 4096 * 2)]
    [InlineData("fp8", 4096)]
    [InlineData("fp8-tensor", 4096 + 4)]
    [InlineData("fp8-channel", 4096 + 4)]
    [InlineData("fp8-block", 4096 + 32 * 4)]
    [InlineData("int8-channel", 4096 + 2)]
    [InlineData("int4-g128", 2048 + 32 * 2 + 16)]
    [InlineData("nf4", 64 * (32 + 4))]
    [InlineData("mxfp4", 128 * (16 + 1))]
    [InlineData("nvfp4", 256 * (8 + 1) + 4)]
    [InlineData("Q4_0", 128 * (2 + 16))]
    [InlineData("Q4_1", 128 * (2 + 2 + 16))]
    [InlineData("Q5_0", 128 * (2 + 4 + 16))]
    [InlineData("Q5_1", 128 * (2 + 2 + 4 + 16))]
    [InlineData("Q8_0", 128 * (2 + 32))]
    [InlineData("Q2_K", 16 * (2 + 2 + 16 + 64))]
    [InlineData("Q3_K", 16 * (2 + 12 + 32 + 64))]
    [InlineData("Q4_K", 16 * (2 + 2 + 12 + 128))]
    [InlineData("Q5_K", 16 * (2 + 2 + 12 + 32 + 128))]
    [InlineData("Q6_K", 16 * (2 + 16 + 64 + 128))]
    [InlineData("IQ1_S", 16 * (2 + 32 + 16))]
    [InlineData("IQ1_M", 16 * (32 + 16 + 8))]
    [InlineData("IQ2_XXS", 16 * (2 + 64))]
    [InlineData("IQ2_XS", 16 * (2 + 64 + 8))]
    [InlineData("IQ2_S", 16 * (2 + 64 + 8 + 8))]
    [InlineData("IQ3_XXS", 16 * (2 + 64 + 32))]
    [InlineData("IQ3_S", 16 * (2 + 64 + 8 + 32 + 4))]
    [InlineData("IQ4_NL", 128 * (2 + 16))]
    [InlineData("IQ4_XS", 16 * (2 + 2 + 4 + 128))]
    [InlineData("TQ1_0", 16 * (48 + 4 + 2))]
    [InlineData("TQ2_0", 16 * (64 + 2))]
    public void A_row_takes_the_bytes_of_its_blocks(string format, long bytes) =>
        BlockFormats.ByName[format].SizeOf(1, 4096).Bytes.ShouldBe(bytes);

    [Fact]
    public void The_last_block_of_a_row_is_stored_whole() =>
        // 33 weights are two blocks of 18 bytes, in each of three rows.
        BlockFormats.Q4_0.SizeOf(3, 33).Bytes.ShouldBe(3 * 2 * 18);

    [Fact]
    public void Tiles_of_scales_at_the_edge_are_stored_whole() =>
        // 129 x 257 weights have 2 x 3 tiles of 128 x 128.
        BlockFormats.Fp8Block.SizeOf(129, 257).Bytes.ShouldBe(129 * 257 + 6 * 4);

    [Fact]
    public void Packing_never_loses_a_weight() =>
        Gen.Select(Gen.OneOf([.. BlockFormats.ByName.Values]), Gen.Long[0, 100_000], Gen.Long[0, 100_000])
            .Sample(
                (format, rows, columns) =>
                    (Int128)format.SizeOf(rows, columns).Bytes * 8 * format.BlockLength
                    >= (Int128)rows * columns * format.BlockBytes * 8
            );

    [Fact]
    public void Bits_per_weight_are_what_a_large_tensor_takes() =>
        Gen.OneOf([.. BlockFormats.ByName.Values])
            .Sample(format =>
                Math.Abs(format.SizeOf(8192, 8192).Bytes * 8.0 / (8192.0 * 8192) / format.BitsPerWeight - 1) < 0.001
            );
}
