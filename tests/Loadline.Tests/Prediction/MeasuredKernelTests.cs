using Loadline.Prediction;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

/// <summary>
/// Kernels of Llama-3.1-8B that somebody measured: ai-dynamo/aiconfigurator 095f58a5 (2026-08-21), h100_sxm, vLLM 0.24.0,
/// bf16, rows of gemm_perf, context_attention_perf and generation_attention_perf with the shapes of this model.
/// </summary>
public sealed class MeasuredKernelTests
{
    /// <summary>Twice the median error of the fits in docs/prediction.md.</summary>
    private const double Tolerance = 0.25;

    private static readonly Step Step = new(Deployments.Of("meta-llama/Llama-3.1-8B-Instruct"));

    [Theory]
    [InlineData("o_proj", 1, 15.05)]
    [InlineData("o_proj", 64, 14.77)]
    [InlineData("o_proj", 2048, 86.69)]
    [InlineData("o_proj", 8192, 346.98)]
    [InlineData("qkv", 1, 19.90)]
    [InlineData("qkv", 64, 23.07)]
    [InlineData("qkv", 2048, 128.63)]
    [InlineData("qkv", 8192, 535.73)]
    public void A_matrix_takes_as_long_as_it_was_measured(string name, int rows, double microseconds) =>
        ShouldTake(StepShape.Prefill(rows), name, microseconds);

    [Fact]
    public void A_prompt_attends_in_the_time_that_was_measured() =>
        ShouldTake(StepShape.Prefill(4096), "attention", 264.31);

    [Theory]
    [InlineData(8, 4096, 58.28)]
    [InlineData(8, 8192, 100.49)]
    [InlineData(64, 1024, 119.41)]
    [InlineData(64, 4096, 353.57)]
    [InlineData(64, 8192, 688.16)]
    public void Sequences_attend_in_the_time_that_was_measured(int sequences, int context, double microseconds) =>
        ShouldTake(StepShape.Decode(sequences, context), "attention", microseconds);

    private static void ShouldTake(StepShape shape, string name, double microseconds)
    {
        var operators = Step.Explain(shape).Single(item => item.Name == name);
        var one = operators.Time / Duration.FromMicroseconds(operators.Count);

        one.ShouldBe(microseconds, Tolerance * microseconds);
    }
}
