using System.Collections.Immutable;
using Loadline.Catalog;

namespace Loadline.Planning;

/// <summary>
/// Which rented machines a class of data may live on. Not legal advice; classes and reasons are in
/// <c>docs/planning.md</c>.
/// </summary>
public static class DataRules
{
    public static readonly ImmutableArray<string> Known = ["public", "internal", "personal-eu", "own-hardware-only"];

    public static bool IsKnown(string data) => Known.Contains(data);

    /// <summary>Why an offer may not hold the data, in one line; null when it may.</summary>
    public static string? WhyNot(string? data, Offer offer) =>
        data switch
        {
            "personal-eu" when offer.Jurisdiction != "EU" => offer.Jurisdiction is { } where
                ? $"its region {offer.Region} lies in {where}, and personal-eu data must stay in the EU"
                : "its region is not known to lie in the EU, as personal-eu data needs",
            "own-hardware-only" =>
                "own-hardware-only data may not be on a rented machine, the only kind planned so far",
            _ => null,
        };
}
