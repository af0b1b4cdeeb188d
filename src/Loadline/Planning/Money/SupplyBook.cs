using System.Collections.Immutable;
using System.Globalization;
using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>All machines a scenario may have: rented, bought, already there; and why others may not.</summary>
internal sealed class SupplyBook(
    CatalogReader catalog,
    Scenario scenario,
    CostFactors factors,
    Action<Rejection> reject
)
{
    private readonly DeploymentRules rules = scenario.Deployment;

    /// <summary>Offers that were left out.</summary>
    public int LeftOut { get; private set; }

    /// <summary>Months for which a price is fixed and has to be paid; null where it may be left at any time.</summary>
    public static int? MonthsOf(RentalTerms? terms) =>
        terms switch
        {
            RentalTerms.OneYear => 12,
            RentalTerms.ThreeYears => 36,
            _ => null,
        };

    public ImmutableArray<MachineSupply> Read()
    {
        var supplies = new List<MachineSupply>();
        if (rules.Current is { } current)
            supplies.Add(Own(current));
        if (rules.Allow.Contains("rent"))
            supplies.AddRange(Rented());
        if (rules.Allow.Contains("buy"))
        {
            var purchases = new PurchaseBook(catalog, scenario, factors, reject);
            supplies.AddRange(purchases.Read());
            LeftOut += purchases.LeftOut;
        }
        return
        [
            .. supplies.Where(supply =>
                supply.Way == Way.Own
                || rules.Accelerators.IsEmpty
                || rules.Accelerators.Contains(supply.Accelerator.Id)
            ),
        ];
    }

    private MachineSupply Own(CurrentDeployment current) =>
        new()
        {
            Way = Way.Own,
            Accelerator = current.Accelerator,
            Count = current.Count,
            Id = $"own {current.Count}x:{current.Accelerator.Id}",
            Provider = "own",
            MostMachines = current.Machines,
            AsOf = "",
            Source = "the scenario",
        };

    private List<MachineSupply> Rented()
    {
        var quotes = scenario.Budget.Quotes.Where(quote => quote.PerHour is not null && IsUsable(quote)).ToList();
        var kept = new List<MachineSupply>();
        var refused = new SortedDictionary<(string Where, string Why), int>();
        foreach (var offer in catalog.Offers.All)
        {
            if (WhyNot(offer) is { } why)
            {
                var key = ($"{offer.Provider} in {offer.Region ?? "no stated region"}", why);
                refused[key] = refused.GetValueOrDefault(key) + 1;
            }
            else
                kept.AddRange(
                    TermsOf(offer).Where(supply => !quotes.Any(quote => Replaces(quote, offer, supply.Terms)))
                );
        }
        foreach (var ((where, why), count) in refused)
            reject(new Rejection($"{where} ({count} offers)", RejectionKind.Data, why));
        var unpriced = catalog.Offers.All.Count(offer => offer.OnDemandPerHour is null && offer.SpotPerHour is null);
        if (unpriced > 0)
            reject(new Rejection($"{unpriced} offers", RejectionKind.Price, "no price is known"));
        LeftOut += refused.Values.Sum() + unpriced;
        kept.AddRange(quotes.Select(OfQuote));
        return kept;
    }

    private string? WhyNot(Offer offer) => WhyNot(offer.Provider, offer.Region, offer.Jurisdiction);

    private string? WhyNot(string provider, string? region, string? jurisdiction)
    {
        if (
            DataRules.WhyNot(
                rules.Data,
                Way.Rent,
                provider,
                jurisdiction,
                $"its region {region ?? "(none is stated)"}",
                rules.Contracts
            ) is
            { } why
        )
            return why;
        return
            rules.Regions.IsEmpty
            || rules.Regions.Any(asked =>
                asked.Equals(region, StringComparison.OrdinalIgnoreCase)
                || asked.Equals(jurisdiction, StringComparison.OrdinalIgnoreCase)
            )
            ? null
            : $"it is not in {string.Join(" or ", rules.Regions)}";
    }

    /// <summary>A quote wins over the catalog's price, not over where data may be and how long there is.</summary>
    private bool IsUsable(Quote quote)
    {
        var why =
            WhyNot(quote.Provider, quote.Region, JurisdictionOf(quote))
            ?? (
                MonthsOf(quote.Terms) > scenario.Budget.HorizonMonths
                    ? $"its term is longer than the {scenario.Budget.HorizonMonths} months of the horizon"
                : quote.Terms == RentalTerms.Spot && scenario.Objectives.Availability is not null
                    ? "spot machines may be taken away, and availability is asked"
                : null
            );
        if (why is null)
            return true;
        reject(new Rejection($"quote of {quote.Provider}", RejectionKind.Data, why));
        LeftOut++;
        return false;
    }

    /// <summary>As the quote says, or as the catalog has the region it names.</summary>
    private string? JurisdictionOf(Quote quote) =>
        quote.Jurisdiction
        ?? catalog
            .Offers.All.FirstOrDefault(offer =>
                offer.Region is not null
                && offer.Region.Equals(quote.Region, StringComparison.OrdinalIgnoreCase)
                && IsOf(quote, offer)
            )
            ?.Jurisdiction;

    private static bool IsOf(Quote quote, Offer offer) =>
        quote.Provider.Equals(offer.Provider, StringComparison.OrdinalIgnoreCase);

    /// <summary>A quote of a provider stands for all it asks for that accelerator on those terms.</summary>
    private static bool Replaces(Quote quote, Offer offer, RentalTerms? terms) =>
        IsOf(quote, offer) && quote.Accelerator == offer.Accelerator && quote.Terms == terms;

    private IEnumerable<MachineSupply> TermsOf(Offer offer)
    {
        var months = scenario.Budget.HorizonMonths;
        // Machines of private people and leftovers come and go: no rest for who asked for availability.
        var isUnsteady = offer.Tier is "community" or "spot";
        if (isUnsteady && scenario.Objectives.Availability is not null)
            yield break;
        if (offer.OnDemandPerHour is { } price)
        {
            var middle = Estimate.WithinFactor((double)price.Usd, MachineCosts.PriceSpread, Evidence.Assumed);
            if (rules.Terms.Contains(RentalTerms.OnDemand))
                yield return Of(offer, RentalTerms.OnDemand, middle);
            // Only large providers publish what a commitment saves.
            if (offer.Tier is "hyperscaler" or "neocloud")
            {
                if (rules.Terms.Contains(RentalTerms.OneYear) && months >= MonthsOf(RentalTerms.OneYear))
                    yield return Of(offer, RentalTerms.OneYear, Discounted(middle, factors.OneYearDiscount));
                if (
                    offer.Tier is "hyperscaler"
                    && rules.Terms.Contains(RentalTerms.ThreeYears)
                    && months >= MonthsOf(RentalTerms.ThreeYears)
                )
                    yield return Of(offer, RentalTerms.ThreeYears, Discounted(middle, factors.ThreeYearDiscount));
            }
        }
        if (
            offer.SpotPerHour is { } spot
            && rules.Terms.Contains(RentalTerms.Spot)
            && scenario.Objectives.Availability is null
        )
            yield return Of(
                offer,
                RentalTerms.Spot,
                Estimate.WithinFactor((double)spot.Usd, MachineCosts.PriceSpread, Evidence.Assumed)
            );
    }

    private static Estimate Discounted(Estimate price, Estimate discount) =>
        new(
            price.Value * (1 - discount.Value),
            price.Low * (1 - discount.High),
            price.High * (1 - discount.Low),
            Evidence.Assumed
        );

    private MachineSupply Of(Offer offer, RentalTerms terms, Estimate perHour) =>
        new()
        {
            Way = Way.Rent,
            Terms = terms,
            Accelerator = AcceleratorOf(offer),
            Count = offer.Count,
            Id = offer.Id,
            Provider = offer.Provider,
            Region = offer.Region,
            Instance = offer.Instance,
            Tier = offer.Tier,
            PerHour = perHour * scenario.Budget.Shift.Rent,
            AsOf = offer.AsOf,
            Source = offer.Source,
            Conditions = RentConditions(offer, terms),
        };

    private ImmutableArray<string> RentConditions(Offer offer, RentalTerms terms)
    {
        var conditions = new List<string>();
        if (terms is RentalTerms.OneYear or RentalTerms.ThreeYears)
            conditions.Add(
                $"The discount of a {(terms == RentalTerms.OneYear ? "one-year" : "three-year")} commitment is a published range, not a quote: ask {offer.Provider} for one (purchasing)"
            );
        if (terms == RentalTerms.Spot)
            conditions.Add("Spot machines may be taken away at any time: only for work that can wait (operations)");
        if (offer.Tier is "community" or "spot")
            conditions.Add($"{offer.Provider} {offer.Tier} machines belong to others and may go away (operations)");
        if (PurchaseBook.IsConsumer(AcceleratorOf(offer)))
            conditions.Add(PurchaseBook.ConsumerCards);
        return [.. conditions];
    }

    private MachineSupply OfQuote(Quote quote)
    {
        var accelerator = catalog.Accelerators.Find(quote.Accelerator!);
        return new MachineSupply
        {
            Way = Way.Rent,
            Terms = quote.Terms,
            Accelerator = accelerator,
            Count = quote.Count,
            Id = $"quote of {quote.Provider}: {quote.Count}x:{accelerator.Id}",
            Provider = quote.Provider,
            Region = quote.Region,
            Instance = $"{quote.Count}x:{accelerator.Id}",
            PerHour = Estimate.Exact((double)quote.PerHour!.Value.Usd, Evidence.Assumed) * scenario.Budget.Shift.Rent,
            AsOf = quote.AsOf,
            Source = "a quote in the scenario",
        };
    }

    private Accelerator AcceleratorOf(Offer offer)
    {
        try
        {
            return catalog.Accelerators.Find(offer.Accelerator);
        }
        catch (UnknownNameException exception)
        {
            throw new BadContentException($"offer {offer.Id}", "accelerator", exception.Message, "");
        }
    }
}
