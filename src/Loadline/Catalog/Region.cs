namespace Loadline.Catalog;

/// <summary>Where a provider's region lies, for rules on where data may be processed.</summary>
public sealed record Region
{
    public required string Provider { get; init; }

    /// <summary>As the provider names it.</summary>
    public required string Name { get; init; }

    /// <summary>"EU", "US", "JP" and so on: whose law applies, not whose company it is.</summary>
    public required string Jurisdiction { get; init; }
    public string? Place { get; init; }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }
}
