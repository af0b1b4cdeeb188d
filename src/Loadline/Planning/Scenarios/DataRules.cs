using Loadline.Catalog;

namespace Loadline.Planning;

/// <summary>
/// Where data of a class may be processed, by <c>catalog/data-classes.json</c>. Not legal advice (docs/planning.md).
/// </summary>
public static class DataRules
{
    /// <summary>Why somebody's machines may not hold the data, in one line; null when they may.</summary>
    /// <param name="data">Class of data; null for data without rules.</param>
    /// <param name="way">Hosted API or rented machine; one's own may hold all.</param>
    /// <param name="provider">Who runs it.</param>
    /// <param name="jurisdiction">Where it is, or has its seat; null when not known.</param>
    /// <param name="place">What lies there, in words.</param>
    /// <param name="contracts">Providers with whom there is a contract.</param>
    public static string? WhyNot(
        DataClass? data,
        Way way,
        string provider,
        string? jurisdiction,
        string place,
        IReadOnlyList<string> contracts
    )
    {
        if (data is null || way is not (Way.Api or Way.Rent))
            return null;
        var placement = way == Way.Api ? data.Api : data.Rent;
        var where = way == Way.Api ? "hosted by somebody else" : "on a rented machine";
        if (placement == DataPlacement.Forbidden)
            return $"{data.Id} data may not be {where}";
        // A contract settles what the law asks of the provider, and where a hosted model computes.
        var isSettled = way == Way.Api || placement == DataPlacement.WithContract;
        if (isSettled && contracts.Contains(provider))
            return null;
        if (data.Jurisdictions.Length > 0 && (jurisdiction is null || !data.Jurisdictions.Contains(jurisdiction)))
        {
            var allowed = string.Join(" or ", data.Jurisdictions);
            var remedy = isSettled ? $" (a contract that settles it goes into deployment.contracts: [{provider}])" : "";
            return jurisdiction is null
                ? $"{place} is not known to lie in {allowed}, as {data.Id} data needs{remedy}"
                : $"{place} lies in {jurisdiction}, and {data.Id} data must stay in {allowed}{remedy}";
        }
        return placement == DataPlacement.WithContract
            ? $"{data.Id} data needs a contract with {provider} first (deployment.contracts: [{provider}])"
            : null;
    }
}
