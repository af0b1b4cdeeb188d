using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

/// <summary>Attention with sequences of its own on every rank, around one set of experts.</summary>
public sealed class DataParallelTests
{
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

    private static double Attention(Deployment deployment, StepShape shape) => Part(deployment, shape, "attention");

    private static double Part(Deployment deployment, StepShape shape, string name) =>
        new Step(deployment).Explain(shape).Where(item => item.Name.Contains(name)).Sum(item => item.Time.Seconds);

    private static Deployment Of(Parallelism parallelism) =>
        Deployments.Of("deepseek-ai/DeepSeek-V3", "nvidia-h200-sxm-141gb", parallelism: parallelism, engine: "sglang");
}
