using System.Collections.Immutable;
using System.Globalization;
using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What so many machines cost in a month, line by line, and what is paid for them at once.</summary>
internal sealed class MachineCosts(CostFactors factors, Scenario scenario)
{
    /// <summary>
    /// 90 % range of a dated rental price, both ways: one-year leases of one chip moved by 38 % within five months of
    /// 2025-26 and medians by 10 % within 30 days (docs/planning.md).
    /// </summary>
    public const double PriceSpread = 1.25;

    /// <summary>
    /// Power of a whole server over that of its accelerators' ratings: 8 kW typically for eight H100 of 700 W
    /// (servnetuk.com 2026-07-05; 10.2 kW at most, NVIDIA DGX H100).
    /// </summary>
    private const double ServerPowerFactor = 8.0 / 5.6;

    /// <summary>Share of its power that a server takes without work. A norm of ours: no public figure was found.</summary>
    private const double IdlePowerShare = 0.3;

    /// <summary>The line of the people.</summary>
    public const string Operators = "people who run it";

    private const double HoursPerMonth = (double)Money.HoursPerMonth;
    private readonly double busyShare = scenario.Workload.Hours.HoursPerWeek / (double)WorkingHours.HoursOfWeek;
    private readonly double outsideShare = scenario.Workload.OutsideHoursShare;

    /// <summary>USD per month, the middle alone: what candidates are ranked by.</summary>
    public double Monthly(MachineSupply supply, int machines, int perReplica = 1) =>
        MachinesPerMonth(supply, machines, perReplica) + factors.OperatorsPerMonth(machines * supply.Count).Value;

    /// <summary>The same without the people, which is proportional to the machines or a little less.</summary>
    public double MachinesPerMonth(MachineSupply supply, int machines, int perReplica = 1) =>
        supply.PerHour is { } hour
            ? hour.Value * HoursBilled(supply, machines, perReplica)
            : RunningPerMonth(supply, machines) + PurchasePerMonth(supply, machines);

    /// <summary>
    /// What bought or own machines cost in a month once they are there: all but their purchase and the people.
    /// </summary>
    /// <param name="supply">The machines.</param>
    /// <param name="machines">How many.</param>
    /// <param name="beside">Others of the same kind that stand and work beside them.</param>
    public double RunningPerMonth(MachineSupply supply, int machines, int beside = 0) =>
        Electricity(supply, machines)
        + PlaceAt(supply, machines, beside)
        + CapitalCost(supply, machines, beside)
        + MaintenancePerMonth(supply, machines, beside);

    private double UseMonths => Math.Min(factors.DepreciationMonths, scenario.Budget.HorizonMonths);

    /// <summary>What is paid for machines less what they still fetch, spread over the months of their use.</summary>
    public double PurchasePerMonth(MachineSupply supply, int machines, int beside = 0) =>
        supply.Price is null
            ? 0
            : Capital(supply, machines, beside).Value * (1 - factors.ResidualAfter(UseMonths).Value) / UseMonths;

    /// <summary>On the mean of what is bound at first and at the end.</summary>
    private double CapitalCost(MachineSupply supply, int machines, int beside) =>
        supply.Price is null || factors.CapitalCostPerYear <= 0
            ? 0
            : Capital(supply, machines, beside).Value
                * ((1 + factors.ResidualAfter(UseMonths).Value) / 2)
                * factors.CapitalCostPerYear
                / CostFactors.MonthsPerYear;

    private double MaintenancePerMonth(MachineSupply supply, int machines, int beside) =>
        supply.Price is null
            ? 0
            : Capital(supply, machines, beside).Value * factors.Maintenance.Value / CostFactors.MonthsPerYear;

    private double Electricity(MachineSupply supply, int machines) =>
        Kilowatts(supply, machines) is { } kilowatts
            ? kilowatts * PowerShare * HoursPerMonth * factors.PowerUsage.Value * factors.Electricity.Value
            : 0;

    private double PlaceAt(MachineSupply supply, int machines, int beside) =>
        Kilowatts(supply, machines) is { } kilowatts && Kilowatts(supply, machines + beside) is { } all
            ? factors.ColocationFor(all).Value * kilowatts
            : 0;

    /// <summary>
    /// Mean power over that at work: by the hours of the load, as a machine that decodes for one request draws nearly what
    /// it draws for many.
    /// </summary>
    private double PowerShare => IdlePowerShare + (1 - IdlePowerShare) * scenario.Workload.MeanShare;

    /// <summary>Line by line; their middles sum to <see cref="Monthly"/>.</summary>
    public ImmutableArray<CostLine> Lines(MachineSupply supply, int machines, int perReplica = 1) =>
        [.. LinesWithoutPeople(supply, machines, perReplica), People(machines * supply.Count)];

    /// <summary>People who run so many accelerators, wherever they stand.</summary>
    public CostLine People(int accelerators) =>
        new(Operators, factors.OperatorsPerMonth(accelerators), factors.OperatorsFrom(accelerators));

    /// <summary>The lines of the machines alone, with others of the kind beside them.</summary>
    public ImmutableArray<CostLine> LinesWithoutPeople(
        MachineSupply supply,
        int machines,
        int perReplica = 1,
        int beside = 0
    )
    {
        var lines = new List<CostLine>();
        if (supply.PerHour is { } hour)
            lines.Add(
                new CostLine(
                    "rent",
                    hour * HoursBilled(supply, machines, perReplica),
                    $"{Significant.Three(hour.Value)} USD an hour for one of {supply.Instance ?? supply.Id}, {supply.TermsText}, {supply.AsOf}: {supply.Source}"
                )
            );
        else
        {
            lines.AddRange(Owning(supply, machines, beside));
            lines.AddRange(Running(supply, machines, beside));
        }
        return [.. lines.Where(line => line.PerMonthUsd.High > 0)];
    }

