using System.Collections.Immutable;

namespace Loadline.Catalog;

/// <summary>A program that trains models, and the settings that a version of it knows.</summary>
public sealed record TrainingTool
{
    public required string Id { get; init; }
    public required string Name { get; init; }

    /// <summary>That the settings were looked up for.</summary>
    public required string Version { get; init; }

    /// <summary>First words of its command.</summary>
    public required ImmutableArray<string> Start { get; init; }

    /// <summary>Methods of adaptation it has a command for.</summary>
    public required ImmutableArray<string> Methods { get; init; }

    /// <summary>Adapters it can train in place of all parameters.</summary>
    public required ImmutableArray<string> Adapters { get; init; }

    /// <summary>Settings it knows; a dot stands before a nested one.</summary>
    public required ImmutableArray<string> Keys { get; init; }

    /// <summary>Values of settings that take a few words only.</summary>
    public required ImmutableDictionary<string, ImmutableArray<string>> Values { get; init; }

    /// <summary>What pip installs.</summary>
    public ImmutableArray<string> Install
    {
        get => field.IsDefault ? [] : field;
        init;
    }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }
    public string? Notes { get; init; }
}
