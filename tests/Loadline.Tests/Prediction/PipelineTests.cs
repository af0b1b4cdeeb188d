using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

/// <summary>Layers shared out over devices that all have a batch of their own under way.</summary>
public sealed class PipelineTests
{
    private const double Sequences = 64;

    private static readonly RequestShape Request = new(1000, 500);

    [Fact]
    public void A_serving_engine_has_a_batch_in_every_stage() => Step("vllm").BatchesUnderWay.ShouldBe(4);

    [Fact]
    public void Devices_of_llama_cpp_work_one_after_another() => Step("llama.cpp").BatchesUnderWay.ShouldBe(1);

    [Fact]
    public void A_token_passes_all_stages_with_a_quarter_of_the_sequences()
    {
        var step = Step("vllm");
        var costs = new StepCosts(step, 8192, Request);
        var own = step.TimeOf(StepShape.Decode(Sequences / 4, Request.MeanContext)).Seconds;
        costs.Decode(Sequences).ShouldBe(own, own * 1e-9);
    }

    [Fact]
    public void A_prompt_holds_the_others_up_for_one_stage_and_itself_for_all()
    {
        var step = Step("vllm");
        var costs = new StepCosts(step, 8192, Request);
        costs.Prefill(0).ShouldBe(step.TimeOf(StepShape.Prefill(1000)).Seconds, 1e-9);
        costs.Marginal(0).ShouldBe(costs.Prefill(0) / 4, 1e-9);
    }

    private static Step Step(string engine) =>
        new(
            Deployments.Of(
                "meta-llama/Llama-3.1-8B-Instruct",
                engine: engine,
                weights: engine == "llama.cpp" ? "Q8_0" : null,
                parallelism: new Parallelism(Pipeline: 4)
            )
        );
}
