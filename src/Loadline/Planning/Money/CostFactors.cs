using System.Globalization;
using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>
/// What running computers costs, each from the scenario where it says so and from the catalog's dated ranges otherwise.
/// </summary>
public sealed class CostFactors
{
    private readonly CatalogReader catalog;
    private readonly List<string> assumptions = [];

    /// <summary>
    /// Part of a full-time operator that even one machine takes: updates, monitoring, a stand-in. A norm of ours; no
    /// public figure was found.
    /// </summary>
    private static readonly Estimate LeastOperators = new(0.1, 0.05, 0.25, Evidence.Assumed);

    /// <summary>Least price of a server without its accelerators: a workstation. A norm of ours.</summary>
    private const double LeastServer = 2000;

    /// <summary>Months of a year.</summary>
    public const double MonthsPerYear = 12;

    public CostFactors(CatalogReader catalog, Scenario scenario)
    {
        this.catalog = catalog;
        var budget = scenario.Budget;
        var inEurope =
            scenario.Deployment.Data?.Jurisdictions.Contains("EU") == true
            || scenario.Deployment.Regions.Contains("EU", StringComparer.OrdinalIgnoreCase);
        Electricity = budget.ElectricityPerKilowattHour is { } price
            ? new Estimate(price.Base, price.Low, price.High, Evidence.Assumed)
            : Usual(inEurope ? "electricity-usd-per-kwh-eu" : "electricity-usd-per-kwh", "Electricity");
        PowerUsage = Given(budget.PowerUsageEffectiveness) ?? Usual("pue-average", "Power usage effectiveness");
        Colocation = Given(budget.ColocationPerKilowattMonth);
        CapitalCostPerYear = budget.CapitalCostPerYear;
        DepreciationMonths =
            MonthsPerYear * (Given(budget.DepreciationYears) ?? Usual("depreciation-years", "Depreciation")).Value;
        Maintenance =
            Given(budget.MaintenancePerYear)
            ?? Usual("annual-support-and-spares", "Support and spare parts of bought machines, per year");
        ResidualAfterThreeYears = Range("residual-value-after-3y");
        NetworkShare = Range("networking-share-of-capex");
        OperatorsPerHundred = Range("ops-fte-per-100-gpus");
        OperatorCost = Given(budget.OperatorCostPerYear) ?? Range("ops-fte-cost-usd");
        Operators = Given(budget.OperatorFte);
        ServerPrice = Given(budget.ServerPrice);
        OneYearDiscount = Range("reserved-1y-discount");
        ThreeYearDiscount = Range("reserved-3y-discount-tpu");
    }

    /// <summary>USD per kWh.</summary>
    public Estimate Electricity { get; }

    /// <summary>Power of the site over that of the machines.</summary>
    public Estimate PowerUsage { get; }

    /// <summary>USD per kW and month; null where the scenario leaves it to the size of the plan.</summary>
    private Estimate? Colocation { get; }
    public double CapitalCostPerYear { get; }
    public double DepreciationMonths { get; }

    /// <summary>Share of the purchase price per year.</summary>
    public Estimate Maintenance { get; }

    /// <summary>Share of the purchase price that machines still fetch after 36 months.</summary>
    public Estimate ResidualAfterThreeYears { get; }

    /// <summary>Network on top of machines that work together, as a share of their price.</summary>
    public Estimate NetworkShare { get; }
    private Estimate OperatorsPerHundred { get; }

    /// <summary>USD per year.</summary>
    private Estimate OperatorCost { get; }
    private Estimate? Operators { get; }
    private Estimate? ServerPrice { get; }
    public Estimate OneYearDiscount { get; }
    public Estimate ThreeYearDiscount { get; }

    /// <summary>Figures that were taken for want of the user's own, with their source.</summary>
    public IReadOnlyList<string> Assumptions => assumptions;

    /// <summary>Power beyond which machines do not stand in a room of the company any more. A norm of ours.</summary>
    private const double RoomKilowatts = 3;

