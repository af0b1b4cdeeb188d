using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantization.Inference;
using Shouldly;
using Xunit;

namespace Loadline.Quantization.Tests;

/// <summary>What a forward pass does against what predictions say that it does: the same architecture, read twice.</summary>
public sealed class WorkCountTests
{
    private const int Tokens = 12;

    /// <summary>
    /// Predictions integrate over a prompt where a pass counts token by token: the mean of a token's context is half a
    /// token less. Half a token behind makes the two the same, but for an eighth of a pair where a window fills up.
    /// </summary>
    private const double HalfToken = 0.5;

    private static readonly CatalogReader Catalog = new();

    public static TheoryData<string> Families =>
        ["gemma2", "gpt2", "llama", "mistral", "mixtral", "opt", "opt-350m", "phi3", "qwen2", "qwen3", "qwen3-moe"];

    [Fact]
    public void A_small_llama_is_counted_as_by_hand()
    {
        // Per layer: q 32x32, k and v 16x32, o 32x32, gate, up and down 40x32: 1024 + 2x512 + 1024 + 3x1280 = 6912.
        // Twice that for two layers, twice that for multiply and add, 12 tokens.
        // Head 96 x 32. Attention: 12 x 13 / 2 = 78 pairs, 4 heads of 8 twice, multiply and add, two layers.
        var count = Count("llama", cached: 0, Tokens);

        count.MatrixFlops.ShouldBe(2 * 2 * 12 * 6912);
        count.HeadFlops.ShouldBe(2 * 96 * 32);
        count.AttentionFlops.ShouldBe(2 * 78 * 4 * (8 + 8) * 2);
        // bf16 weights; 12 keys and values of 2 heads of 8 in fp32 per layer.
        count.WeightBytes.ShouldBe(2 * (2 * 6912 + 96 * 32));
        count.CacheBytes.ShouldBe(2 * 12 * 2 * (8 + 8) * 4);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Prefill_computes_what_is_predicted(string family)
    {
        var deployment = DeploymentOf(family);
        ShouldAgree(Count(family, cached: 0, Tokens), deployment, StepShape.Prefill(Tokens, HalfToken));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Prefill_behind_a_cache_computes_what_is_predicted(string family)
    {
        var deployment = DeploymentOf(family);
        ShouldAgree(Count(family, cached: 7, 5), deployment, StepShape.Prefill(5, 7 + HalfToken));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Decode_computes_and_reads_what_is_predicted(string family)
    {
        var deployment = DeploymentOf(family);
        var count = Count(family, cached: Tokens - 1, 1);
        // The context of a prediction includes the token itself.
        ShouldAgree(count, deployment, StepShape.Decode(1, Tokens));

        var weights = 0.0;
        var cache = 0.0;
        foreach (var item in OperatorGraph.Of(deployment))
        {
            // One token reads the experts that it is sent to.
            weights += item.Count * item.WeightBytes * item.ActiveExperts / item.Experts;
            cache += item.Count * (item.Attention?.Attended(Tokens) * item.Attention?.Elements ?? 0) * sizeof(float);
        }
        ((double)count.WeightBytes).ShouldBe(weights, 1e-6);
        ((double)count.CacheBytes).ShouldBe(cache, 1e-6);
    }

    private static void ShouldAgree(WorkCount count, Deployment deployment, StepShape shape)
    {
        var operators = OperatorGraph.Of(deployment);
        ((double)count.MatrixFlops).ShouldBe(Sum(operators, OperatorKind.Matrix, shape.Tokens), 1e-6);
        ((double)count.HeadFlops).ShouldBe(Sum(operators, OperatorKind.Head, shape.SampledRows), 1e-6);
        ((double)count.ExpertFlops).ShouldBe(Sum(operators, OperatorKind.Experts, shape.Tokens), 1e-6);

        var predicted = new Step(deployment).Explain(shape).Sum(time => time.Work.Count);
        var eighths = 0.0;
        foreach (var item in operators.Where(item => item.Attention?.Near > 0))
            eighths += item.Count * item.Attention!.PrefillFlops / 8;
        ((double)count.Flops).ShouldBe(predicted, shape.PrefillTokens > 0 ? eighths + 1e-6 : 1e-6);
    }

    private static double Sum(IReadOnlyList<Operator> operators, OperatorKind kind, double rows) =>
        operators
            .Where(item => item.Kind == kind)
            .Sum(item => 2 * rows * item.Count * item.Output * item.Input * item.ActiveExperts);

    private static WorkCount Count(string family, int cached, int tokens)
    {
        using var model = ReferenceModel.Load(TestModels.Family(family));
        using var cache = model.NewCache(Tokens);
        var all = TestModels.Tokens(family).AsSpan();
        if (cached > 0)
            model.Forward(all[..cached], cache);
        var count = new WorkCount();
        var options = new ForwardOptions { Rows = LogitRows.Last, Count = count };
        model.Forward(all.Slice(cached, tokens), cache, options);
        return count;
    }

    private static Deployment DeploymentOf(string family) =>
        new DeploymentBuilder(Catalog)
            .Build(
                new DeploymentRequest
                {
                    Model = ModelFiles.Read(TestModels.Family(family)),
                    Accelerator = Catalog.Accelerators.Find("h100-sxm"),
                    Engine = "vllm",
                    Devices = 1,
                }
            )
            .Deployment;
}
