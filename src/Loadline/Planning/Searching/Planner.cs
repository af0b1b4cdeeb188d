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

    /// <summary>Day the plan is made for, which dates its roadmap.</summary>
    public DateOnly? Start { get; init; }

    public Plan Plan(Scenario scenario, CancellationToken cancellation = default)
    {
        var found = Found(scenario, cancellation);
        var verification = Verifies ? new PlanVerification(scenario, found.Search, found.Costs, cancellation) : null;
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

    /// <summary>The cheapest option under some scenario, without simulation and without telling it in full.</summary>
    internal PlanOption? Best(Scenario scenario, CancellationToken cancellation)
    {
        var found = Found(scenario, cancellation);
        return PlanChoice.Affordable(found).FirstOrDefault(option => option.For.IsKnown);
    }

    private FoundPlans Found(Scenario scenario, CancellationToken cancellation)
    {
        var demand = Demand.Of(scenario);
        var load = LoadUncertainty.Of(scenario, demand);
        var search = new Search(scenario, load);
        var costs = new PlanCosts(catalog, scenario, demand);
        var options = new ModelSelection(catalog, models, search).Choose();
        new ApiSearch(catalog, search, costs).Try(options);
        var book = new SupplyBook(catalog, scenario, costs.Factors, search.Rejected.Add);
        var supplies = book.Read();
        search.Considered += book.LeftOut;
        // The cheapest hardware first: what it costs excludes much of the rest.
        var groups = supplies
            .GroupBy(supply => supply.Accelerator)
            .OrderBy(group => group.Min(supply => costs.Machines.MachinesPerMonth(supply, 1) / supply.Count))
            .ThenBy(group => group.Key.Id, StringComparer.Ordinal)
            .ToList();
        var placements = new PlacementSearch(catalog, search, costs);
        foreach (var option in options.Where(option => option.Model is not null))
            placements.Try(option, groups, cancellation);
        AddHybrids(search, costs);
        return new FoundPlans(demand, search, costs);
    }

    /// <summary>Mixtures of the best fleet of each model on machines of its own with the best of renting and of calling.</summary>
    private static void AddHybrids(Search search, PlanCosts costs)
    {
        var sized = search.Options.OfType<SizedPlan>().ToList();
        var wholes = sized
            .Where(plan =>
                plan.Way is Way.Buy or Way.Own && plan.Machines - plan.SpareMachines > 1 && plan.MachinesPerReplica == 1
            )
            .GroupBy(plan => plan.For.Id)
            .Select(group => group.MinBy(plan => plan.RankCost)!);
        foreach (var whole in wholes.ToList())
        {
            var rent = sized
                .Where(plan =>
                    plan.Supply.Terms == RentalTerms.OnDemand
                    && plan.For.Id == whole.For.Id
                    && plan.Supply.Accelerator.Id == whole.Supply.Accelerator.Id
                    && plan.Supply.Count == whole.Supply.Count
                )
                .MinBy(plan => plan.RankCost);
            var api = search
                .Options.OfType<ApiPlan>()
                .Where(plan => plan.For.Id == whole.For.Id)
                .MinBy(plan => plan.RankCost);
            foreach (var hybrid in Hybrids.Of(whole, rent, api, search.Scenario, costs))
                search.Options.Add(hybrid);
        }
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
