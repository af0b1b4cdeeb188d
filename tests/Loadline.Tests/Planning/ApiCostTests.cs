using Loadline.Catalog;
using Loadline.Planning;
using Loadline.Simulation;
using Loadline.Tests.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class ApiCostTests
{
    private static readonly Workload Usual = Scenarios.Of().Streams[0];

    private static Workload Of(TokenLengths prompt, double output = 100, double prefix = 0, bool isBatch = false) =>
        Usual with
        {
            PromptTokens = prompt,
            OutputTokens = new TokenLengths(output, output),
            SharedPrefixTokens = prefix,
            IsBatch = isBatch,
        };

    private static TokenLengths Always(double tokens) => new(tokens, tokens);

    [Fact]
    public void Prompt_and_answer_cost_their_prices()
    {
        // 1000 tokens at 3 USD and 100 at 15 USD a million.
        var usd = ApiCosts.PerRequest(Fleets.Api(3, 15), Of(Always(1000)));

        usd.ShouldBe(1000 * 3e-6 + 100 * 15e-6, 1e-15);
    }

    [Fact]
    public void The_shared_beginning_costs_the_cached_price()
    {
        var api = Fleets.Api(3, 15) with { CachedPromptPerMillionTokens = Fleets.Usd(0.3) };

        ApiCosts
            .PerRequest(api, Of(Always(1000), prefix: 800))
            .ShouldBe(200 * 3e-6 + 800 * 0.3e-6 + 100 * 15e-6, 1e-15);
    }

    [Fact]
    public void Without_a_cached_price_the_beginning_costs_what_all_does() =>
        ApiCosts
            .PerRequest(Fleets.Api(3, 15), Of(Always(1000), prefix: 800))
            .ShouldBe(1000 * 3e-6 + 100 * 15e-6, 1e-15);

    [Fact]
    public void A_batch_costs_its_share_where_that_is_known()
    {
        var api = Fleets.Api(3, 15) with { BatchPriceShare = 0.5 };

        ApiCosts.PerRequest(api, Of(Always(1000), isBatch: true)).ShouldBe((1000 * 3e-6 + 100 * 15e-6) / 2, 1e-15);
        ApiCosts.PerRequest(api, Of(Always(1000))).ShouldBe(1000 * 3e-6 + 100 * 15e-6, 1e-15);
        ApiCosts
            .PerRequest(Fleets.Api(3, 15), Of(Always(1000), isBatch: true))
            .ShouldBe(1000 * 3e-6 + 100 * 15e-6, 1e-15);
    }

    private static ApiOffer Tiered(bool isReversed = false)
    {
        ApiTier[] tiers =
        [
            new()
            {
                AboveTokens = 2000,
                PromptPerMillionTokens = Fleets.Usd(6),
                OutputPerMillionTokens = Fleets.Usd(22.5),
            },
            new() { AboveTokens = 5000, PromptPerMillionTokens = Fleets.Usd(12) },
        ];
        return Fleets.Api(3, 15) with { Tiers = [.. isReversed ? tiers.Reverse() : tiers] };
    }

    /// <summary>All tokens of a longer prompt cost the tier's price; what a tier does not say stays as it was.</summary>
    [Theory]
    [InlineData(2000, 3, 15)]
    [InlineData(2001, 6, 22.5)]
    [InlineData(5000, 6, 22.5)]
    [InlineData(5001, 12, 22.5)]
    public void A_longer_prompt_pays_its_tier_for_all_of_it(double tokens, double input, double output)
    {
        var expected = tokens * input * 1e-6 + 100 * output * 1e-6;

        ApiCosts.PerRequest(Tiered(), Of(Always(tokens))).ShouldBe(expected, 1e-12);
        ApiCosts.PerRequest(Tiered(isReversed: true), Of(Always(tokens))).ShouldBe(expected, 1e-12);
    }

    [Fact]
    public void Tiers_of_prompts_of_all_lengths_are_those_of_many_drawn_ones()
    {
        var prompt = new TokenLengths(3000, 9000);
        var api = Tiered() with { CachedPromptPerMillionTokens = Fleets.Usd(0.3) };
        var random = new Random(1);
        var total = 0.0;
        const int Draws = 400_000;
        for (var i = 0; i < Draws; i++)
        {
            // Box and Muller.
            var normal =
                Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            var tokens = 3000 * Math.Exp(prompt.Sigma * normal - prompt.Sigma * prompt.Sigma / 2);
            var input =
                tokens > 5000 ? 12
                : tokens > 2000 ? 6
                : 3;
            var cached = Math.Min(tokens, 2500);
            total += (tokens - cached) * input + cached * 0.3 + 100 * (tokens > 2000 ? 22.5 : 15);
        }

        ApiCosts.PerRequest(api, Of(prompt, prefix: 2500)).ShouldBe(total / Draws / 1e6, 0.01 * total / Draws / 1e6);
    }

    /// <summary>The widest log-normal there is: a thousandth of the prompts holds a tenth of the tokens.</summary>
    [Fact]
    public void The_long_tail_of_prompts_is_paid_in_full() =>
        ApiCosts
            .PerRequest(Fleets.Api(3, 15), Of(new TokenLengths(1000, 3860)))
            .ShouldBe(1000 * 3e-6 + 100 * 15e-6, 1e-12);

    [Fact]
    public void Several_workloads_each_pay_for_their_own_requests()
    {
        var scenario = Fleets.Scenario();
        var stream = scenario.Streams[0];
        var mixed = scenario with
        {
            Streams =
            [
                stream with
                {
                    RequestsPerSecond = 1,
                    PromptTokens = Always(1000),
                    OutputTokens = Always(100),
                },
                stream with
                {
                    RequestsPerSecond = 2,
                    Hours = WorkingHours.Parse("Mon-Sun 00-12")!,
                    PromptTokens = Always(500),
                    OutputTokens = Always(50),
                },
            ],
        };

        var plan = Fleets.Costs(mixed).PlanOf(Fleets.Option(), Fleets.Api(3, 15), null);

        // One a second at 4.5e-3 USD each, all hours; two a second at 2.25e-3, half of them.
        var seconds = 3600 * Fleets.Hours;
        plan.CostPerMonth.ShouldBe(1 * seconds * 4.5e-3 + 2 * seconds * 0.5 * 2.25e-3, 1e-6);
        plan.CostPerRequest.ShouldBe((4.5e-3 + 2.25e-3) / 2, 1e-12);
    }

    [Fact]
    public void The_price_of_a_quote_replaces_that_of_the_catalog()
    {
        var catalog = Deployments.Catalog.Apis.All.First(api => api.OpenModel == Scenarios.Model);
        var usual = Scenarios.Of();
        var scenario = usual with
        {
            Deployment = usual.Deployment with { Allow = ["api"], Data = null },
            Budget = new Budget
            {
                Quotes =
                [
                    new Quote
                    {
                        Provider = catalog.Provider,
                        Api = catalog.Id,
                        PromptPerMillionTokens = Fleets.Usd(1),
                        OutputPerMillionTokens = Fleets.Usd(2),
                        AsOf = "2026-11-01",
                    },
                ],
            },
        };
        var search = Fleets.Found(scenario).Search;

        new ApiSearch(Deployments.Catalog, search, Fleets.Costs(scenario)).Try([Fleets.Option()]);

        // Means of 1,800 and 250 tokens.
        search
            .Options.OfType<ApiPlan>()
            .Single(plan => plan.Api.Id == catalog.Id)
            .CostPerRequest.ShouldBe(1800e-6 * 1 + 250e-6 * 2, 1e-12);
    }

    [Fact]
    public void What_was_not_measured_neither_passes_nor_fails_and_what_was_must_pass()
    {
        var api = Deployments.Catalog.Apis.All.First(offer => offer.OpenModel == Scenarios.Model);
        Latency(null).ShouldContain(plan => plan.Api.Id == api.Id && plan.EndToEndSeconds == null);
        Latency(1.9).ShouldContain(plan => plan.Api.Id == api.Id && plan.EndToEndSeconds == 1.9);
        Latency(2.1).ShouldNotContain(plan => plan.Api.Id == api.Id);

        IEnumerable<ApiPlan> Latency(double? seconds)
        {
            var usual = Scenarios.Of(endToEnd: Scenarios.P95(2));
            var scenario = usual with
            {
                Deployment = usual.Deployment with
                {
                    Allow = ["api"],
                    Data = null,
                    ApiLatencies = seconds is { } known
                        ? [new ApiLatency(api.Id, null, null, new Loadline.Quantities.Duration(known))]
                        : [],
                },
            };
            var search = Fleets.Found(scenario).Search;
            new ApiSearch(Deployments.Catalog, search, Fleets.Costs(scenario)).Try([Fleets.Option()]);
            return search.Options.OfType<ApiPlan>();
        }
    }
}
