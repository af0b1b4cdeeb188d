using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction.Training;

public sealed class TrainingFlopsTests
{
    [Theory]
    [InlineData("350m", 355_985_408)]
    [InlineData("760m", 760_470_528)]
    [InlineData("1b", 1_315_950_592)]
    [InlineData("3b", 2_651_837_440)]
    [InlineData("7b", 6_658_859_008)]
    [InlineData("30b", 29_975_214_080)]
    public void Mpt_shapes_have_the_parameters_their_throughput_tables_print(string size, long parameters) =>
        // mosaicml/llm-foundry, scripts/train/benchmarking/README.md, at 2,048 tokens.
        Setups.Architecture($"llm-foundry/mpt-{size}").Tensors.Parameters.ShouldBe(parameters);

    [Fact]
    public void Mpt_30b_at_2115_tokens_a_second_is_the_utilisation_its_table_prints()
    {
        // The table (512 H100, 2,048 tokens): 2,115 tokens/s/GPU and 40.27 % of 989 TFLOP/s.
        var perToken = TrainingFlops.PerToken(Setups.Architecture("llm-foundry/mpt-30b"), 2048, FlopConvention.Palm);

        // 6 x 29,975,214,080 + 12 x 48 x 7,168 x 2,048.
        perToken.Count.ShouldBe(179_851_284_480.0 + 8_455_716_864.0, 1);
        (100 * TrainingFlops.Utilisation(perToken, 2115, new FlopRate(989e12))).ShouldBe(40.27, 0.01);
    }

    [Fact]
    public void Conventions_differ_by_attention_and_by_the_embedding()
    {
        var llama = Setups.Architecture(Setups.Llama8B);
        var without = 8_030_261_248.0 - 128_256.0 * 4_096;
        const double Length = 8192;
        var pairs = 32.0 * 4096 * Length;

        Count(FlopConvention.SixN).ShouldBe(6 * without, 1);
        Count(FlopConvention.FourN).ShouldBe(4 * without, 1);
        Count(FlopConvention.Causal).ShouldBe(6 * without + 6 * pairs, 1);
        Count(FlopConvention.Megatron).ShouldBe(6 * without + 12 * pairs, 1);
        Count(FlopConvention.Palm).ShouldBe(6 * 8_030_261_248.0 + 12 * pairs, 1);
        Count(FlopConvention.Hardware).ShouldBe(8 * without + 8 * pairs, 1);

        double Count(FlopConvention convention) => TrainingFlops.PerToken(llama, Length, convention).Count;
    }

    [Fact]
    public void Only_the_experts_of_a_token_count()
    {
        // Mixtral-8x7B: 12,879,925,248 active parameters, 32,000 x 4,096 of them the input embedding.
        var mixtral = Setups.Architecture("mistralai/Mixtral-8x7B-v0.1");

        TrainingFlops
            .PerToken(mixtral, 4096, FlopConvention.SixN)
            .Count.ShouldBe(6 * (12_879_925_248.0 - 32_000.0 * 4_096), 1);
    }

    [Fact]
    public void The_head_is_multiplied_even_where_it_is_the_input_embedding_too()
    {
        // Llama-3.2-3B is tied: all 3,212,749,824 parameters are multiplied.
        TrainingFlops
            .PerToken(Setups.Architecture(Setups.Llama3B), 4096, FlopConvention.SixN)
            .Count.ShouldBe(6 * 3_212_749_824.0, 1);
    }
}
