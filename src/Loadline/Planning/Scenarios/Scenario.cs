using System.Collections.Immutable;
using System.Text.Json;
using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>One of the three questions to a business, answered: how many, how long may they wait, how capable.</summary>
public sealed record Scenario
{
    public required string Name { get; init; }
    public string? Task { get; init; }

    /// <summary>What comes to the fleet; at least one.</summary>
    public required ImmutableArray<Workload> Streams
    {
        get;
        init
        {
            field = value;
            Workload = WorkloadMix.Of(value);
        }
    }

    /// <summary>All streams as one, in their busiest hour.</summary>
    public Workload Workload { get; private init; } = null!;
    public required Objectives Objectives { get; init; }
    public required ModelChoice Models { get; init; }
    public required DeploymentRules Deployment { get; init; }
    public required Budget Budget { get; init; }

    /// <summary>What the model as it is should do better; null where nobody asks.</summary>
    public AdaptationWish? Adaptation { get; init; }

    /// <summary>Every default that was used, in plain words.</summary>
    public ImmutableArray<string> Assumptions { get; init; } = [];

    /// <summary>What the user left open and a preset answered; somebody should confirm it.</summary>
    public ImmutableArray<string> OpenQuestions { get; init; } = [];

    /// <summary>The document it was read from.</summary>
    public JsonElement? Document { get; init; }
}

/// <summary>How capable the model must be.</summary>
public sealed record ModelChoice
{
    /// <summary>Catalog ids, paths, or ids of hosted models.</summary>
    public required ImmutableArray<string> Candidates { get; init; }

    /// <summary>False when they come from a preset, so that capability may choose others.</summary>
    public required bool AreNamed { get; init; }

    /// <summary>Least score by benchmark, in percent; empty where nothing is asked.</summary>
    public ImmutableSortedDictionary<string, double> MinimumCapability { get; init; } =
        ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>Which of several published variants counts, such as "reasoning"; null for the least.</summary>
    public string? Variant { get; init; }

    /// <summary>Largest share of a task score that narrower weights may cost; null for no limit.</summary>
    public double? MaximumQualityLoss { get; init; }

    /// <summary>Weight formats to consider; empty for all that are known.</summary>
    public ImmutableArray<string> WeightFormats { get; init; } = [];

    /// <summary>False for research and private use, where licences that forbid commercial use do not matter.</summary>
    public bool IsCommercial { get; init; } = true;
}

/// <summary>Where it may run and how it is paid for.</summary>
public sealed record DeploymentRules
{
    /// <summary>Ways the scenario allows: api, rent, buy.</summary>
    public required ImmutableArray<string> Allow { get; init; }

    /// <summary>Class of data; null for data without rules.</summary>
    public DataClass? Data { get; init; }

    /// <summary>Regions or jurisdictions machines may be in; empty for all.</summary>
    public ImmutableArray<string> Regions { get; init; } = [];

    /// <summary>Providers with whom the contract exists that the class of data asks for.</summary>
    public ImmutableArray<string> Contracts { get; init; } = [];

    /// <summary>Engines to consider, with or without version; empty for the default of each hardware.</summary>
    public ImmutableArray<string> Engines { get; init; } = [];

    /// <summary>Accelerators to consider; empty for all.</summary>
    public ImmutableArray<string> Accelerators { get; init; } = [];

    /// <summary>Most power of machines of one's own, with cooling; null for no limit.</summary>
    public double? MaximumKilowatts { get; init; }

    /// <summary>Months of growth a plan is sized for.</summary>
    public int PlanAheadMonths { get; init; }

    /// <summary>How rented machines may be paid for: on-demand, spot, 1-year, 3-years.</summary>
    public ImmutableArray<RentalTerms> Terms { get; init; } =
    [RentalTerms.OnDemand, RentalTerms.OneYear, RentalTerms.ThreeYears];

    /// <summary>What runs now; null for nothing.</summary>
    public CurrentDeployment? Current { get; init; }

    /// <summary>Latencies of hosted models that the user measured.</summary>
    public ImmutableArray<ApiLatency> ApiLatencies { get; init; } = [];
}

/// <summary>How a rented machine is paid for.</summary>
public enum RentalTerms
{
    OnDemand,

