using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

/// <summary>Attention with sequences of its own on every rank, around one set of experts.</summary>
public sealed class DataParallelTests
{
    private const string Dense = "meta-llama/Llama-3.1-8B-Instruct";
    private const string H100 = "nvidia-h100-sxm-80gb";

    private static readonly Deployment Split = Of(new Parallelism(Tensor: 8));
    private static readonly Deployment Spread = Of(new Parallelism(Expert: 8, Data: 8));

    [Fact]
    public void A_latent_cache_is_read_once_instead_of_by_every_rank()
    {
        var shape = StepShape.Decode(512, 8000);
        Attention(Spread, shape).ShouldBeLessThan(Attention(Split, shape));
    }

    [Fact]
    public void Experts_take_the_same_room_either_way_and_attention_more()
    {
        var split = Shards.WeightsOnRank(Split.Architecture, Split.Weights, Split.Parallelism, new Stage(0, 1));
        var spread = Shards.WeightsOnRank(Spread.Architecture, Spread.Weights, Spread.Parallelism, new Stage(0, 1));
        spread.Bytes.ShouldBeInRange(split.Bytes, (long)(split.Bytes * 1.5));
    }

    [Fact]
    public void One_sequence_is_on_one_rank() => StepShape.Decode(1, 100).OnBusiestRank(8).DecodeSequences.ShouldBe(1);

    [Fact]
    public void Prompts_run_side_by_side_on_the_ranks()
    {
        var one = new Step(Spread).TimeOf(StepShape.Prefill(2048)).Seconds;
        var eight = new Step(Spread).TimeOf(new StepShape(8 * 2048, 0, 8, 0, 0)).Seconds;
        eight.ShouldBeInRange(one, 8 * one * 0.9);
    }

    [Fact]
    public void All_reduces_are_slower_over_the_network_between_nodes()
    {
        var shape = StepShape.Decode(16, 2000);
        Part(Of(new Parallelism(Tensor: 16)), shape, "all-reduce")
            .ShouldBeGreaterThan(Part(Split, shape, "all-reduce"));
    }

    [Fact]
    public void Ranks_of_a_dense_model_serve_as_so_many_replicas_do()
    {
        var one = Serving(Deployments.Of(Dense, H100), new RequestShape(1000, 200));
        var four = Serving(
            Deployments.Of(Dense, H100, parallelism: new Parallelism(Data: 4)),
            new RequestShape(1000, 200)
        );

        var alone = one.AtConcurrency(16);
        var together = four.AtConcurrency(64);

        together.RequestsPerSecond.ShouldBe(4 * alone.RequestsPerSecond, 0.02 * together.RequestsPerSecond);
        together.TpotSeconds.ShouldBe(alone.TpotSeconds, 0.02 * alone.TpotSeconds);
    }

    // Sixteen leave the server: what they gain in memory bandwidth they pay to the network for all but little.
    [Theory]
    [InlineData(4, 8, 1.3)]
    [InlineData(8, 16, 1.0)]
    [InlineData(16, 32, 1.3)]
    public void More_ranks_around_the_experts_serve_more(int few, int many, double growth)
    {
        var request = new RequestShape(2000, 500);
        var less = Serving(Of(new Parallelism(Expert: few, Data: few)), request).AtConcurrency(64 * few);
        var more = Serving(Of(new Parallelism(Expert: many, Data: many)), request).AtConcurrency(64 * many);
        more.RequestsPerSecond.ShouldBeGreaterThan(growth * less.RequestsPerSecond);
    }

    private static ClosedFormServing Serving(Deployment deployment, RequestShape request) =>
        new(new StepCosts(new Step(deployment), deployment.Rules.MaximumBatchedTokens, request), 0);

    private static double Attention(Deployment deployment, StepShape shape) => Part(deployment, shape, "attention");

    private static double Part(Deployment deployment, StepShape shape, string name) =>
        new Step(deployment).Explain(shape).Where(item => item.Name.Contains(name)).Sum(item => item.Time.Seconds);

    private static Deployment Of(Parallelism parallelism) =>
        Deployments.Of("deepseek-ai/DeepSeek-V3", "nvidia-h200-sxm-141gb", parallelism: parallelism, engine: "sglang");
}
