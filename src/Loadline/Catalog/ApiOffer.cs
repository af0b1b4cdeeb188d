using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Catalog;

/// <summary>A model that somebody serves and charges for by the token.</summary>
public sealed record ApiOffer
{
    /// <summary><c>provider/model</c>.</summary>
    public required string Id { get; init; }
    public required string Provider { get; init; }

    /// <summary>As the provider names it.</summary>
    public required string Model { get; init; }
    public required string Name { get; init; }

    /// <summary>Catalog id of the open model it serves; null for a closed one, or where that is not known.</summary>
    public string? OpenModel { get; init; }
    public required Money PromptPerMillionTokens { get; init; }

    /// <summary>Prompt tokens that the provider has in its cache; null where they are not cheaper.</summary>
    public Money? CachedPromptPerMillionTokens { get; init; }

    /// <summary>Prompt tokens that are put there; null where they cost what all others do.</summary>
    public Money? CacheWritePerMillionTokens { get; init; }

    /// <summary>Shortest beginning of a prompt that is kept, in tokens; null where it is not known.</summary>
    public int? CacheMinimumTokens { get; init; }

    /// <summary>Time without use after which it is forgotten; null where it is not known.</summary>
    public Duration? CacheLifetime { get; init; }
    public string? CacheSource { get; init; }
    public required Money OutputPerMillionTokens { get; init; }

    /// <summary>Prices of requests with longer prompts.</summary>
    public ImmutableArray<ApiTier> Tiers
    {
        get => field.IsDefault ? [] : field;
        init;
    }
    public int? ContextTokens { get; init; }
    public int? MaximumOutputTokens { get; init; }

    /// <summary>Price of requests that may take a day, as a share of the usual one; null where it is not known.</summary>
    public double? BatchPriceShare { get; init; }
    public string? BatchSource { get; init; }

    /// <summary>Where the provider has its seat, "EU", "US" and so on; where it computes has to be asked.</summary>
    public string? Jurisdiction { get; init; }
    public string? JurisdictionSource { get; init; }
    public required string AsOf { get; init; }
    public required string Source { get; init; }
    public string? Notes { get; init; }
}

/// <summary>Prices of a request whose prompt is longer than so many tokens; null leaves a price as it is.</summary>
public sealed record ApiTier
{
    public required int AboveTokens { get; init; }
    public Money? PromptPerMillionTokens { get; init; }
    public Money? CachedPromptPerMillionTokens { get; init; }
    public Money? CacheWritePerMillionTokens { get; init; }
    public Money? OutputPerMillionTokens { get; init; }
}
