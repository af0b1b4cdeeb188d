using Loadline.Catalog;
using Loadline.Planning;
using Loadline.Quantities;
using Loadline.Tests.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class PromptCostTests
{
    private static readonly PromptParts Prompt = new(1500, 500, 0, 200, 300);

    /// <summary>Reads at a tenth, writes at five quarters, kept for 300 s from 1,024 tokens on, as Anthropic's.</summary>
    private static readonly ApiOffer Api = Fleets.Api(3, 15) with
    {
        CachedPromptPerMillionTokens = Fleets.Usd(0.3),
        CacheWritePerMillionTokens = Fleets.Usd(3.75),
        CacheMinimumTokens = 1024,
        CacheLifetime = new Duration(300),
    };

    [Fact]
    public void A_prompt_costs_what_its_parts_do()
    {
        var cost = PromptCosts.Of(Prompt, 100, Estimate.Exact(1e6), Api, machines: null);

        // 2,500 tokens at 3 USD and 100 at 15 USD a million.
        cost.Hosted!.CostPerRequestUsd.ShouldBe(2500 * 3e-6 + 100 * 15e-6, 1e-12);
        cost.Parts.Sum(part => part.Tokens).ShouldBe(2500);
        cost.Parts.Sum(part => part.CostPerRequestUsd!.Value).ShouldBe(2500 * 3e-6, 1e-12);
        cost.Hosted.CostPerMonthUsd.Value.ShouldBe(9000, 1e-6);
    }

    [Fact]
    public void Static_text_costs_reads_for_those_who_find_it_and_writes_for_the_others()
    {
        // One request in 300 s on average: 1 - 1/e of the next ones come in time.
        var perMonth = 730.5 * 3600 / 300;
        var hosted = PromptCosts.Hosted(Prompt, 100, Estimate.Exact(perMonth), Api);

        var hit = 1 - Math.Exp(-1);
        hosted.HitShare.ShouldBe(hit, 1e-12);
        hosted.CachedCostPerRequestUsd.ShouldBe(
            (500 + 2000 * (hit * 0.1 + (1 - hit) * 1.25)) * 3e-6 + 100 * 15e-6,
            1e-12
        );
        // 0.25 more for the write, 0.9 less for each read: paid with the first.
        hosted.ReadsToPay!.Value.ShouldBe(0.25 / 0.9, 1e-12);
    }

    [Fact]
    public void What_is_shorter_than_the_cache_keeps_costs_the_same_with_it()
    {
        var hosted = PromptCosts.Hosted(Prompt with { System = 500 }, 100, Estimate.Exact(1e6), Api);

        hosted.ReadShare.ShouldBeNull();
        hosted.CachedCostPerRequestUsd.ShouldBe(hosted.CostPerRequestUsd);
    }

    [Fact]
    public void The_planner_pays_in_full_for_a_beginning_that_is_too_short_too()
    {
        var workload = Scenarios.Of().Streams[0] with { SharedPrefixTokens = 1000 };

        ApiCosts.PerRequest(Api, workload).ShouldBe(ApiCosts.PerRequest(Api, workload with { SharedPrefixTokens = 0 }));
        ApiCosts
            .PerRequest(Api, workload with { SharedPrefixTokens = 1024 })
            .ShouldBeLessThan(ApiCosts.PerRequest(Api, workload));
    }

    [Fact]
    public void A_prefix_on_machines_takes_its_keys_and_values_once()
    {
        var machines = PromptCosts.OnMachines(
            Deployments.Catalog,
            Deployments.Model("meta-llama/Llama-3.1-8B-Instruct"),
            HardwareSpec.Parse("nvidia-h100-sxm-80gb", Deployments.Catalog),
            weights: null,
            Prompt,
            250
        )!;

        // 2 x 32 layers x 8 heads x 128 x 2 bytes = 131,072 bytes a token.
        machines.PrefixBytes.ShouldBe(2000 * 131_072);
        machines.CachedTtftSeconds.Value.ShouldBeLessThan(machines.TtftSeconds.Value);
        machines.CachedRequestsPerSecond.Value.ShouldBeGreaterThan(machines.RequestsPerSecond.Value);
    }
}
