using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What machines for a training run cost by the hour.</summary>
internal sealed class TrainingPrices(CatalogReader catalog)
{
    /// <summary>
    /// USD per hour for so many accelerators on demand: the median of the offers, from the cheapest to the dearest. Whole
    /// machines are paid for. Null where nobody offers them at a known price.
    /// </summary>
    public TrainingPrice? Of(HardwareSpec hardware)
    {
        var offers = catalog
            .Offers.All.Where(offer =>
                offer.Accelerator.Equals(hardware.Accelerator.Id, StringComparison.OrdinalIgnoreCase)
                && offer.OnDemandPerHour is not null
                // Machines of private people and leftovers may go away within a run.
                && offer.Tier is not "community" and not "spot"
            )
            .ToList();
        if (offers.Count == 0)
            return null;
        // Nobody rents eight to use one, or eight machines where one holds them all.
        var least = offers.Min(offer => (Idle(offer), Machines(offer)));
        var priced = offers
            .Where(offer => (Idle(offer), Machines(offer)) == least)
            .Select(offer => (Offer: offer, PerHour: (double)offer.OnDemandPerHour!.Value.Usd * Machines(offer)))
            .OrderBy(each => each.PerHour)
            .ThenBy(each => each.Offer.Id, StringComparer.Ordinal)
            .ToList();
        var perHour = new Estimate(
            priced[priced.Count / 2].PerHour,
            priced[0].PerHour,
            priced[^1].PerHour,
            Evidence.Assumed
        );
        return new TrainingPrice(perHour, priced[0].Offer, priced.Count);

        int Machines(Offer offer) => (hardware.Count + offer.Count - 1) / offer.Count;
        int Idle(Offer offer) => Machines(offer) * offer.Count - hardware.Count;
    }
}

/// <summary>An hour of machines.</summary>
/// <param name="PerHourUsd">All machines together.</param>
/// <param name="Cheapest">The offer at the lower end.</param>
/// <param name="Offers">How many it is taken from.</param>
internal sealed record TrainingPrice(Estimate PerHourUsd, Offer Cheapest, int Offers);
