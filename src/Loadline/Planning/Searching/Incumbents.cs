namespace Loadline.Planning;

/// <summary>
/// What was found so far, as far as it says which points of the grid can no longer be shown: they could neither be among
/// the cheapest of all kinds and ways, nor be better than all that is cheaper in anything.
/// </summary>
/// <remarks>
/// All that a plan shows of a search are the cheapest options of each model, accelerator and way, and those that no other
/// beats in cost, whole answer, quality and capital (<see cref="PlanChoice"/>). A point whose least cost is above the
/// cheapest found of its own kind is not the former; one that a found option beats by its least cost and least time is not
/// the latter.
/// </remarks>
internal sealed class Incumbents(RankBounds bounds, Func<PlanOption, bool> isAffordable)
{
    /// <summary>Kinds that stay open: four times those shown, because some do not stand the simulation.</summary>
    private const int KindsKept = 24;

    /// <summary>The same in each way of having machines, of which the cheapest is shown.</summary>
    private const int KindsOfWayKept = 6;

    private readonly Dictionary<(string Model, string Accelerator, Way Way), double> kinds = [];
    private readonly Dictionary<Way, double> limitOfWay = [];
    private readonly Dictionary<string, double> splittable = new(StringComparer.Ordinal);
    private readonly List<PlanOption> front = [];
    private double limit = double.PositiveInfinity;
    private double cheapestWhole = double.PositiveInfinity;
    private double cheapestMixture = double.PositiveInfinity;

    /// <summary>Prices the mixtures around a fleet; null where there can be none.</summary>
    public Func<SizedPlan, IEnumerable<PlanOption>>? Mixtures { get; set; }

    public void Add(PlanOption option)
    {
        if (option is HybridPlan || !isAffordable(option))
            return;
        AddKind(option);
        AddToFront(option);
        if (option is SizedPlan { Way: Way.Buy, Machines: > 1, MachinesPerReplica: 1 } plan)
            AddWhole(plan);
    }

    private void AddKind(PlanOption option)
    {
        var kind = (option.For.Id, (option as SizedPlan)?.Supply.Accelerator.Id ?? "", option.Way);
        if (kinds.TryGetValue(kind, out var known) && known <= option.RankCost)
            return;
        kinds[kind] = option.RankCost;
        if (option.RankCost < limit)
            limit = Nth(kinds.Values, KindsKept);
        if (option.RankCost < LimitOf(option.Way))
            limitOfWay[option.Way] = Nth(
                kinds.Where(pair => pair.Key.Way == option.Way).Select(pair => pair.Value),
                KindsOfWayKept
            );
    }

    private static double Nth(IEnumerable<double> costs, int count) =>
        costs.Order().Skip(count - 1).FirstOrDefault(double.PositiveInfinity);

    private double LimitOf(Way way) => limitOfWay.GetValueOrDefault(way, double.PositiveInfinity);

    private void AddToFront(PlanOption option)
    {
        if (option.EndToEndSeconds is null)
            return;
        if (front.Exists(other => Beats(other, option)))
            return;
        front.RemoveAll(other => Beats(option, other));
        front.Add(option);
        front.Sort((one, other) => one.RankCost.CompareTo(other.RankCost));
    }

    private static bool Beats(PlanOption better, PlanOption option) =>
        better.RankCost <= option.RankCost
        && better.EndToEndSeconds <= option.EndToEndSeconds
        && (better.QualityLoss?.Value ?? 0) <= (option.QualityLoss?.Value ?? 0)
        && better.Capital <= option.Capital
        && (better.For.IsKnown || !option.For.IsKnown);

    /// <summary>A fleet that may be mixed: the cheapest of each model is.</summary>
    private void AddWhole(SizedPlan plan)
    {
        splittable[plan.For.Id] = Math.Min(
            plan.RankCost,
            splittable.GetValueOrDefault(plan.For.Id, double.PositiveInfinity)
        );
        if (Mixtures is null || plan.RankCost >= cheapestWhole)
            return;
        cheapestWhole = plan.RankCost;
        foreach (var mixture in Mixtures(plan).Where(isAffordable))
            cheapestMixture = Math.Min(cheapestMixture, mixture.RankCost);
    }

    /// <summary>True when a point cannot be shown, nor be part of a mixture that is.</summary>
    /// <param name="point">What is known of it.</param>
    /// <param name="supply">What it would run on.</param>
    public bool Surpass(in LeastPoint point, MachineSupply supply)
    {
        var machines = bounds.Machines(supply, point.Replicas, point.Devices);
        var cost = bounds.PerMonth(supply, machines);
        if (!IsNoneOfTheCheapest(point, supply, cost))
            return false;
        if (supply.Way == Way.Buy && Mixtures is not null && point.Devices <= supply.Count)
        {
            var whole = bounds.PerMonth(supply, Math.Max(2, machines));
            if (!(splittable.TryGetValue(point.For.Id, out var known) && RankBounds.IsDearer(whole, known)))
            {
                // A mixture has one machine of it at least.
                machines = 1;
                cost = bounds.PerMonth(supply, machines);
                if (!RankBounds.IsDearer(cost, Math.Max(limit, cheapestMixture)))
                    return false;
            }
        }
        return IsBeaten(point, cost, supply.Way == Way.Buy ? bounds.Capital(supply, machines) : 0);
    }

    private bool IsNoneOfTheCheapest(in LeastPoint point, MachineSupply supply, double cost) =>
        (RankBounds.IsDearer(cost, limit) && RankBounds.IsDearer(cost, LimitOf(supply.Way)))
        || (
            kinds.TryGetValue((point.For.Id, supply.Accelerator.Id, supply.Way), out var cheapest)
            && RankBounds.IsDearer(cost, cheapest)
        );

    private bool IsBeaten(in LeastPoint point, double cost, double capital)
    {
        foreach (var better in front)
        {
            if (!RankBounds.IsDearer(cost, better.RankCost))
                return false;
            if (
                better.EndToEndSeconds <= point.EndToEndSeconds
                && (better.QualityLoss?.Value ?? 0) <= point.QualityLoss
                && better.Capital <= capital
                && (better.For.IsKnown || !point.For.IsKnown)
            )
                return true;
        }
        return false;
    }
}

/// <summary>A point of the grid by what bounds it from below.</summary>
/// <param name="For">The model.</param>
/// <param name="Devices">Of one replica.</param>
/// <param name="Replicas">At the load of today, at least.</param>
/// <param name="EndToEndSeconds">At its percentile, at least.</param>
/// <param name="QualityLoss">As it is.</param>
internal readonly record struct LeastPoint(
    ModelOption For,
    int Devices,
    double Replicas,
    double EndToEndSeconds,
    double QualityLoss
);
