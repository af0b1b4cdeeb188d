using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;

namespace Loadline.Planning;

/// <summary>
/// Answers a scenario: looks for the cheapest way of serving it among hosted models, rented, bought and own machines and
/// mixtures of them, with the confidence it asks for, and says what it takes, costs and risks.
/// </summary>
public sealed class Planner(CatalogReader catalog, Func<string, Model> models)
{
    /// <summary>False shows finalists by their closed forms, without playing them.</summary>
    public bool Verifies { get; init; } = true;

    /// <summary>False leaves out what other questions would have led to, which takes as many searches again.</summary>
    public bool AsksWhatIf { get; init; } = true;

    /// <summary>False works out every point of the grid that physics allows: for tests of the bounds.</summary>
    internal bool UsesBounds { get; init; } = true;

    /// <summary>True counts what lower limits on the batch would change, of which no plan is made.</summary>
    internal bool TriesBatchLimits { get; init; }

    /// <summary>Day the plan is made for, which dates its roadmap.</summary>
    public DateOnly? Start { get; init; }

    public Plan Plan(Scenario scenario, CancellationToken cancellation = default)
    {
        var found = Searched(scenario, cancellation);
        var verification = VerificationOf(found, cancellation);
        var choice = PlanChoice.Of(found, verification);
        var context = new PlanContext(
            catalog,
            this,
            scenario,
            found,
            choice,
            Start ?? DateOnly.Parse(catalog.Date, System.Globalization.CultureInfo.InvariantCulture)
        );
        return PlanReport.Of(context, cancellation);
    }

    /// <summary>What would be recommended under some scenario, simulated as the rest but not told in full.</summary>
    /// <param name="scenario">What is asked.</param>
    /// <param name="hint">A plan that may do under it, which bounds what is looked at; null for none.</param>
    /// <param name="slack">Factor by which simulation may make the hint dearer than the search has it.</param>
    /// <param name="cancellation">Stops it.</param>
    internal PlanOption? Best(Scenario scenario, SizedPlan? hint, double slack, CancellationToken cancellation)
    {
        var found = Found(scenario, new SearchReach(slack, false, hint), cancellation);
        return PlanChoice.BestOf(found, VerificationOf(found, cancellation));
    }

    private PlanVerification? VerificationOf(FoundPlans found, CancellationToken cancellation) =>
        Verifies ? new PlanVerification(found.Search.Scenario, found.Search, found.Costs, cancellation) : null;

    /// <summary>What the search alone finds, before anything is simulated or told.</summary>
    internal FoundPlans Searched(Scenario scenario, CancellationToken cancellation = default) =>
        Found(scenario, new SearchReach(PlanChoice.DearestFactor, true, null), cancellation);

    /// <summary>How far a search goes.</summary>
    /// <param name="Dearest">Times the cheapest on machines beyond which nothing is worked out.</param>
    /// <param name="ShowsOthers">True where more than the best is shown, so that others are kept open.</param>
    /// <param name="Hint">A plan that may do, which is worked out first; null for none.</param>
    private sealed record SearchReach(double Dearest, bool ShowsOthers, SizedPlan? Hint);

    private FoundPlans Found(Scenario scenario, SearchReach reach, CancellationToken cancellation)
    {
        var demand = Demand.Of(scenario);
        var load = LoadUncertainty.Of(scenario, demand);
        var costs = new PlanCosts(catalog, scenario, demand);
        var search = new Search(scenario, load, reach.Dearest)
        {
            IsAffordable = option => PlanChoice.IsAffordable(option, scenario, costs),
        };
        var ranks = new RankBounds(costs, scenario);
        // Where only the cheapest is looked for, its cost says all.
        if (reach.ShowsOthers && UsesBounds)
            search.Incumbents = new Incumbents(ranks, search.IsAffordable);
        if (TriesBatchLimits)
            search.BatchLimits = new BatchLimits();
        var options = new ModelSelection(catalog, models, search).Choose();
        new ApiSearch(catalog, search, costs).Try(options);
        var book = new SupplyBook(catalog, scenario, costs.Factors, search.Rejected.Add);
        var supplies = search.Supplies = book.Read();
        search.Considered += book.LeftOut;
        var hybrids = new Hybrids(search, costs);
        if (search.Incumbents is { } incumbents)
            incumbents.Mixtures = hybrids.Around;
        // The cheapest hardware first: what it costs excludes much of the rest.
        var groups = supplies
            .GroupBy(supply => supply.Accelerator)
            .OrderBy(group => group.Min(supply => costs.Machines.MachinesPerMonth(supply, 1) / supply.Count))
            .ThenBy(group => group.Key.Id, StringComparer.Ordinal)
            .ToList();
        var placements = new PlacementSearch(catalog, search, costs, UsesBounds ? ranks : null);
        if (reach.Hint is { } hint)
            placements.TryFirst(hint, supplies);
        // Small models first: what they cost excludes much of the rest.
        foreach (
            var option in options
                .Where(option => option.Model is not null)
                .OrderBy(option => option.Model!.Architecture.Tensors.ActiveParameters)
        )
            placements.Try(option, groups, cancellation);
        hybrids.Add();
        return new FoundPlans(demand, search, costs);
    }
}

/// <summary>All that a search found for a scenario.</summary>
internal sealed record FoundPlans(Demand Demand, Search Search, PlanCosts Costs);

/// <summary>All that the telling of a plan draws on.</summary>
internal sealed record PlanContext(
    CatalogReader Catalog,
    Planner Planner,
    Scenario Scenario,
    FoundPlans Found,
    PlanChoice Choice,
    DateOnly Start
);
