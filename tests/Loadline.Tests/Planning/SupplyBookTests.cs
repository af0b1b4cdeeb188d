using System.Collections.Immutable;
using Loadline.Planning;
using Loadline.Tests.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

/// <summary>Which machines may be had, read beside the catalog's own entries.</summary>
public sealed class SupplyBookTests
{
    private static ImmutableArray<MachineSupply> Read(
        Func<DeploymentRules, DeploymentRules>? rules = null,
        double? availability = null,
        Budget? budget = null,
        List<Rejection>? rejected = null
    )
    {
        var usual = Fleets.Scenario(budget: budget, availability: availability);
        var scenario = usual with
        {
            Deployment = (rules ?? (same => same))(usual.Deployment with { Data = null, Terms = Fleets.AllTerms }),
        };
        return new SupplyBook(
            Deployments.Catalog,
            scenario,
            new CostFactors(Deployments.Catalog, scenario),
            (rejected ?? []).Add
        ).Read();
    }

    private static Budget Quoting(params Quote[] quotes) => Fleets.OnlyMachines with { Quotes = [.. quotes] };

    private static Quote Quote(RentalTerms terms = RentalTerms.OnDemand, string provider = "Azure") =>
        new()
        {
            Provider = provider,
            Accelerator = Fleets.Accelerator.Id,
            Count = 8,
            PerHour = Fleets.Usd(12),
            Terms = terms,
            Region = "swedencentral",
            AsOf = "2026-11-01",
        };

    [Theory]
    [InlineData("EU")]
    [InlineData("eu")]
    public void A_jurisdiction_as_a_region_holds_all_regions_in_it(string region) =>
        Read(rules => rules with { Regions = [region] })
            .Select(supply => supply.Id)
            .Distinct()
            .Order()
            .ShouldBe(
                Deployments
                    .Catalog.Offers.All.Where(offer => offer.Jurisdiction == "EU" && HasPrice(offer))
                    .Select(offer => offer.Id)
                    .Order()
            );

    private static bool HasPrice(Loadline.Catalog.Offer offer) =>
        offer.OnDemandPerHour is not null || offer.SpotPerHour is not null;

    [Fact]
    public void Who_asks_for_availability_gets_nothing_that_others_may_take_away()
    {
        var steady = Read(availability: 0.999);

        Read().ShouldContain(supply => supply.Tier == "community");
        Read().ShouldContain(supply => supply.Terms == RentalTerms.Spot);
        steady.ShouldNotContain(supply => supply.Tier == "community" || supply.Tier == "spot");
        steady.ShouldNotContain(supply => supply.Terms == RentalTerms.Spot);
    }

    [Theory]
    [InlineData(RentalTerms.OnDemand)]
    [InlineData(RentalTerms.Spot)]
    [InlineData(RentalTerms.OneYear)]
    [InlineData(RentalTerms.ThreeYears)]
    public void Only_the_terms_that_are_allowed_are_offered(RentalTerms terms) =>
        Read(rules => rules with { Terms = [terms] }).Select(supply => supply.Terms).Distinct().ShouldBe([terms]);

    [Theory]
    [InlineData(11, 0, 0)]
    [InlineData(12, 1, 0)]
    [InlineData(35, 1, 0)]
    [InlineData(36, 1, 1)]
    public void Nobody_commits_for_longer_than_the_horizon(int months, int oneYear, int threeYears)
    {
        var found = Read(budget: Fleets.OnlyMachines with { HorizonMonths = months });

        Math.Min(1, found.Count(supply => supply.Terms == RentalTerms.OneYear)).ShouldBe(oneYear);
        Math.Min(1, found.Count(supply => supply.Terms == RentalTerms.ThreeYears)).ShouldBe(threeYears);
    }

