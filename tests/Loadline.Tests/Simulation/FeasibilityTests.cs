using Loadline.Catalog;
using Loadline.Prediction;
using Loadline.Simulation;
using Loadline.Tests.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Simulation;

/// <summary>What cannot be served is said, and does not keep the rest from being served.</summary>
public sealed class FeasibilityTests
{
    private static ServingReport Ask(
        string model,
        string hardware,
        Arrival[] arrivals,
        string? prefill = null,
        long? cacheTokens = null
    ) =>
        new ServingSimulator(Deployments.Catalog).Ask(
            new SimulationQuestion
            {
                Fit = Deployments.Question(model, hardware),
                Traffic = new TraceTraffic(arrivals),
                TrafficName = "test",
                Lengths = TypicalLengths.Of(arrivals),
                Scheduling = new SchedulingOverrides { CacheTokens = cacheTokens },
                Prefill = prefill is null
                    ? null
                    : new PrefillPool(HardwareSpec.Parse(prefill, Deployments.Catalog), 1, 1),
            }
        );

    [Fact]
    public void Prompts_longer_than_the_mean_are_computed_on_a_pool_of_their_own()
    {
        Arrival[] arrivals = [.. Enumerable.Range(0, 100).Select(i => new Arrival(i, 100 + 97 * (i % 40), 50))];

        var report = Ask("meta-llama/Llama-3.1-8B-Instruct", "h100-sxm", arrivals, prefill: "h100-sxm");

        report.Completed.ShouldBe(100);
        report.Rejected.ShouldBe(0);
    }

    [Fact]
    public void Prefill_devices_too_small_for_the_model_are_an_answer()
    {
        var report = Ask(
            "meta-llama/Llama-3.1-70B-Instruct",
            "4x:h100-sxm",
            [new Arrival(0, 1000, 10)],
            prefill: "h100-sxm"
        );

        report.Feasible.ShouldBeFalse();
        report.Reason.ShouldStartWith("prefill on nvidia-h100-sxm-80gb: weights of");
    }

    [Fact]
    public void A_few_requests_that_are_too_long_do_not_keep_the_others_from_being_served()
    {
        // Together they average more than the 131,072 tokens of the model.
        var report = Ask(
            "meta-llama/Llama-3.1-8B-Instruct",
            "h100-sxm",
            [new Arrival(0, 100, 10), new Arrival(1, 500_000, 10), new Arrival(2, 100, 10)]
        );

        report.Feasible.ShouldBeTrue();
        (report.Completed, report.Rejected).ShouldBe((2, 1));
    }

    [Fact]
    public void Where_all_are_too_long_the_answer_is_why()
    {
        var report = Ask("openai-community/gpt2", "h100-sxm", [new Arrival(0, 2000, 10), new Arrival(1, 3000, 10)]);

        report.Feasible.ShouldBeFalse();
        report.Reason.ShouldBe("the model was configured for 1,024 tokens, not 2,510");
    }

    [Fact]
    public void A_cache_that_is_set_too_small_for_any_request_turns_all_away()
    {
        var report = Ask("meta-llama/Llama-3.1-8B-Instruct", "h100-sxm", [new Arrival(5, 1000, 10)], cacheTokens: 160);

        report.Feasible.ShouldBeTrue();
        (report.Completed, report.Rejected).ShouldBe((0, 1));
        report.DurationSeconds.ShouldBe(0);
    }
}
