namespace Loadline.Catalog;

/// <summary>A price, a share or a time of running computers, as a range.</summary>
public sealed record EconomicFigure
{
    /// <summary>Such as <c>depreciation-years</c>.</summary>
    public required string Id { get; init; }
    public double? Low { get; init; }
    public double? Typical { get; init; }
    public double? High { get; init; }
    public required string Unit { get; init; }
    public string? Region { get; init; }
    public required string AsOf { get; init; }
    public required string Source { get; init; }

    /// <summary>"assumption" where no public source was found, and what else there is to know.</summary>
    public string? Notes { get; init; }
}
