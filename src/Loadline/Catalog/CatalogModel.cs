using System.Collections.Immutable;
using System.Text.Json;

namespace Loadline.Catalog;

/// <summary>A published model: what its configuration says and what is known about it.</summary>
public sealed record CatalogModel
{
    /// <summary>Hugging Face id, <c>organisation/name</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Other ids of models with this very architecture.</summary>
    public ImmutableArray<string> Aliases
    {
        get => field.IsDefault ? [] : field;
        init;
    }
    public string? Released { get; init; }
    public string? ReleasedSource { get; init; }
    public string? Licence { get; init; }
    public string? LicenceSource { get; init; }

    /// <summary>Elements of the published checkpoint, packed codes and tied copies included; null when not known.</summary>
    public long? StoredElements { get; init; }

    /// <summary>The fields of config.json that describe the architecture, under their own names.</summary>
    public required JsonElement Config { get; init; }
    public string? Notes { get; init; }
    public required string Source { get; init; }
    public required string Retrieved { get; init; }
}