    /// <summary>USD per kW and month for machines of so much power.</summary>
    public Estimate ColocationFor(double kilowatts) =>
        Colocation
        ?? (kilowatts <= RoomKilowatts ? Estimate.Exact(0, Evidence.Assumed) : Range("colocation-usd-per-kw-month"));

    /// <summary>USD per month for people who run so many accelerators, rented or not.</summary>
    public Estimate OperatorsPerMonth(int accelerators)
    {
        var people = Operators ?? Largest(LeastOperators, OperatorsPerHundred * (accelerators / 100.0));
        return new Estimate(
            people.Value * OperatorCost.Value / MonthsPerYear,
            people.Low * OperatorCost.Low / MonthsPerYear,
            people.High * OperatorCost.High / MonthsPerYear,
            Evidence.Assumed
        );
    }

    public string OperatorsFrom(int accelerators) =>
        Operators is { } given
            ? string.Create(CultureInfo.InvariantCulture, $"{given.Value:0.##} full-time, as the scenario says")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{Largest(LeastOperators, OperatorsPerHundred * (accelerators / 100.0)).Value:0.##} full-time at {OperatorCost.Value:#,0} USD a year, assumed"
            );

    /// <summary>USD for one server without its accelerators.</summary>
    /// <remarks>
    /// An 8-GPU H100 node is 320,000 USD (280,000-400,000) where its accelerators are 240,000: a third on top. Nothing
    /// else is published, so the same share serves for all, and at least a workstation.
    /// </remarks>
    public Estimate ServerFor(double acceleratorsUsd)
    {
        if (ServerPrice is { } given)
            return given;
        const double Share = 320.0 / 240 - 1;
        const double LeastShare = 280.0 / 240 - 1;
        const double MostShare = 400.0 / 240 - 1;
        return new Estimate(
            Math.Max(LeastServer, Share * acceleratorsUsd),
            Math.Max(LeastServer / 2, LeastShare * acceleratorsUsd),
            Math.Max(2 * LeastServer, MostShare * acceleratorsUsd),
            Evidence.Assumed
        );
    }

    /// <summary>Share of its price that a machine still fetches after so many months.</summary>
    /// <remarks>
    /// Geometric through the published share after 36 months, but not above what the depreciation leaves: nothing once it
    /// is written off.
    /// </remarks>
    public Estimate ResidualAfter(double months)
    {
        const double Known = 36;
        var written = Math.Max(0, 1 - months / DepreciationMonths);
        if (written <= 0)
            return Estimate.Exact(0, Evidence.Assumed);
        var years = ResidualAfterThreeYears;
        double At(double share) => Math.Min(written, Math.Pow(share, months / Known));
        return new Estimate(At(years.Value), At(years.Low), At(years.High), Evidence.Assumed);
    }

    private Estimate Usual(string id, string what)
    {
        var range = Range(id);
        var figure = catalog.Economics.Find(id);
        assumptions.Add(
            $"{what}: {Significant.Three(range.Value)} {figure.Unit} ({Significant.Three(range.Low)}-{Significant.Three(range.High)}), as of {figure.AsOf}, as none is given."
        );
        return range;
    }

    private Estimate Range(string id)
    {
        var figure = catalog.Economics.Find(id);
        var low = figure.Low ?? figure.Typical ?? figure.High!.Value;
        var high = figure.High ?? figure.Typical ?? low;
        return new Estimate(figure.Typical ?? (low + high) / 2, low, high, Evidence.Assumed);
    }

    private static Estimate? Given(double? value) =>
        value is { } known ? Estimate.Exact(known, Evidence.Assumed) : null;

    private static Estimate Largest(Estimate one, Estimate other) =>
        new(
            Math.Max(one.Value, other.Value),
            Math.Max(one.Low, other.Low),
            Math.Max(one.High, other.High),
            Evidence.Assumed
        );
}
