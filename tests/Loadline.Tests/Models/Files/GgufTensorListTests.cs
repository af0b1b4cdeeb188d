using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files;

public sealed class GgufTensorListTests
{
    private const uint F32 = 0;

    /// <summary>Block lengths and bytes as ggml's block structs have them, by type number.</summary>
    [Theory]
    [InlineData(0, "fp32", 1, 4)]
    [InlineData(1, "fp16", 1, 2)]
    [InlineData(2, "Q4_0", 32, 18)]
    [InlineData(3, "Q4_1", 32, 20)]
    [InlineData(6, "Q5_0", 32, 22)]
    [InlineData(7, "Q5_1", 32, 24)]
    [InlineData(8, "Q8_0", 32, 34)]
    [InlineData(9, "Q8_1", 32, 36)]
    [InlineData(10, "Q2_K", 256, 84)]
    [InlineData(11, "Q3_K", 256, 110)]
    [InlineData(12, "Q4_K", 256, 144)]
    [InlineData(13, "Q5_K", 256, 176)]
    [InlineData(14, "Q6_K", 256, 210)]
    [InlineData(15, "Q8_K", 256, 292)]
    [InlineData(16, "IQ2_XXS", 256, 66)]
    [InlineData(17, "IQ2_XS", 256, 74)]
    [InlineData(18, "IQ3_XXS", 256, 98)]
    [InlineData(19, "IQ1_S", 256, 50)]
    [InlineData(20, "IQ4_NL", 32, 18)]
    [InlineData(21, "IQ3_S", 256, 110)]
    [InlineData(22, "IQ2_S", 256, 82)]
    [InlineData(23, "IQ4_XS", 256, 136)]
    [InlineData(24, "int8", 1, 1)]
    [InlineData(25, "int16", 1, 2)]
    [InlineData(26, "int32", 1, 4)]
    [InlineData(27, "int64", 1, 8)]
    [InlineData(28, "fp64", 1, 8)]
    [InlineData(29, "IQ1_M", 256, 56)]
    [InlineData(30, "bf16", 1, 2)]
    [InlineData(34, "TQ1_0", 256, 54)]
    [InlineData(35, "TQ2_0", 256, 66)]
    [InlineData(39, "mxfp4", 32, 17)]
    [InlineData(40, "nvfp4-ggml", 64, 36)]
    [InlineData(41, "Q1_0", 128, 18)]
    [InlineData(42, "Q2_0", 64, 18)]
    public void Every_tensor_type_has_its_block(uint type, string name, int length, int bytes)
    {
        var tensor = Read(new GgufWriter().Tensor("a", type, 3 * bytes, 3, (ulong)length)).Tensors[0];

        tensor.Format.Name.ShouldBe(name);
        tensor.Bytes.ShouldBe(3 * bytes);
    }

    [Theory]
    [InlineData(4, "Q4_2, which GGUF no longer has")]
    [InlineData(5, "Q4_3, which GGUF no longer has")]
    [InlineData(31, "Q4_0_4_4, which GGUF no longer has")]
    [InlineData(38, "IQ4_NL_8_8, which GGUF no longer has")]
    [InlineData(43, "unknown type 43")]
    [InlineData(uint.MaxValue, "unknown type 4294967295")]
    public void A_type_that_is_gone_or_unknown_is_refused_by_name(uint type, string found) =>
        Refused(new GgufWriter().Tensor("a", type, 4, 1)).Found.ShouldContain(found);

    [Fact]
    public void A_tensor_twice_is_refused() =>
        Refused(new GgufWriter().Tensor("a", F32, 4, 1).Tensor("a", F32, 4, 1)).Found.ShouldContain("second time");

    [Fact]
    public void Five_dimensions_are_refused() =>
        Refused(new GgufWriter().Tensor("a", F32, 4, 1, 1, 1, 1, 1)).Found.ShouldContain("5 dimensions");

    [Fact]
    public void A_tensor_without_dimensions_is_one_number() =>
        Read(new GgufWriter().Tensor("a", F32, 4)).Tensors[0].Bytes.ShouldBe(4);

    [Theory]
    [InlineData(0)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    public void A_dimension_that_cannot_be_is_refused(ulong dimension) =>
        Refused(new GgufWriter().Tensor("a", F32, 4, dimension)).Found.ShouldContain($"dimension {dimension}");

    [Fact]
    public void Dimensions_whose_product_overflows_are_refused() =>
        Refused(new GgufWriter().Tensor("a", F32, 4, 1UL << 62, 1UL << 62, 1UL << 62, 1UL << 62))
            .Expected.ShouldContain("bytes of the file");

    [Fact]
    public void A_row_of_part_of_a_block_is_refused() =>
        Refused(new GgufWriter().Tensor("a", 2, 64, 33)).Found.ShouldContain("rows of 33 in Q4_0");

    [Fact]
    public void An_offset_off_the_alignment_is_refused() =>
        Refused(new GgufWriter().Tensor("pad", F32, 64, 16).Info("a", F32, 8, 1)).Found.ShouldContain("at offset 8");

    [Theory]
    [InlineData(1UL << 63)]
    [InlineData(4096)]
    [InlineData(64)]
    public void A_tensor_outside_the_file_is_refused(ulong offset) =>
        Refused(new GgufWriter().Tensor("pad", F32, 64, 16).Info("a", F32, offset, 1)).Found.ShouldContain($"{offset}");

    [Fact]
    public void Overlapping_tensors_are_refused() =>
        Refused(new GgufWriter().Tensor("pad", F32, 64, 16).Info("a", F32, 32, 1)).Found.ShouldContain("overlapping");

    [Fact]
    public void An_empty_file_without_tensors_is_sound() => Read(new GgufWriter()).Tensors.ShouldBeEmpty();

    private static GgufHeader Read(GgufWriter writer) =>
        GgufHeader.Read(new MemoryStream(writer.ToBytes()), "llama.gguf");

    private static BadContentException Refused(GgufWriter writer) =>
        Should.Throw<BadContentException>(() => Read(writer));
}
