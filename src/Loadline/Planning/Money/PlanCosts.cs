using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Sizes fleets and prices them, now and over the horizon.</summary>
internal sealed class PlanCosts
{
    /// <summary>More machines than anybody has built; a plan of so many is none.</summary>
    private const int MostMachines = 1_000_000;
    private const int MostDevices = 100_000_000;

    private readonly Scenario scenario;
    private readonly double requestsPerMonth;
    private readonly double[] growth;

    public PlanCosts(CatalogReader catalog, Scenario scenario, Demand demand)
    {
        this.scenario = scenario;
        Factors = new CostFactors(catalog, scenario);
        Machines = new MachineCosts(Factors, scenario);
        requestsPerMonth = demand.RequestsPerMonth.Value;
        growth = Growth(scenario.Workload.GrowthPerYear.Base);
    }

    public CostFactors Factors { get; }

    public MachineCosts Machines { get; }

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
            CostPerMonth = Machines.Monthly(supply, machines),
            Capital = Machines.Capital(supply, machines).Value,
            EndToEndSeconds = sized.Replica.At(rate, 1)?.EndToEnd,
            RankCost = 0,
        };
        return plan with { RankCost = Rank(plan) };
    }

    /// <summary>USD per month of so many replicas, at least.</summary>
    public double LeastPerMonth(MachineSupply supply, double replicas, int devices)
    {
        var machines = Math.Max(1, Math.Ceiling(replicas * devices / supply.Count));
        return machines > MostMachines ? double.PositiveInfinity : Machines.Monthly(supply, (int)machines);
    }

    /// <summary>A hosted model at the load of the scenario.</summary>
    public ApiPlan PlanOf(ModelOption option, ApiOffer api, ApiLatency? latency)
    {
        var perRequest =
            scenario.Streams.Sum(stream => ApiCosts.PerRequest(api, stream) * stream.PeakRate * stream.MeanShare)
            / scenario.Streams.Sum(stream => stream.PeakRate * stream.MeanShare);
        perRequest *= scenario.Budget.Shift.Api;
        var monthly = perRequest * requestsPerMonth;
        return new ApiPlan
        {
            For = option,
            Api = api,
            CostPerRequest = perRequest,
            Latency = latency,
            CostPerMonth = monthly,
            RankCost = monthly * growth.Average(),
            Capital = 0,
            QualityLoss = null,
        };
    }

    /// <summary>A split fleet with its costs.</summary>
    public HybridPlan Priced(HybridPlan plan)
    {
        var (_, capital, _) = OfHybrid(plan, 1, 1, 0);
        var machines = plan.BaseMachines + (plan.Api is null ? plan.RestMachines : 0);
        return plan with { CostPerMonth = MonthlyOf(plan, machines), Capital = capital, RankCost = Rank(plan) };
    }

    /// <summary>USD per month of a mixture with so many machines in all, what is bought spread over its use.</summary>
    public double MonthlyOf(HybridPlan plan, int machines)
    {
        var supply = plan.Whole.Supply;
        var own = Math.Min(plan.BaseMachines, machines);
        var people = Factors.OperatorsPerMonth(machines * supply.Count).Value;
        var inBase = Machines.MachinesPerMonth(supply, own);
        var rest = machines - own;
        if (plan.Rest is null)
            return inBase + people + plan.Api!.CostPerMonth * plan.OverflowShare;
        return inBase
            + people
            + (
                plan.Rest.PerHour is { } hour
                    ? hour.Value * HoursOf(plan.Rest, rest)
                    : Machines.MachinesPerMonth(plan.Rest, rest)
            );
    }

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
        for (var month = 0; month < load.Length; month++)
        {
            var prices = trendPerYear.Equals(1.0)
                ? 1
                : Math.Pow(trendPerYear, (month + 0.5) / CostFactors.MonthsPerYear);
            var (running, capital, machines) = MonthOf(option, load[month], prices, owned);
            if (month == 0)
                paid[0] = capital;
            paid[month + 1] = paid[month] + running + (month == 0 ? 0 : capital);
            left += capital * Factors.ResidualAfter(load.Length - month).Value;
            owned = machines;
        }
        return paid;
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
                return OfHybrid(hybrid, load, prices, owned);
            case SizedPlan sized:
                var machines = MachinesAt(sized, load);
                if (sized.Supply.PerHour is not null)
                    return (
                        Machines.MachinesPerMonth(sized.Supply, machines) * prices
                            + Factors.OperatorsPerMonth(machines * sized.Supply.Count).Value,
                        0,
                        0
                    );
                machines = Math.Max(machines, owned);
                var capital =
                    Machines.Capital(sized.Supply, machines).Value
                    - (owned == 0 ? 0 : Machines.Capital(sized.Supply, owned).Value);
                return (Machines.RunningPerMonth(sized.Supply, machines), capital, machines);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>The base stays as it is; the rest grows.</summary>
    private (double Running, double Capital, int Machines) OfHybrid(
        HybridPlan hybrid,
        double load,
        double prices,
        int owned
    )
    {
        var supply = hybrid.Whole.Supply;
        var inBase = hybrid.BaseMachines;
        // One team runs all of it.
        var wanted = hybrid.Api is null ? MachinesAt(hybrid.Whole, load) : inBase;
        var running =
            Machines.RunningPerMonth(supply, inBase)
            - Factors.OperatorsPerMonth(inBase * supply.Count).Value
            + Factors.OperatorsPerMonth(wanted * supply.Count).Value;
        var capital = owned == 0 ? Machines.Capital(supply, inBase).Value : 0;
        if (hybrid.Api is { } api)
        {
            var share = Hybrids.OverflowShare(scenario, hybrid.BaseShare / load);
            return (running + api.CostPerMonth * load * share * prices, capital, inBase);
        }
        var rest = Math.Max(0, wanted - inBase);
        if (hybrid.Rest!.PerHour is { } hour)
            return (running + hour.Value * HoursOf(hybrid.Rest, rest) * prices, capital, inBase);
        // Machines that were bought stay.
        rest = Math.Max(rest, owned - inBase);
        capital +=
            Machines.Capital(hybrid.Rest, rest).Value
            - Machines.Capital(hybrid.Rest, Math.Max(0, owned - inBase)).Value;
        running += Machines.RunningPerMonth(hybrid.Rest, rest) - Factors.OperatorsPerMonth(rest * supply.Count).Value;
        return (running, capital, inBase + rest);
    }

    /// <summary>Hours of the machines above a base: the busy ones on demand, all under a commitment.</summary>
    public double HoursOf(MachineSupply rest, int machines) =>
        rest.Terms is RentalTerms.OnDemand or RentalTerms.Spot
            ? Machines.BusyHours(machines)
            : Machines.HoursBilled(rest, machines);

    /// <summary>Machines, spares among them, at a multiple of the load of today.</summary>
    public int MachinesAt(SizedPlan plan, double load)
    {
        var peak = plan.RatePerReplica * plan.Replicas * load;
        var replicas = Math.Max(1, Math.Ceiling(peak / plan.Sized.MaximumRate));
        var wanted = (int)Math.Min(MostMachines, SizedPlan.MachinesFor(plan.Supply, plan.Sized, replicas));
        return wanted + Spares.For(wanted, plan.MachinesPerReplica, scenario.Objectives.Availability);
    }
}
