using Loadline.Catalog;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models;

public sealed class GroupedFormatTests
{
    private static readonly ModelSource Models = new(new CatalogReader());

    // int: bits + (16-bit scale + zero point of as many bits) / group. MLX: bits + 2 x 16 / group, as its own tool prints
    // (4.501 and 8.501 bits per weight for a model with norms). Block float: 8 exponent bits for 16 numbers.
    [Theory]
    [InlineData("int4-g128", 4 + 20 / 128.0)]
    [InlineData("int4-g32", 4 + 20 / 32.0)]
    [InlineData("int3-g128", 3 + 19 / 128.0)]
    [InlineData("int8-g128", 8 + 24 / 128.0)]
    [InlineData("exl2-4.0", 4)]
    [InlineData("exl2-2.5", 2.5)]
    [InlineData("exl2-4.65", 4.65)]
    [InlineData("mlx-q4", 4.5)]
    [InlineData("mlx-q4-g32", 5)]
    [InlineData("mlx-q6", 6.5)]
    [InlineData("mlx-q8", 8.5)]
    [InlineData("bfp8", 8.5)]
    [InlineData("bfp4", 4.5)]
    public void A_weight_takes_the_bits_of_its_name_and_its_share_of_the_scales(string name, double bits)
    {
        var matrices = GroupedFormats.Find(name)!.Matrices;

        matrices.BitsPerWeight.ShouldBe(bits, 0.001);
        // A large matrix, 8,192 x 8,192.
        (8.0 * matrices.SizeOf(8192, 8192).Bytes / (8192.0 * 8192)).ShouldBe(bits, 0.02);
    }

    [Fact]
    public void Groups_of_128_are_the_plain_int4() =>
        GroupedFormats
            .Find("int4-g128")!
            .Matrices.SizeOf(4096, 4096)
            .ShouldBe(WeightFormats.Int4.Matrices.SizeOf(4096, 4096));

    // mlx-community/Meta-Llama-3.1-8B-Instruct-4bit: 4.52 GB of safetensors; embeddings are quantized too.
    [Fact]
    public void Mlx_in_4_bits_has_the_size_of_the_published_checkpoint() =>
        SizeOf("meta-llama/Llama-3.1-8B-Instruct", "mlx-q4").ShouldBe(4.52, 0.01);

    // Llama 2 7B: 6,476,005,376 matrix weights at 4 bits, 131,072,000 in the head at 6, as many in the embedding at 16.
    [Fact]
    public void ExLlama_keeps_the_head_in_6_bits_and_the_embedding_in_16() =>
        SizeOf("meta-llama/Llama-2-7b-hf", "exl2-4.0").ShouldBe((6.476 * 4 + 0.1311 * 6 + 0.1311 * 16) / 8, 0.01);

    [Theory]
    [InlineData("exl2-0.5")]
    [InlineData("exl2-9")]
    [InlineData("exl2-4.655")]
    [InlineData("mlx-q4-g100")]
    [InlineData("int1-g128")]
    [InlineData("bfp16")]
    public void A_name_that_is_nearly_one_is_none(string name) => GroupedFormats.Find(name).ShouldBeNull();

    [Theory]
    [InlineData("UD-Q4_K_XL", "Q4_K_M")]
    [InlineData("ud-q8_k_xl", "Q8_0")]
    [InlineData("UD-IQ2_M", "IQ2_M")]
    public void A_dynamic_mix_is_sized_as_the_plain_mix_of_its_base(string dynamic, string plain) =>
        SizeOf("Qwen/Qwen3-30B-A3B", dynamic).ShouldBe(SizeOf("Qwen/Qwen3-30B-A3B", plain));

    [Fact]
    public void A_dynamic_mix_without_a_base_is_unknown() =>
        Should.Throw<UnknownNameException>(() => SizeOf("Qwen/Qwen3-30B-A3B", "UD-Q9_K_XL"));

    private static double SizeOf(string model, string format)
    {
        var architecture = Models.Read(model).Architecture;
        var recipe = WeightFormats.Find(format, architecture);
        return architecture.Tensors.Tensors.Sum(tensor => tensor.TiedTo is null ? recipe.SizeOf(tensor).Bytes : 0L)
            / 1e9;
    }
}
