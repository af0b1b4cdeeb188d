using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Sizes fleets and prices them, now and over the horizon.</summary>
internal sealed class PlanCosts
{
    /// <summary>More machines than anybody has built; a plan of so many is none.</summary>
    public const int MostMachines = 1_000_000;
    private const int MostDevices = 100_000_000;

    private readonly Scenario scenario;
    private readonly double requestsPerMonth;
    private readonly double[] growth;

    public PlanCosts(CatalogReader catalog, Scenario scenario, Demand demand)
    {
        this.scenario = scenario;
        Factors = new CostFactors(catalog, scenario);
        Machines = new MachineCosts(Factors, scenario);
        Hybrid = new HybridCosts(this, scenario);
        requestsPerMonth = demand.RequestsPerMonth.Value;
        growth = Growth(scenario.Workload.GrowthPerYear.Base);
    }

    public CostFactors Factors { get; }

    public MachineCosts Machines { get; }

    public HybridCosts Hybrid { get; }

    /// <summary>Factor on the load of today in the middle of each month of the horizon.</summary>
    public double[] Growth(double perYear)
    {
        var factors = new double[scenario.Budget.HorizonMonths];
        for (var month = 0; month < factors.Length; month++)
            factors[month] = Math.Pow(perYear, (month + 0.5) / CostFactors.MonthsPerYear);
        return factors;
    }

    /// <summary>Null when it takes more machines than there are.</summary>
    public SizedPlan? PlanOf(SizedReplica sized, MachineSupply supply, double peakRate)
    {
        var replicas = Math.Max(1, Math.Ceiling(peakRate / sized.MaximumRate));
        var wanted = SizedPlan.MachinesFor(supply, sized, replicas);
        if (wanted > MostMachines || wanted * supply.Count > MostDevices)
            return null;
        var spares = Spares.For(
            (int)wanted,
            Math.Max(1, sized.Devices / supply.Count),
            scenario.Objectives.Availability
        );
        var machines = (int)wanted + spares;
        if (machines > (supply.MostMachines ?? MostMachines))
            return null;
        // All replicas the machines have room for serve; they are paid for either way.
        var all = sized.Devices > supply.Count ? (int)replicas : (int)wanted * (supply.Count / sized.Devices);
        var rate = peakRate / all;
        var plan = new SizedPlan
        {
            For = sized.For,
            Sized = sized,
            Supply = supply,
            Machines = machines,
            SpareMachines = spares,
            Replicas = all,
            RatePerReplica = rate,
            QualityLoss = sized.Outlook.TaskLoss,
            CostPerMonth = Machines.Monthly(supply, machines, Math.Max(1, sized.Devices / supply.Count)),
            Capital = Machines.Capital(supply, machines).Value,
            EndToEndSeconds = sized.Replica.At(rate, 1)?.EndToEnd,
            RankCost = 0,
        };
        return plan with { RankCost = Rank(plan) };
    }

    /// <summary>The same machines had elsewhere or on other terms.</summary>
    public SizedPlan PlanOn(MachineSupply supply, SizedPlan plan)
    {
        var priced = plan with
        {
            Supply = supply,
            CostPerMonth = Machines.Monthly(supply, plan.Machines, plan.MachinesPerReplica),
            Capital = Machines.Capital(supply, plan.Machines).Value,
        };
        return priced with { RankCost = Rank(priced) };
    }

    /// <summary>A hosted model at the load of the scenario.</summary>
    public ApiPlan PlanOf(ModelOption option, ApiOffer api, ApiLatency? latency)
    {
        var perRequest =
            scenario.Streams.Sum(stream => ApiCosts.PerRequest(api, stream) * stream.PeakRate * stream.MeanShare)
            / scenario.Streams.Sum(stream => stream.PeakRate * stream.MeanShare);
        perRequest *= scenario.Budget.Shift.Api;
        var monthly = perRequest * requestsPerMonth;
        var plan = new ApiPlan
        {
            For = option,
            Api = api,
            CostPerRequest = perRequest,
            Latency = latency,
            CostPerMonth = monthly,
            RankCost = 0,
            Capital = 0,
            QualityLoss = null,
        };
        return plan with { RankCost = Rank(plan) };
    }

    /// <summary>A split fleet with its costs.</summary>
    public HybridPlan Priced(HybridPlan plan) =>
        plan with
        {
            CostPerMonth = Hybrid.MonthlyAt(plan, 1),
            Capital = Hybrid.Of(plan, 1, 1, 0).Capital,
            RankCost = Rank(plan),
        };

