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
    private const int MonthsOfOneYear = 12;
    private const int MonthsOfThreeYears = 36;

    /// <summary>Sizes in which servers are sold; boards with a fabric of their own come whole.</summary>
    private static readonly int[] ServerSizes = [1, 2, 4, 8];
    private static readonly int[] BoardSizes = [8];

    private readonly DeploymentRules rules = scenario.Deployment;

    /// <summary>Offers that were left out.</summary>
    public int LeftOut { get; private set; }

    public ImmutableArray<MachineSupply> Read()
    {
        var supplies = new List<MachineSupply>();
        if (rules.Current is { } current)
            supplies.Add(Own(current));
        if (rules.Allow.Contains("rent"))
            supplies.AddRange(Rented());
        if (rules.Allow.Contains("buy"))
            supplies.AddRange(Bought());
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
        var quotes = scenario.Budget.Quotes.Where(quote => quote.PerHour is not null).ToList();
        var kept = new List<MachineSupply>();
        var refused = new SortedDictionary<(string Where, string Why), int>();
        foreach (var offer in catalog.Offers.All)
        {
            if (WhyNot(offer) is { } why)
            {
                var key = ($"{offer.Provider} in {offer.Region ?? "no stated region"}", why);
                refused[key] = refused.GetValueOrDefault(key) + 1;
            }
            else if (!quotes.Any(quote => Replaces(quote, offer)))
                kept.AddRange(TermsOf(offer));
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

    private string? WhyNot(Offer offer)
    {
        if (
            DataRules.WhyNot(
                rules.Data,
                Way.Rent,
                offer.Provider,
                offer.Jurisdiction,
                $"its region {offer.Region ?? "(none is stated)"}",
                rules.Contracts
            ) is
            { } why
        )
            return why;
        return
            rules.Regions.IsEmpty
            || rules.Regions.Any(region =>
                region.Equals(offer.Region, StringComparison.OrdinalIgnoreCase)
                || region.Equals(offer.Jurisdiction, StringComparison.OrdinalIgnoreCase)
            )
            ? null
            : $"it is not in {string.Join(" or ", rules.Regions)}";
    }

    /// <summary>A quote of a provider stands for all it asks for that accelerator on those terms.</summary>
    private static bool Replaces(Quote quote, Offer offer) =>
        quote.Provider == offer.Provider && quote.Accelerator == offer.Accelerator;

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
                if (rules.Terms.Contains(RentalTerms.OneYear) && months >= MonthsOfOneYear)
                    yield return Of(offer, RentalTerms.OneYear, Discounted(middle, factors.OneYearDiscount));
                if (
                    offer.Tier is "hyperscaler"
                    && rules.Terms.Contains(RentalTerms.ThreeYears)
                    && months >= MonthsOfThreeYears
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
                $"The discount of a {(terms == RentalTerms.OneYear ? "one-year" : "three-year")} commitment is a published range, not a quote: ask {offer.Provider} for one"
            );
        if (terms == RentalTerms.Spot)
            conditions.Add("Spot machines may be taken away at any time: only for work that can wait");
        if (offer.Tier is "community" or "spot")
            conditions.Add($"{offer.Provider} {offer.Tier} machines belong to others and may go away");
        if (IsConsumer(AcceleratorOf(offer)))
            conditions.Add(ConsumerCards);
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

    private IEnumerable<MachineSupply> Bought()
    {
        var unpriced = 0;
        foreach (var accelerator in catalog.Accelerators.All)
        {
            var quotes = scenario
                .Budget.Quotes.Where(quote => quote.Price is not null && quote.Accelerator == accelerator.Id)
                .ToList();
            foreach (var quote in quotes)
                yield return Purchase(
                    accelerator,
                    quote.Count,
                    Estimate.Exact((double)quote.Price!.Value.Usd, Evidence.Assumed),
                    quote.Provider,
                    quote.AsOf,
                    "a quote in the scenario"
                );
            if (quotes.Count > 0)
                continue;
            if (accelerator.Price is not { } price)
            {
                unpriced++;
                continue;
            }
            foreach (var count in SizesOf(accelerator))
            {
                var cards = (double)price.Price.Usd * count;
                var whole = Estimate.WithinFactor(cards, MachineCosts.PriceSpread, Evidence.Assumed);
                if (accelerator.Kind != AcceleratorKind.UnifiedMemory)
                    whole += factors.ServerFor(cards);
                yield return Purchase(accelerator, count, whole, "market", price.AsOf, price.Basis);
            }
        }
        if (unpriced > 0)
            reject(
                new Rejection($"purchase of {unpriced} accelerators", RejectionKind.Price, "no purchase price is known")
            );
        LeftOut += unpriced;
    }

    private MachineSupply Purchase(
        Accelerator accelerator,
        int count,
        Estimate price,
        string provider,
        string asOf,
        string source
    ) =>
        new()
        {
            Way = Way.Buy,
            Accelerator = accelerator,
            Count = count,
            Id = $"buy {count}x:{accelerator.Id}",
            Provider = provider,
            Price = price * scenario.Budget.Shift.Purchase,
            AsOf = asOf,
            Source = source,
            LeadTimeWeeks = LeadTimeOf(accelerator),
            Conditions = IsConsumer(accelerator) ? [ConsumerCards] : [],
        };

    private static int[] SizesOf(Accelerator accelerator) =>
        accelerator.Kind == AcceleratorKind.UnifiedMemory ? [1]
        : IsBoard(accelerator) ? BoardSizes
        : [.. ServerSizes.Where(size => size <= (accelerator.Link?.DevicesPerNode ?? ServerSizes[^1]))];

    private static bool IsBoard(Accelerator accelerator) =>
        accelerator.FormFactor?.Contains("SXM", StringComparison.OrdinalIgnoreCase) == true
        || accelerator.FormFactor?.Contains("OAM", StringComparison.OrdinalIgnoreCase) == true;

    private PlanningRange? LeadTimeOf(Accelerator accelerator)
    {
        var id =
            accelerator.Id.StartsWith("nvidia-b200", StringComparison.Ordinal) ? "lead-time-weeks-dgx-b200"
            : accelerator.Id == "nvidia-h100-sxm-80gb" ? "lead-time-weeks-h100-sxm-node"
            : null;
        if (id is null || catalog.Economics.Get(id) is not { } weeks)
            return null;
        var high = weeks.High ?? weeks.Typical ?? 0;
        return new PlanningRange(weeks.Low ?? weeks.Typical ?? 0, weeks.Typical ?? high, high);
    }

    private const string ConsumerCards =
        "Consumer cards: NVIDIA's licence of the GeForce driver does not allow their use in data centres (general knowledge; ask)";

    private static bool IsConsumer(Accelerator accelerator) =>
        accelerator.Name.StartsWith("GeForce", StringComparison.Ordinal);

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
