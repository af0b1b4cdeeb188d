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
            .Select(offer => (Offer: offer, PerHour: (double)offer.OnDemandPerHour!.Value.Usd * Machines(offer)))
            .OrderBy(priced => priced.PerHour)
            .ThenBy(priced => priced.Offer.Id, StringComparer.Ordinal)
            .ToList();
        if (offers.Count == 0)
            return null;
        var perHour = new Estimate(
            offers[offers.Count / 2].PerHour,
            offers[0].PerHour,
            offers[^1].PerHour,
            Evidence.Assumed
        );
        return new TrainingPrice(perHour, offers[0].Offer, offers.Count);

        int Machines(Offer offer) => (hardware.Count + offer.Count - 1) / offer.Count;
    }
}

/// <summary>An hour of machines.</summary>
/// <param name="PerHourUsd">All machines together.</param>
/// <param name="Cheapest">The offer at the lower end.</param>
/// <param name="Offers">How many it is taken from.</param>
internal sealed record TrainingPrice(Estimate PerHourUsd, Offer Cheapest, int Offers);