    /// <summary>USD by the end of each month, what is paid at once at month 0; with growth and a price trend per year.</summary>
    public double[] Cumulative(PlanOption option, double growthPerYear, double trendPerYear) =>
        Cumulative(option, Growth(growthPerYear), trendPerYear, out _);

    /// <summary>Paid over the horizon, less what the machines still fetch.</summary>
    public double OverHorizon(PlanOption option, double growthPerYear, double trendPerYear)
    {
        var paid = Cumulative(option, Growth(growthPerYear), trendPerYear, out var left);
        return paid[^1] - left;
    }

    private double Rank(PlanOption option)
    {
        var paid = Cumulative(option, growth, scenario.Budget.PriceTrendPerYear.Base, out var left);
        return (paid[^1] - left) / growth.Length;
    }

    private double[] Cumulative(PlanOption option, double[] load, double trendPerYear, out double left)
    {
        var paid = new double[load.Length + 1];
        left = 0;
        var owned = 0;
        var bought = new double[load.Length];
        // What is written off is worth nothing and is bought again.
        var life = (int)Math.Ceiling(Factors.DepreciationMonths);
        for (var month = 0; month < load.Length; month++)
        {
            var prices = Math.Pow(trendPerYear, PricedAt(option, month) / CostFactors.MonthsPerYear);
            var (running, capital, machines) = MonthOf(option, load[month], prices, owned);
            if (month >= life)
                capital += bought[month - life];
            bought[month] = capital;
            if (month == 0)
                paid[0] = capital;
            paid[month + 1] = paid[month] + running + (month == 0 ? 0 : capital);
            left += capital * Factors.ResidualAfter(load.Length - month).Value;
            owned = machines;
        }
        return paid;
    }

    /// <summary>Months after which the price was made that a month is paid at: a commitment holds it for its term.</summary>
    private static double PricedAt(PlanOption option, int month)
    {
        var terms = option switch
        {
            SizedPlan sized => sized.Supply.Terms,
            HybridPlan hybrid => hybrid.Rest?.Terms,
            _ => null,
        };
        return SupplyBook.MonthsOf(terms) is { } term ? month / term * term : month + 0.5;
    }

    /// <summary>What a month costs at a load, what is bought at its beginning, and what is owned then.</summary>
    private (double Running, double Capital, int Machines) MonthOf(
        PlanOption option,
        double load,
        double prices,
        int owned
    )
    {
        switch (option)
        {
            case ApiPlan api:
                return (api.CostPerMonth * load * prices, 0, 0);
            case HybridPlan hybrid:
                return Hybrid.Of(hybrid, load, prices, owned);
            case SizedPlan sized:
                var machines = MachinesAt(sized, load);
                if (sized.Supply.PerHour is not null)
                    return (
                        Machines.MachinesPerMonth(sized.Supply, machines, sized.MachinesPerReplica) * prices
                            + PeoplePerMonth(sized.Supply, machines),
                        0,
                        0
                    );
                // Nobody has more machines than there are: what a load beyond them costs is another option.
                machines = Math.Max(Math.Min(machines, sized.Supply.MostMachines ?? machines), owned);
                var capital =
                    Machines.Capital(sized.Supply, machines).Value
                    - (owned == 0 ? 0 : Machines.Capital(sized.Supply, owned).Value);
                return (
                    Machines.RunningPerMonth(sized.Supply, machines) + PeoplePerMonth(sized.Supply, machines),
                    capital,
                    machines
                );
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>USD for the people who run so many machines.</summary>
    public double PeoplePerMonth(MachineSupply supply, int machines) =>
        Factors.OperatorsPerMonth(machines * supply.Count).Value;

    /// <summary>Machines, spares among them, at a multiple of the load of today.</summary>
    public int MachinesAt(SizedPlan plan, double load) => WithSpares(plan, NeededAt(plan, load));

    /// <summary>So many machines that the load needs, and the spare ones they need.</summary>
    public int WithSpares(SizedPlan plan, int needed) =>
        needed + Spares.For(needed, plan.MachinesPerReplica, scenario.Objectives.Availability);

    /// <summary>Machines that a multiple of the load of today needs.</summary>
    public int NeededAt(SizedPlan plan, double load)
    {
        var peak = plan.RatePerReplica * plan.Replicas * load;
        var replicas = Math.Max(1, Math.Ceiling(peak / plan.Sized.MaximumRate));
        return (int)Math.Min(MostMachines, SizedPlan.MachinesFor(plan.Supply, plan.Sized, replicas));
    }
}
