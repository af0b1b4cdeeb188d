using System.Collections.Immutable;

namespace Loadline.Catalog;

/// <summary>Whether data may be in a place.</summary>
public enum DataPlacement
{
    Allowed,

    /// <summary>With a contract that the law asks for, whose provider the scenario names.</summary>
    WithContract,
    Forbidden,
}

/// <summary>A class of data and where it may be processed. Not legal advice, and meant to be edited.</summary>
public sealed record DataClass
{
    public required string Id { get; init; }
    public required string Name { get; init; }

    /// <summary>The rule behind it, in a line.</summary>
    public required string Rule { get; init; }
    public required DataPlacement Api { get; init; }
    public required DataPlacement Rent { get; init; }

    /// <summary>Where machines have to be, such as "EU"; empty for anywhere.</summary>
    public ImmutableArray<string> Jurisdictions
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>What has to be done wherever it runs, or asked before it is signed.</summary>
    public ImmutableArray<string> Conditions
    {
        get => field.IsDefault ? [] : field;
        init;
    }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }
}