    /// <summary>Paid before the first request, with the network of machines that work together.</summary>
    public Estimate Capital(MachineSupply supply, int machines, int beside = 0)
    {
        if (supply.Price is not { } price)
            return Estimate.Exact(0);
        var network = machines + beside > 1 ? factors.NetworkShare : Estimate.Exact(0);
        return new Estimate(
            price.Value * machines * (1 + network.Value),
            price.Low * machines * (1 + network.Low),
            price.High * machines * (1 + network.High),
            Evidence.Assumed
        );
    }

    /// <summary>Electrical power of the machines at work, without cooling, in kW; null where the rating is not known.</summary>
    public static double? Kilowatts(MachineSupply supply, int machines) =>
        supply.Accelerator.Power is { } power
            ? power.Watts * supply.Count * machines * FactorOf(supply.Accelerator) / 1000
            : null;

    /// <summary>With cooling.</summary>
    public double? SiteKilowatts(MachineSupply supply, int machines) =>
        Kilowatts(supply, machines) * factors.PowerUsage.Value;

    /// <summary>Machine-hours of an average month.</summary>
    /// <remarks>
    /// On demand, machines that the hours outside of work do not need are switched off; a commitment is paid for anyway.
    /// </remarks>
    /// <param name="supply">The machines.</param>
    /// <param name="machines">How many, spare ones among them.</param>
    /// <param name="perReplica">That one replica spans.</param>
    /// <param name="alwaysOn">Machines beside them that are on at all hours and carry what they can.</param>
    public double HoursBilled(MachineSupply supply, int machines, int perReplica = 1, int alwaysOn = 0)
    {
        if (supply.Terms is not (RentalTerms.OnDemand or RentalTerms.Spot))
            return machines * HoursPerMonth;
        var outside = Math.Max(0, MachinesOutside(machines + alwaysOn, perReplica) - alwaysOn);
        return HoursPerMonth * (machines * busyShare + outside * (1 - busyShare));
    }

    /// <summary>
    /// Machines that stay on outside of working hours: whole replicas, with the spare ones that they need themselves.
    /// </summary>
    public int MachinesOutside(int machines, int perReplica)
    {
        if (outsideShare <= 0)
            return 0;
        var serving = (int)Math.Ceiling(machines * outsideShare / perReplica) * perReplica;
        return Math.Min(machines, serving + Spares.For(serving, perReplica, scenario.Objectives.Availability));
    }

    private IEnumerable<CostLine> Owning(MachineSupply supply, int machines, int beside)
    {
        if (supply.Price is null)
            yield break;
        var capital = Capital(supply, machines, beside);
        var horizon = UseMonths;
        var left = factors.ResidualAfter(horizon);
        yield return new CostLine(
            "purchase, spread over its use",
            new Estimate(
                capital.Value * (1 - left.Value) / horizon,
                capital.Low * (1 - left.High) / horizon,
                capital.High * (1 - left.Low) / horizon,
                Evidence.Assumed
            ),
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Significant.Three(capital.Value)} USD over {horizon:0} months, {left.Value * 100:0} % of it left then; {supply.Source}, {supply.AsOf}"
            )
        );
        if (factors.CapitalCostPerYear > 0)
            yield return new CostLine(
                "cost of capital",
                capital * ((1 + left.Value) / 2 * factors.CapitalCostPerYear / CostFactors.MonthsPerYear),
                string.Create(CultureInfo.InvariantCulture, $"{factors.CapitalCostPerYear * 100:0.##} % a year")
            );
        yield return new CostLine(
            "support and spare parts",
            new Estimate(
                capital.Value * factors.Maintenance.Value / CostFactors.MonthsPerYear,
                capital.Low * factors.Maintenance.Low / CostFactors.MonthsPerYear,
                capital.High * factors.Maintenance.High / CostFactors.MonthsPerYear,
                Evidence.Assumed
            ),
            string.Create(CultureInfo.InvariantCulture, $"{factors.Maintenance.Value * 100:0.##} % of the price a year")
        );
    }

    private IEnumerable<CostLine> Running(MachineSupply supply, int machines, int beside)
    {
        if (Kilowatts(supply, machines) is not { } kilowatts)
        {
            yield return new CostLine(
                "electricity",
                Estimate.Exact(0),
                "the power of the accelerator is not in the catalog"
            );
            yield break;
        }
        var share = PowerShare;
        var hours = kilowatts * share * HoursPerMonth;
        yield return new CostLine(
            "electricity",
            new Estimate(
                hours * factors.PowerUsage.Value * factors.Electricity.Value,
                hours * factors.PowerUsage.Low * factors.Electricity.Low,
                hours * factors.PowerUsage.High * factors.Electricity.High,
                Evidence.Assumed
            ),
            string.Create(
                CultureInfo.InvariantCulture,
                $"{kilowatts:0.##} kW at work, {share * 100:0} % of it on average, x {factors.PowerUsage.Value:0.##} for cooling, {factors.Electricity.Value:0.###} USD/kWh"
            )
        );
        var place = factors.ColocationFor(Kilowatts(supply, machines + beside)!.Value);
        if (place.High > 0)
            yield return new CostLine(
                "place in a data centre",
                place * kilowatts,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{kilowatts:0.##} kW at {place.Value:0.##} USD/kW and month"
                )
            );
    }

    /// <summary>A machine that is sold whole needs no server around it.</summary>
    private static double FactorOf(Accelerator accelerator) =>
        accelerator.Kind == AcceleratorKind.UnifiedMemory ? 1 : ServerPowerFactor;
}
