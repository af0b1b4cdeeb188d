using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;
using Loadline.Tests.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Quantities;

/// <summary>The numbers of the article this project starts from: OPT-350m by hand on an A100.</summary>
public sealed class ArticleTests
{
    private const string Opt350m = "facebook/opt-350m";
    private const long Vocabulary = 50_272;
    private const long Tokens = 2_048;

    [Fact]
    public void The_count_by_hand_is_the_sum_of_its_terms()
    {
        const long embeddings = 2 * Vocabulary * 512;
        const long positions = 2_050 * 1_024;
        const long projections = 2 * 512 * 1_024;
        const long blocks = 24 * (4 * 1_024 * 1_024 + 2 * 4_096 * 1_024);
        const long norms = 4_096 * 24;

        embeddings.ShouldBe(51_478_528);
        positions.ShouldBe(2_099_200);
        blocks.ShouldBe(301_989_888);
        norms.ShouldBe(98_304);
        (embeddings + positions + projections + blocks + norms).ShouldBe(ByHand);
        (4 * ByHand).ShouldBe(1_426_857_984);
    }

    [Fact]
    public void Hand_and_model_differ_by_the_tied_embedding_and_the_biases()
    {
        // The head is the embedding, 50,272 x 512 counted twice by hand; biases of the six linear layers of a block,
        // 4 x 1,024 + 4,096 + 1,024, were left out.
        const long tied = Vocabulary * 512;
        const long biases = 24 * (4 * 1_024 + 4_096 + 1_024);
        var model = Deployments.Architecture(Opt350m);

        tied.ShouldBe(25_739_264);
        biases.ShouldBe(221_184);
        model.Tensors.Parameters.ShouldBe(331_196_416);
        (ByHand - model.Tensors.Parameters).ShouldBe(tied - biases);
        model.Tensors.Tensors.Where(tensor => tensor.TiedTo is not null).Sum(tensor => tensor.Count).ShouldBe(tied);
        model
            .Tensors.Tensors.Where(tensor => tensor.Role == TensorRole.Bias && !tensor.Name.Contains("norm"))
            .Sum(tensor => tensor.Parameters)
            .ShouldBe(biases);
    }

    [Fact]
    public void The_hand_takes_77_seconds_without_a_cache_at_the_rate_of_the_vector_units()
    {
        // One operation per weight and token, all 2,048 tokens for each of 2,048.
        var time =
            new Flops((double)ByHand * Tokens * Tokens)
            / Deployments.Catalog.Accelerators.Find("a100-80gb").Peak.Fp32!.Value;

        time.Seconds.ShouldBe(76.7, 0.05);
    }

    [Fact]
    public void The_floor_with_a_cache_is_the_weights_over_the_bandwidth()
    {
        // 1.32 GB at 2.04 TB/s are 0.65 ms a token and 1.33 s for 2,048 tokens.
        var weights = Deployments.Architecture(Opt350m).Tensors.SizeIn(WeightFormats.Fp32);
        var time = weights / Deployments.Catalog.Accelerators.Find("a100-80gb").MemoryBandwidth!.Value;

        weights.Bytes.ShouldBe(1_324_785_664);
        time.Milliseconds.ShouldBe(0.650, 0.001);
    }

    [Fact]
    public void A_predicted_token_is_slower_than_the_floor_and_the_whole_faster_than_the_hand()
    {
        var deployment = Deployments.Of(Opt350m, "a100-80gb", weights: "fp32");
        var step = new Step(deployment);

        step.TimeOf(StepShape.Decode(1, Tokens)).Milliseconds.ShouldBeGreaterThan(0.645);
        (2_048 * step.TimeOf(StepShape.Decode(1, Tokens)).Seconds).ShouldBeLessThan(76.7);
    }

    private const long ByHand = 356_714_496;
}