    /// <summary>May be taken away at any time.</summary>
    Spot,
    OneYear,
    ThreeYears,
}

/// <summary>What there is already.</summary>
/// <param name="Accelerator">Catalog id.</param>
/// <param name="Count">Accelerators in one machine.</param>
/// <param name="Machines">How many of them.</param>
/// <param name="Engine">Engine with or without version; null where not said.</param>
/// <param name="Model">What it serves; null where not said.</param>
/// <param name="WeightFormat">In which format; null where not said.</param>
public sealed record CurrentDeployment(
    Accelerator Accelerator,
    int Count,
    int Machines,
    string? Engine,
    string? Model,
    string? WeightFormat
);

/// <summary>What a user measured of a hosted model, at the percentiles of the objectives.</summary>
public sealed record ApiLatency(string Api, Duration? Ttft, Duration? Tpot, Duration? EndToEnd);

/// <summary>What money there is, and what things cost where the user knows better than the catalog.</summary>
public sealed record Budget
{
    public int HorizonMonths { get; init; } = 36;
    public Money? MaximumMonthly { get; init; }
    public Money? MaximumCapital { get; init; }

    /// <summary>USD per kWh; null for the usual price of the region.</summary>
    public PlanningRange? ElectricityPerKilowattHour { get; init; }

    /// <summary>Power of the whole site over that of the machines; null for what is usual.</summary>
    public double? PowerUsageEffectiveness { get; init; }

    /// <summary>USD per kW and month; null for the usual price, 0 for a room of one's own.</summary>
    public double? ColocationPerKilowattMonth { get; init; }

    /// <summary>Full-time people who run it; null for what is usual.</summary>
    public double? OperatorFte { get; init; }

    /// <summary>USD per year for one of them; null for what is usual.</summary>
    public double? OperatorCostPerYear { get; init; }

    /// <summary>Interest or return that the money would earn elsewhere, per year.</summary>
    public double CapitalCostPerYear { get; init; }
    public double? DepreciationYears { get; init; }

    /// <summary>Support and spare parts as a share of the purchase price per year; null for what is usual.</summary>
    public double? MaintenancePerYear { get; init; }

    /// <summary>USD for a server without its accelerators; null for what is usual.</summary>
    public double? ServerPrice { get; init; }

    /// <summary>Factor by which prices of rent and tokens move in a year.</summary>
    public PlanningRange PriceTrendPerYear { get; init; } = UsualPriceTrend;

    /// <summary>
    /// Prices move both ways: one-year leases of an H100 rose by 38 % in the five months to 2026-03, while its on-demand
    /// price at a hyperscaler fell by 44 % from 2025 to 2026-07. The upper end is a shock of supply.
    /// </summary>
    public static readonly PlanningRange UsualPriceTrend = new(0.75, 1, 1.4);

    /// <summary>Factors on all prices of a kind, for asking what if.</summary>
    internal PriceShift Shift { get; init; } = PriceShift.None;

    /// <summary>Offers the user has in hand; they win over the catalog.</summary>
    public ImmutableArray<Quote> Quotes { get; init; } = [];
}

/// <summary>Factors on prices.</summary>
internal readonly record struct PriceShift(double Rent, double Api, double Purchase)
{
    public static PriceShift None => new(1, 1, 1);
}

/// <summary>A price somebody offered.</summary>
public sealed record Quote
{
    /// <summary>Who offered it.</summary>
    public required string Provider { get; init; }

    /// <summary>Catalog id; null for a hosted model.</summary>
    public string? Accelerator { get; init; }
    public int Count { get; init; } = 1;
    public Money? PerHour { get; init; }

    /// <summary>Of one whole machine, bought.</summary>
    public Money? Price { get; init; }
    public RentalTerms Terms { get; init; }
    public string? Region { get; init; }
    public string? Jurisdiction { get; init; }

    /// <summary>Id of a hosted model whose prices these are.</summary>
    public string? Api { get; init; }
    public Money? PromptPerMillionTokens { get; init; }
    public Money? CachedPromptPerMillionTokens { get; init; }
    public Money? OutputPerMillionTokens { get; init; }
    public required string AsOf { get; init; }
}
