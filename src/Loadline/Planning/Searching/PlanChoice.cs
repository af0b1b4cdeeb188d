using System.Collections.Immutable;

namespace Loadline.Planning;

/// <summary>What is shown of all that was found: the winner, the next best, and what no other beats.</summary>
internal sealed record PlanChoice(
    PlanOption? Winner,
    ImmutableArray<PlanOption> Alternatives,
    ImmutableArray<PlanOption> Front
)
{
    private const int MostAlternatives = 8;
    private const int MostOnFront = 12;

    /// <summary>Gains below this are within the rounding of the search, not a reason to pay more.</summary>
    private const double WorthPaying = 0.99;

    /// <summary>Costs are not known better than this.</summary>
    private const double HardlyMore = 1.02;

    /// <summary>Nobody pays more times the cheapest plan for being faster than asked.</summary>
    internal const double DearestFactor = 3;

    public static PlanChoice Of(FoundPlans found, PlanVerification? verification)
    {
        var affordable = Affordable(found);
        var finalists = Finalists(affordable, found, verification);
        var front = Unbeaten(Shown(Unbeaten(affordable), found, verification).Concat(finalists));
        // A plan that took one machine more may have lost its place.
        if (front.FirstOrDefault(option => option.For.IsKnown) is { } cheapest && !finalists.Contains(cheapest))
            finalists = [.. finalists.Append(cheapest).Order(Comparer<PlanOption>.Create(PlanOption.Compare))];
        var winner = WinnerOf(finalists);
        if (winner is null && finalists.Count == 0)
        {
            // Nothing is affordable: what would be, is shown.
            var ranked = found.Search.Options.ToList();
            ranked.Sort(PlanOption.Compare);
            finalists = Finalists(ranked, found, verification);
        }
        return new PlanChoice(
            winner,
            [.. finalists.Where(option => !ReferenceEquals(option, winner)).Take(MostAlternatives)],
            [.. front.Where(option => option.For.IsKnown).Take(MostOnFront)]
        );
    }

    /// <summary>What would be recommended, and nothing beside it; null where nothing would.</summary>
    public static PlanOption? BestOf(FoundPlans found, PlanVerification? verification)
    {
        var known = Affordable(found).Where(option => option.For.IsKnown).ToList();
        // The cheapest of each way: one of them needs the least money at once.
        var best = verification?.First(known, 2, Kind) ?? known;
        return WinnerOf(best);
    }

    /// <summary>
    /// The cheapest, or one that costs hardly more and needs less money at once: nobody buys to save a hundredth.
    /// </summary>
    private static PlanOption? WinnerOf(List<PlanOption> ranked)
    {
        var cheapest = ranked.Find(option => option.For.IsKnown);
        return cheapest is null or { Capital: <= 0 }
            ? cheapest
            : ranked
                .Where(option => option.For.IsKnown && option.RankCost <= HardlyMore * cheapest.RankCost)
                .MinBy(option => option.Capital);
    }

    /// <summary>Options within the budget and the limits, cheapest first.</summary>
    public static List<PlanOption> Affordable(FoundPlans found)
    {
        var affordable = found.Search.Options.Where(option => IsAffordable(option, found)).ToList();
        affordable.Sort(PlanOption.Compare);
        return affordable;
    }

    private static bool IsAffordable(PlanOption option, FoundPlans found) =>
        IsAffordable(option, found.Search.Scenario, found.Costs);

    public static bool IsAffordable(PlanOption option, Scenario scenario, PlanCosts costs) =>
        !(option.CostPerMonth > (double?)scenario.Budget.MaximumMonthly?.Usd)
        && !(option.Capital > (double?)scenario.Budget.MaximumCapital?.Usd)
        && !(KilowattsOf(option, costs.Machines) > scenario.Deployment.MaximumKilowatts);

    /// <summary>Of machines of one's own, with cooling; null where there are none.</summary>
    private static double? KilowattsOf(PlanOption option, MachineCosts costs) =>
        option switch
        {
            SizedPlan { Way: Way.Buy or Way.Own } plan => costs.SiteKilowatts(plan.Supply, plan.Machines),
            HybridPlan hybrid => costs.SiteKilowatts(hybrid.Whole.Supply, hybrid.BaseMachines + hybrid.BesideBase),
            _ => null,
        };

    /// <summary>The cheapest of every way, model and accelerator, and the best of each way whatever it costs.</summary>
    private static List<PlanOption> Finalists(List<PlanOption> ranked, FoundPlans found, PlanVerification? verification)
    {
        var cheapest = First(ranked, MostAlternatives - 2);
        // Somebody who asks to buy wants to see what buying would cost, even where it is not among the cheapest.
        foreach (var way in ranked.Select(option => option.Way).Distinct().ToList())
        {
            if (cheapest.Any(option => option.Way == way))
                continue;
            cheapest.AddRange(First(ranked.Where(option => option.Way == way), 1));
        }
        cheapest.RemoveAll(option => !IsAffordable(option, found) && ranked.Any(other => IsAffordable(other, found)));
        cheapest.Sort(PlanOption.Compare);
        return cheapest;

        List<PlanOption> First(IEnumerable<PlanOption> options, int count) =>
            verification?.First(options, count, Kind) ?? [.. options.DistinctBy(Kind).Take(count)];
    }

    private static (string, string, Way) Kind(PlanOption option) =>
        option switch
        {
            SizedPlan plan => (plan.For.Id, plan.Supply.Accelerator.Id, plan.Way),
            HybridPlan hybrid => (hybrid.For.Id, hybrid.Api is null ? "rent" : "api", Way.Hybrid),
            _ => (option.For.Id, "", Way.Api),
        };

    private static IEnumerable<PlanOption> Shown(
        List<PlanOption> front,
        FoundPlans found,
        PlanVerification? verification
    ) =>
        verification is null
            ? front
            : front
                .Take(MostOnFront)
                .Select(verification.Verified)
                .OfType<PlanOption>()
                .Where(option => IsAffordable(option, found));

    /// <summary>
    /// Options that none beats in cost, whole answer, quality and capital together. What was not measured cannot be compared,
    /// and stands only while it is the cheapest.
    /// </summary>
    internal static List<PlanOption> Unbeaten(IEnumerable<PlanOption> options)
    {
        var ranked = options.Distinct().ToList();
        ranked.Sort(PlanOption.Compare);
        var cheapest = ranked.Find(option => option is not ApiPlan)?.RankCost ?? double.PositiveInfinity;
        var front = new List<PlanOption>();
        foreach (var option in ranked)
        {
            if (option is not ApiPlan && option.RankCost > DearestFactor * cheapest)
                continue;
            if (!front.Exists(better => Beats(better, option)))
                front.Add(option);
        }
        return front;
    }

    /// <summary>Cheaper or as cheap, as the order has it, and no worse in anything else by more than a rounding.</summary>
    private static bool Beats(PlanOption better, PlanOption option) =>
        (better.EndToEndSeconds, option.EndToEndSeconds) switch
        {
            (null, null) => true,
            (null, _) => false,
            (_, null) => true,
            ({ } one, { } other) => one * WorthPaying <= other,
        }
        && (better.QualityLoss?.Value ?? 0) <= (option.QualityLoss?.Value ?? 0)
        && better.Capital <= option.Capital
        && (better.For.IsKnown || !option.For.IsKnown);
}
