using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Planning;
using Loadline.Prediction;
using Loadline.Quantities;
using Loadline.Simulation;
using Loadline.Tests.Prediction;

namespace Loadline.Tests.Planning;

/// <summary>
/// Small objects of a plan, with round figures. One H100 is 700 W, and 1 kW with the server around it (8 kW for eight).
/// </summary>
internal static class Fleets
{
    public const double Hours = 730.5;

    public static readonly Accelerator Accelerator = Deployments.Catalog.Accelerators.Find("h100-sxm");

    private static readonly Deployment Deployment = Deployments.Of(Scenarios.Model);

    /// <summary>Nothing costs anything but the machines.</summary>
    public static Budget OnlyMachines { get; } =
        new()
        {
            HorizonMonths = 36,
            ElectricityPerKilowattHour = PlanningRange.Single(0),
            PowerUsageEffectiveness = 1,
            ColocationPerKilowattMonth = 0,
            OperatorFte = 0,
            OperatorCostPerYear = 0,
            MaintenancePerYear = 0,
            DepreciationYears = 5,
            PriceTrendPerYear = PlanningRange.Single(1),
        };

    /// <summary>Round figures for all that machines cost.</summary>
    public static Budget Everything { get; } =
        OnlyMachines with
        {
            ElectricityPerKilowattHour = PlanningRange.Single(0.1),
            PowerUsageEffectiveness = 1.5,
            ColocationPerKilowattMonth = 200,
            OperatorFte = 0.5,
            OperatorCostPerYear = 120_000,
            CapitalCostPerYear = 0.08,
            MaintenancePerYear = 0.05,
        };

    /// <summary>A request per second at peak, at all hours, for ever.</summary>
    public static Scenario Scenario(
        double rate = 1,
        Budget? budget = null,
        double growth = 1,
        string hours = "always",
        double outside = 0,
        double? availability = null
    )
    {
        var usual = Scenarios.Of();
        return usual with
        {
            Streams =
            [
                usual.Streams[0] with
                {
                    People = null,
                    RequestsPerSecond = rate,
                    Hours = WorkingHours.Parse(hours)!,
                    OutsideHoursShare = outside,
                    GrowthPerYear = PlanningRange.Single(growth),
                },
            ],
            Objectives = usual.Objectives with { Availability = availability },
            Budget = budget ?? OnlyMachines,
        };
    }

    public static PlanCosts Costs(Scenario scenario) => new(Deployments.Catalog, scenario, Demand.Of(scenario));

    public static FoundPlans Found(Scenario scenario, params PlanOption[] options)
    {
        var demand = Demand.Of(scenario);
        var search = new Search(scenario, LoadUncertainty.Of(scenario, demand), 3);
        foreach (var option in options)
            search.Add(option);
        return new FoundPlans(demand, search, Costs(scenario));
    }

    public static ModelOption Option(CapabilityGrade? grade = null) =>
        new(
            Scenarios.Model,
            Deployments.Model(Scenarios.Model),
            grade is not { } known
                ? null
                : new CapabilityVerdict
                {
                    Grade = known,
                    Findings = [],
                    Variants = [],
                    Why = "",
                },
            []
        );

    public static ReplicaUnderLoad Replica(Scenario scenario) =>
        new(Deployment, new ServingMemory(Deployment), scenario.Workload, scenario.Objectives);

    /// <summary>A replica that is good for so many requests a second today.</summary>
    public static SizedReplica Sized(Scenario scenario, double rate = 1) =>
        new(Option(), Replica(scenario), rate, new DesignPoint(1, 1), NoLoss, []);

    private static readonly QualityOutlook NoLoss = new()
    {
        TaskLoss = Estimate.Exact(0),
        PerplexityLoss = Estimate.Exact(0),
        KlDivergence = Estimate.Exact(0),
        Warnings = [],
        Source = "a test",
    };

    public static MachineSupply Rented(double perHour = 1, RentalTerms terms = RentalTerms.OnDemand, int count = 1) =>
        Supply(Way.Rent, count) with
        {
            Terms = terms,
            PerHour = Estimate.Exact(perHour, Evidence.Assumed),
            Instance = "one",
        };

    public static MachineSupply Bought(double price = 30_000, int count = 1) =>
        Supply(Way.Buy, count) with
        {
            Price = Estimate.Exact(price, Evidence.Assumed),
        };

    public static MachineSupply Own(int machines, int count = 1) =>
        Supply(Way.Own, count) with
        {
            MostMachines = machines,
        };

    private static MachineSupply Supply(Way way, int count) =>
        new()
        {
            Way = way,
            Accelerator = Accelerator,
            Count = count,
            Id = $"{way} {count}",
            Provider = way.ToString(),
            AsOf = "2026-01-01",
            Source = "a test",
        };

    public static ApiOffer Api(double prompt = 1, double output = 2) =>
        new()
        {
            Id = "host/model",
            Provider = "host",
            Model = "model",
            Name = "Model",
            PromptPerMillionTokens = Usd(prompt),
            OutputPerMillionTokens = Usd(output),
            AsOf = "2026-01-01",
            Source = "a test",
        };

    public static Money Usd(double value) => new((decimal)value);

    /// <summary>So many machines for a base, of all that a plan on machines of one's own takes.</summary>
    public static HybridPlan Split(
        Scenario scenario,
        SizedPlan whole,
        int inBase,
        MachineSupply? rest = null,
        ApiPlan? api = null
    )
    {
        var share = Math.Min(1, (double)inBase / whole.Replicas * whole.Sized.MaximumRate / whole.RatePerReplica);
        return Costs(scenario)
            .Priced(
                new HybridPlan
                {
                    For = whole.For,
                    Whole = whole,
                    BaseMachines = inBase,
                    RestMachines = whole.Machines - inBase,
                    BaseShare = share,
                    OverflowShare = Hybrids.OverflowShare(scenario, share),
                    Rest = rest,
                    Api = api,
                    QualityLoss = whole.QualityLoss,
                    CostPerMonth = 0,
                    RankCost = 0,
                    Capital = 0,
                }
            );
    }

    public static ImmutableArray<RentalTerms> AllTerms { get; } = [.. Enum.GetValues<RentalTerms>()];
}
