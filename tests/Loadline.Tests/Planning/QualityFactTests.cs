using Loadline.Catalog;
using Loadline.Planning;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class QualityFactTests
{
    private static readonly CatalogReader Catalog = new();
    private static readonly QualityPredictor Predictor = new(Catalog);

    private const long Llama1 = 6_738_415_616;
    private const long Llama3 = 8_030_261_248;
    private const long Llama70 = 70_553_706_496;

    // llama.cpp, examples/quantize, help of 2023-07: increase of the perplexity of LLaMA-7B, which is 5.9066 at 16 bits
    // (examples/quantize/README.md). None of these is in the fit.
    [Theory]
    [InlineData("Q6_K", 0.0044)]
    [InlineData("Q5_K_M", 0.0142)]
    [InlineData("Q5_K_S", 0.0353)]
    [InlineData("Q4_K_M", 0.0535)]
    [InlineData("Q4_K_S", 0.1149)]
    [InlineData("Q3_K_L", 0.1803)]
    [InlineData("Q3_K_M", 0.2437)]
    [InlineData("Q3_K_S", 0.5505)]
    public void Perplexity_of_Llama_7b_rises_as_llama_cpp_printed_in_2023(string format, double increase) =>
        ShouldHold(Predictor.Of(format, false, null, Llama1, Llama1).PerplexityLoss, increase / 5.9066);

    // llama.cpp, examples/perplexity/README.md: mean divergence of Llama-3-8B on wikitext-2.
    [Theory]
    [InlineData("Q8_0", 0.001355)]
    [InlineData("Q6_K", 0.005452)]
    [InlineData("Q5_K_M", 0.010762)]
    [InlineData("Q4_K_M", 0.031273)]
    [InlineData("Q3_K_M", 0.101913)]
    [InlineData("Q2_K", 0.445132)]
    public void Llama_3_8b_diverges_as_llama_cpp_measured(string format, double nats) =>
        ShouldHold(Predictor.Of(format, false, null, Llama3, Llama3).KlDivergence, nats);

    // NVIDIA Model-Optimizer, examples/benchmark.md: MMLU of Llama-3.1-70B-Instruct is 99.62 % of that at 16 bits with fp8,
    // 98.93 % with AWQ. Not in the fit.
    [Theory]
    [InlineData("fp8", 0.0038)]
    [InlineData("int4", 0.0107)]
    public void Mmlu_of_Llama_3_1_70b_falls_as_its_quantizer_says(string format, double share) =>
        ShouldHold(Predictor.Of(format, false, null, Llama70, Llama70).TaskLoss, share);

    [Fact]
    public void The_divergence_of_integers_in_groups_is_the_one_worked_out_by_hand()
    {
        var constants = Catalog.Quality.All[0];
        var group = constants.Families["int-group"].DivergenceAtFourBits;

        // 4.16 bits are 0.16 above the 4 of the family: 4^-0.16 = 0.801. A model of 64 billion is eight times the reference.
        var reference = Predictor.Of("int4", false, null, 8_000_000_000, 8_000_000_000).KlDivergence.Value;
        reference.ShouldBe(group * 0.801, group * 0.001);
        var large = Predictor.Of("int4", false, null, 64_000_000_000, 64_000_000_000).KlDivergence.Value;
        (large / reference).ShouldBe(Math.Pow(8, -constants.SizeExponent), 1e-9);
    }

    [Fact]
    public void Experts_that_a_token_does_not_use_count_by_the_geometric_mean()
    {
        var experts = Predictor.Of("int4", false, null, 64_000_000_000, 1_000_000_000).KlDivergence.Value;
        var dense = Predictor.Of("int4", false, null, 8_000_000_000, 8_000_000_000).KlDivergence.Value;

        experts.ShouldBe(dense, dense * 1e-9);
    }

    [Fact]
    public void Four_bit_activations_are_warned_of_in_small_models_and_few_bits_in_all()
    {
        Predictor.Of("nvfp4", false, null, Llama3, Llama3).Warnings.ShouldHaveSingleItem().ShouldContain("activations");
        Predictor.Of("nvfp4", false, null, Llama70, Llama70).Warnings.ShouldBeEmpty();
        Predictor.Of("int4", false, null, Llama3, Llama3).Warnings.ShouldBeEmpty();
        Predictor.Of("IQ2_M", false, null, Llama70, Llama70).Warnings.ShouldHaveSingleItem().ShouldContain("3 bits");
        // Measured: the perplexity of Llama-3-8B rises from 6.23 to 58 in IQ1_S, and to 14 in IQ2_XXS.
        Predictor.Of("IQ1_S", false, null, Llama3, Llama3).Warnings.ShouldContain(text => text.Contains("broken"));
        Predictor.Of("IQ2_XXS", false, null, Llama3, Llama3).Warnings.ShouldContain(text => text.Contains("broken"));
        Predictor.Of("bf16", false, "int2", Llama3, Llama3).Warnings.ShouldHaveSingleItem().ShouldContain("128 tokens");
    }

    [Fact]
    public void Mxfp4_is_not_nvfp4_and_what_was_not_measured_says_so()
    {
        var mxfp4 = Predictor.Of("mxfp4", false, null, Llama70, Llama70);
        var nvfp4 = Predictor.Of("nvfp4", false, null, Llama70, Llama70);

        mxfp4.KlDivergence.Evidence.ShouldBe(Evidence.Assumed);
        mxfp4.Source.ShouldContain("stand in");
        nvfp4.KlDivergence.Evidence.ShouldBe(Evidence.Modelled);
        nvfp4.KlDivergence.Value.ShouldNotBe(mxfp4.KlDivergence.Value);
    }

    [Fact]
    public void A_score_is_lowered_by_the_loss()
    {
        var outlook = Predictor.Of("int4", false, null, Llama3, Llama3);

        var lowered = outlook.Lowered(50);
        lowered.Value.ShouldBe(50 - 50 * outlook.TaskLoss.Value, 1e-9);
        lowered.Low.ShouldBe(50 - 50 * outlook.TaskLoss.High, 1e-9);
        Predictor.Of("int4", true, null, Llama3, Llama3).Lowered(50).ShouldBe(Estimate.Exact(50));
    }

    private static void ShouldHold(Estimate estimate, double measured) =>
        measured.ShouldBeInRange(estimate.Low, estimate.High);
}
