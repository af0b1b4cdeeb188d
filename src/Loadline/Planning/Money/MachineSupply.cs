using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Machines of one kind that can be had in one way at one price.</summary>
internal sealed record MachineSupply
{
    public required Way Way { get; init; }

    /// <summary>Null where nothing is rented.</summary>
    public RentalTerms? Terms { get; init; }
    public required Accelerator Accelerator { get; init; }

    /// <summary>Accelerators in one machine.</summary>
    public required int Count { get; init; }
    public required string Id { get; init; }
    public required string Provider { get; init; }
    public string? Region { get; init; }

    /// <summary>As the provider names it; null for what is bought.</summary>
    public string? Instance { get; init; }
    public string? Tier { get; init; }

    /// <summary>USD per machine and hour; null where it is not rented.</summary>
    public Estimate? PerHour { get; init; }

    /// <summary>USD per machine; null where it is not bought.</summary>
    public Estimate? Price { get; init; }

    /// <summary>Machines there are; null for as many as are wanted.</summary>
    public int? MostMachines { get; init; }
    public PlanningRange? LeadTimeWeeks { get; init; }
    public required string AsOf { get; init; }
    public required string Source { get; init; }

    /// <summary>What has to be asked before it is ordered.</summary>
    public System.Collections.Immutable.ImmutableArray<string> Conditions { get; init; } = [];

    public string TermsText =>
        (Way, Terms) switch
        {
            (Way.Rent, RentalTerms.OnDemand) => "on demand",
            (Way.Rent, RentalTerms.Spot) => "spot",
            (Way.Rent, RentalTerms.OneYear) => "1-year commitment",
            (Way.Rent, RentalTerms.ThreeYears) => "3-year commitment",
            (Way.Own, _) => "already there",
            _ => "bought",
        };
}