    /// <summary>30 to 40 % off, 37 % in the middle: the price and what is saved lie against one another.</summary>
    [Fact]
    public void A_commitment_saves_what_is_published()
    {
        var offers = Read().Where(supply => supply.Tier == "hyperscaler").ToLookup(supply => supply.Id);
        var offer = offers.First(group => group.Any(supply => supply.Terms == RentalTerms.OneYear));
        var usual = offer.Single(supply => supply.Terms == RentalTerms.OnDemand).PerHour!.Value;
        var committed = offer.Single(supply => supply.Terms == RentalTerms.OneYear).PerHour!.Value;

        committed.Value.ShouldBe(usual.Value * 0.63, 1e-9);
        committed.Low.ShouldBe(usual.Low * 0.6, 1e-9);
        committed.High.ShouldBe(usual.High * 0.7, 1e-9);
    }

    [Fact]
    public void A_quote_stands_for_its_provider_its_accelerator_and_its_terms()
    {
        var with = Read(budget: Quoting(Quote())).Where(IsQuoted).ToList();
        var without = Read().Where(IsQuoted).ToList();

        without.ShouldContain(supply => supply.Terms == RentalTerms.OnDemand);
        with.Single(supply => supply.Terms == RentalTerms.OnDemand).PerHour!.Value.Value.ShouldBe(12);
        with.Count(supply => supply.Terms == RentalTerms.OneYear)
            .ShouldBe(without.Count(supply => supply.Terms == RentalTerms.OneYear));

        static bool IsQuoted(MachineSupply supply) =>
            supply.Provider.Equals("azure", StringComparison.OrdinalIgnoreCase)
            && supply.Accelerator.Id == Fleets.Accelerator.Id;
    }

    [Theory]
    [InlineData("own-hardware-only", false)]
    [InlineData("personal-eu", true)]
    [InlineData("health-us", false)]
    public void A_quote_does_not_move_data_to_where_it_may_not_be(string data, bool isThere)
    {
        var rejected = new List<Rejection>();
        var found = Read(
            rules => rules with { Data = Deployments.Catalog.DataClasses.Find(data) },
            budget: Quoting(Quote()),
            rejected: rejected
        );

        found.Any(supply => supply.Source == "a quote in the scenario").ShouldBe(isThere);
        rejected.Any(rejection => rejection.What == "quote of Azure").ShouldBe(!isThere);
    }

    [Fact]
    public void A_contract_opens_its_provider()
    {
        var found = Read(rules =>
            rules with
            {
                Data = Deployments.Catalog.DataClasses.Find("health-us"),
                Contracts = ["azure"],
            }
        );

        found.Select(supply => supply.Provider).Distinct().ShouldBe(["azure"]);
    }

    [Fact]
    public void A_quote_for_three_years_is_none_for_two() =>
        Read(budget: Quoting(Quote(RentalTerms.ThreeYears)) with { HorizonMonths = 24 })
            .ShouldNotContain(supply => supply.Source == "a quote in the scenario");

    [Fact]
    public void A_price_that_was_offered_replaces_those_of_the_market()
    {
        var quote = new Quote
        {
            Provider = "a shop",
            Accelerator = Fleets.Accelerator.Id,
            Count = 4,
            Price = Fleets.Usd(100_000),
            AsOf = "2026-11-01",
        };
        var found = Read(rules => rules with { Allow = ["buy"] }, budget: Quoting(quote))
            .Single(supply => supply.Accelerator.Id == Fleets.Accelerator.Id);

        (found.Count, found.Provider, found.Price!.Value.Value).ShouldBe((4, "a shop", 100_000));
    }

    [Fact]
    public void A_server_of_one_s_own_price_is_added_once_to_all_cards()
    {
        var found = Read(
                rules => rules with { Allow = ["buy"] },
                budget: Fleets.OnlyMachines with
                {
                    ServerPrice = 5_000,
                }
            )
            .Where(supply => supply.Accelerator.Price is not null && supply.Count > 1)
            .First(supply => supply.Accelerator.Kind == Loadline.Catalog.AcceleratorKind.Gpu);

        found.Price!.Value.Value.ShouldBe((double)found.Accelerator.Price!.Price.Usd * found.Count + 5_000, 1e-6);
    }
}
