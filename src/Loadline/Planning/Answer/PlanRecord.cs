using System.Text.Json;

namespace Loadline.Planning;

/// <summary>All that a plan was made from: given back to <c>loadline plan</c>, it makes the same one.</summary>
public sealed record PlanRecord
{
    /// <summary>Version of the program.</summary>
    public required string Version { get; init; }

    /// <summary>Date of the catalog's figures.</summary>
    public required string CatalogDate { get; init; }
    public required int Seed { get; init; }

    /// <summary>Day the plan is for, which dates the roadmap.</summary>
    public required string Start { get; init; }

    /// <summary>Oldest and newest date of the prices that the shown candidates rest on.</summary>
    public required string OldestPrice { get; init; }
    public required string NewestPrice { get; init; }

    /// <summary>The scenario as it was read.</summary>
    public required JsonElement Scenario { get; init; }
}
