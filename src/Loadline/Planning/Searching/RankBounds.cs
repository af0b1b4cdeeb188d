namespace Loadline.Planning;

/// <summary>The least that machines of a kind can cost a month over the horizon, in the terms that plans are ranked by.</summary>
/// <remarks>
/// A fleet of at least so many machines: rent moves with the trend of prices, what is bought is paid at the beginning and
/// fetches its residual value at the end, and further machines only add to both.
/// </remarks>
internal sealed class RankBounds(PlanCosts costs, Scenario scenario)
{
    /// <summary>Fleets whose cost is remembered.</summary>
    private const int SmallFleet = 64;

    private readonly Dictionary<MachineSupply, double[]> known = new(ReferenceEqualityComparer.Instance);
    private readonly double meanPrice = costs.Growth(scenario.Budget.PriceTrendPerYear.Base).Average();
    private readonly double share =
        (1 - costs.Factors.ResidualAfter(scenario.Budget.HorizonMonths).Value) / scenario.Budget.HorizonMonths;

    /// <summary>Least load over the horizon as a share of that of today.</summary>
    private readonly double leastLoad = Math.Min(1, costs.Growth(scenario.Workload.GrowthPerYear.Base).Min());

    /// <summary>Machines that so many replicas at the load of today take at any time of the horizon, at least.</summary>
    public int Machines(MachineSupply supply, double replicas, int devices)
    {
        var whole = Math.Max(1, Math.Ceiling(replicas * leastLoad));
        var machines =
            devices > supply.Count ? whole * (devices / supply.Count) : Math.Ceiling(whole / (supply.Count / devices));
        return (int)Math.Min(machines, int.MaxValue / 2 / supply.Count);
    }

    /// <summary>
    /// True when so much a month is more than another, and not the same summed in another order: at the same cost the one
    /// that loses less quality is taken, so a tie excludes nothing.
    /// </summary>
    public static bool IsDearer(double cost, double than) => cost > than * (1 + SameCost);

    private const double SameCost = 1e-9;

    /// <summary>USD per month, on average over the horizon.</summary>
    public double PerMonth(MachineSupply supply, int machines)
    {
        if (machines > SmallFleet)
            return Of(supply, machines);
        if (!known.TryGetValue(supply, out var fleets))
            known[supply] = fleets = new double[SmallFleet + 1];
        return fleets[machines] > 0 ? fleets[machines] : fleets[machines] = Of(supply, machines);
    }

    private double Of(MachineSupply supply, int machines) =>
        costs.Factors.OperatorsPerMonth(machines * supply.Count).Value
        + (
            supply.PerHour is not null
                ? costs.Machines.MachinesPerMonth(supply, machines) * PriceOf(supply)
                : costs.Machines.RunningPerMonth(supply, machines) + Capital(supply, machines) * share
        );

    /// <summary>A commitment holds its price for its term, which may keep it below what prices are on average.</summary>
    private double PriceOf(MachineSupply supply) =>
        supply.Terms is RentalTerms.OneYear or RentalTerms.ThreeYears ? Math.Min(1, meanPrice) : meanPrice;

    /// <summary>USD at once.</summary>
    public double Capital(MachineSupply supply, int machines) => costs.Machines.Capital(supply, machines).Value;
}
