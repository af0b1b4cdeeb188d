using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

/// <summary>Drafts that a step verifies together.</summary>
public sealed class SpeculationTests
{
    private static readonly Deployment Deployment = Deployments.Of(
        "deepseek-ai/DeepSeek-V3",
        "nvidia-h200-sxm-141gb",
        engine: "sglang",
        devices: 8
    );

    private static readonly Step Draft = Speculation.OwnDraft(Deployment)!;
    private static readonly RequestShape Request = new(1000, 500);

    // Leviathan et al. 2023, equation 1, by hand.
    [Theory]
    [InlineData(1, 0.85, 1.85)]
    [InlineData(3, 0.5, 1.875)]
    [InlineData(2, 1.0, 3.0)]
    [InlineData(4, 0.0, 1.0)]
    public void A_step_yields_the_expected_length_of_the_accepted_chain(int drafts, double acceptance, double tokens) =>
        new Speculation(drafts, acceptance, Draft).TokensPerStep.ShouldBe(tokens, 1e-12);

    [Fact]
    public void Drafts_that_are_never_accepted_only_cost() =>
        Decode(new Speculation(2, 0, Draft), 8).ShouldBeGreaterThan(Decode(null, 8));

    [Fact]
    public void A_lone_sequence_gains_most_of_what_is_accepted()
    {
        // It reads the weights once for two tokens, and one layer of 61 more, but twice the experts.
        var gain = Decode(null, 1) / Decode(new Speculation(1, 0.85, Draft), 1);
        gain.ShouldBeInRange(1.1, 1.85);
    }

    [Fact]
    public void One_layer_drafts_in_a_small_part_of_a_step() =>
        new Speculation(1, 0.85, Draft)
            .DraftSeconds(8, 1000)
            .ShouldBeLessThan(0.1 * new Step(Deployment).TimeOf(StepShape.Decode(8, 1000)).Seconds);

    [Fact]
    public void A_model_without_a_prediction_layer_drafts_nothing() =>
        Speculation.OwnDraft(Deployments.Of("meta-llama/Llama-3.1-8B-Instruct")).ShouldBeNull();

    [Fact]
    public void A_cached_prefix_shortens_the_wait_for_the_first_token()
    {
        var step = new Step(Deployments.Of("meta-llama/Llama-3.1-8B-Instruct"));
        var whole = new StepCosts(step, 8192, new RequestShape(4000, 500));
        var cached = new StepCosts(step, 8192, new RequestShape(4000, 500, CachedPrefixTokens: 3000));
        cached.Prefill(0).ShouldBeLessThan(0.5 * whole.Prefill(0));
        cached.Decode(8).ShouldBe(whole.Decode(8));
    }

    [Fact]
    public void Arrivals_in_bursts_queue_longer()
    {
        var serving = new ClosedFormServing(new StepCosts(new Step(Deployment), 8192, Request), Deployment);
        var random = serving.AtRate(2, 512)!.Value;
        var bursts = serving.AtRate(2, 512, burstiness: 0.25)!.Value;
        // (1 / 0.25 + 1) / 2 by Allen and Cunneen; a prompt adds a little less to a step of three sequences more.
        bursts.QueueSeconds.ShouldBeInRange(2.25 * random.QueueSeconds, 2.5 * random.QueueSeconds);
        bursts.TpotSeconds.ShouldBeGreaterThan(random.TpotSeconds);
    }

    private static double Decode(Speculation? speculation, double sequences) =>
        new StepCosts(new Step(Deployment), 8192, Request, speculation: speculation).Decode(sequences);
}
