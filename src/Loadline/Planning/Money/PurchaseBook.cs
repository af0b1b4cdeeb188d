using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Machines that may be bought, each size at its price, with the server around the accelerators.</summary>
internal sealed class PurchaseBook(
    CatalogReader catalog,
    Scenario scenario,
    CostFactors factors,
    Action<Rejection> reject
)
{
    /// <summary>Sizes in which servers are sold; boards with a fabric of their own come whole.</summary>
    private static readonly int[] ServerSizes = [1, 2, 4, 8];
    private static readonly int[] BoardSizes = [8];

    private const string NoPrice = "no purchase price is known (a quote can give one: budget.quotes)";

    /// <summary>Accelerators without a price.</summary>
    public int LeftOut { get; private set; }

    public IEnumerable<MachineSupply> Read()
    {
        var unpriced = 0;
        var named = scenario.Deployment.Accelerators;
        foreach (var accelerator in catalog.Accelerators.All)
        {
            if (!named.IsEmpty && !named.Contains(accelerator.Id))
                continue;
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
                // One that was asked for is told by its name.
                if (!named.IsEmpty)
                    reject(new Rejection($"purchase of {accelerator.Id}", RejectionKind.Price, NoPrice));
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
        if (unpriced > 0 && named.IsEmpty)
            reject(new Rejection($"purchase of {unpriced} accelerators", RejectionKind.Price, NoPrice));
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

    public const string ConsumerCards =
        "Consumer cards: NVIDIA's licence of the GeForce driver does not allow their use in data centres (general knowledge): ask before they are ordered (legal)";

    public static bool IsConsumer(Accelerator accelerator) =>
        accelerator.Name.StartsWith("GeForce", StringComparison.Ordinal);
}
